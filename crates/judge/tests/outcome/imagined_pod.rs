//! Pods and nodes as values, for tests.

use judge::node_setup::{AskedNode, resolve};
use kernel::bytes::Bytes;
use kernel::hierarchy::CgroupVersion;
use model::document::{Span, Spanned};
use model::lint::KubernetesVersion;
use model::outcome::node::{NodeSetup, SwapBehavior};
use model::quantity::kubernetes;
use model::workload::{Amount, ContainerRole, ContainerSpec, PodSpec, ResourceList, Resources};

/// Without a place.
pub fn spanned<T>(value: T) -> Spanned<T> {
    Spanned { value, span: Span::default() }
}

fn amount(text: &str) -> Option<Spanned<Amount>> {
    (!text.is_empty()).then(|| spanned(Amount { text: text.to_owned(), milli: kubernetes::milli(text) }))
}

/// `cpu request/limit memory request/limit`; `-` is unset.
pub fn resources(text: &str) -> Resources {
    let mut pairs = text.split(' ').map(|pair| pair.split_once('/').unwrap());
    let ((cpu, cpu_limit), (memory, memory_limit)) = (pairs.next().unwrap(), pairs.next().unwrap());
    let set = |text: &str| amount(text.trim_matches('-'));
    Resources {
        span: None,
        requests: ResourceList { span: None, cpu: set(cpu), memory: set(memory) },
        limits: ResourceList { span: None, cpu: set(cpu_limit), memory: set(memory_limit) },
    }
}

/// A container of the given role.
pub fn container(role: ContainerRole, text: &str) -> ContainerSpec {
    ContainerSpec {
        name: spanned("main".to_owned()),
        span: Span::default(),
        role,
        image: None,
        command: Vec::new(),
        env: Vec::new(),
        resources: resources(text),
        memory_resize_policy: None,
        mounts: Vec::new(),
        status: None,
    }
}

/// A pod of app containers.
pub fn pod(containers: &[&str]) -> PodSpec {
    PodSpec {
        span: Span::default(),
        containers: containers.iter().map(|text| container(ContainerRole::App, text)).collect(),
        resources: None,
        priority_class: None,
        priority: None,
        memory_volumes: Vec::new(),
        is_static: false,
    }
}

/// The node of kubernetes-measured.md, or another version and cgroup version of it.
pub fn node(version: u16, cgroup: CgroupVersion, behavior: SwapBehavior) -> NodeSetup {
    resolve(
        &AskedNode {
            kubernetes: Some(KubernetesVersion(version)),
            cgroup: Some(cgroup),
            memory: Some(Bytes(6_219_558_912)),
            swap: Some(Bytes(2_147_479_552)),
            behavior: Some(behavior),
            throttling_factor: None,
            reservation: None,
        },
        &[],
    )
}
