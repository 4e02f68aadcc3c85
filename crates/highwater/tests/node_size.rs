//! What `node size` computes: copies, nodes, shares, what stays unused, and amounts that do what they promise.

#![allow(clippy::unwrap_used, reason = "helpers of tests, like the tests, stop at the first surprise")]

use judge::limited_swap::share;
use judge::node_setup::{AskedNode, resolve};
use judge::node_size::size;
use kernel::bytes::Bytes;
use model::node_size::{Copies, NodeSize, UnusedWhy};
use model::outcome::node::SwapBehavior;
use proptest::prelude::{ProptestConfig, proptest};

fn sized(text: &str, memory: Bytes, swap: Option<Bytes>, wanted: Option<Bytes>) -> NodeSize {
    let file = manifest::read("pods.yaml", text.as_bytes());
    assert!(file.unread.is_empty(), "{:?}\n{text}", file.unread);
    let asked = AskedNode {
        memory: Some(memory),
        swap,
        behavior: Some(SwapBehavior::LimitedSwap),
        ..AskedNode::default()
    };
    let files = [file];
    size(&files, &resolve(&asked, &files), wanted).unwrap()
}

fn container(name: &str, request: u64, limit: u64) -> String {
    format!(
        "{{name: {name}, image: a:1, resources: {{requests: {{memory: {request}Mi}}, limits: {{memory: {limit}Mi}}}}}}"
    )
}

fn deployment(replicas: u64, containers: &[String]) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web}}\nspec:\n  replicas: {replicas}\n  template:\n    \
         spec:\n      containers: [{}]\n",
        containers.join(", ")
    )
}

const GIB: u64 = 1 << 30;

#[test]
fn copies_are_counted_as_each_kind_has_them() {
    let pod = "spec: {containers: [{name: a, image: a:1}]}";
    for (kind, spec, copies) in [
        ("Deployment", format!("{{replicas: 3, template: {{{pod}}}}}"), Copies::Fixed(3)),
        ("StatefulSet", format!("{{template: {{{pod}}}}}"), Copies::Fixed(1)),
        ("ReplicaSet", format!("{{replicas: 0, template: {{{pod}}}}}"), Copies::Fixed(0)),
        ("DaemonSet", format!("{{template: {{{pod}}}}}"), Copies::PerNode),
        ("Job", format!("{{parallelism: 4, template: {{{pod}}}}}"), Copies::Fixed(4)),
        (
            "CronJob",
            format!("{{jobTemplate: {{spec: {{parallelism: 2, template: {{{pod}}}}}}}}}"),
            Copies::Fixed(2),
        ),
    ] {
        let version = if kind.ends_with("Job") { "batch/v1" } else { "apps/v1" };
        let object = format!("{{apiVersion: {version}, kind: {kind}, metadata: {{name: a}}, spec: {spec}}}");
        let alone = sized(&object, Bytes(GIB), Some(Bytes(GIB)), None);
        assert_eq!(alone.containers[0].copies, copies, "{kind}");
        let list = format!("apiVersion: v1\nkind: List\nitems: [{object}, {object}]");
        let listed = sized(&list, Bytes(GIB), Some(Bytes(GIB)), None);
        assert_eq!(
            listed.containers.iter().map(|one| one.copies).collect::<Vec<_>>(),
            [copies, copies],
            "{kind}"
        );
    }
}

#[test]
fn the_reference_vectors_hold() {
    // 16 GiB of memory and 8 of swap: 2 GiB of request are worth 1 GiB.
    let text = deployment(2, &[container("app", 2048, 4096)]);
    let size = sized(&text, Bytes(16 * GIB), Some(Bytes(8 * GIB)), None);
    assert_eq!((size.containers[0].each, size.given), (Some(Bytes(GIB)), Some(Bytes(2 * GIB))));
    assert_eq!(size.unused.len(), 1);
    assert_eq!((size.unused[0].why, size.unused[0].swap), (UnusedWhy::NobodyRequests, Bytes(6 * GIB)));
}

#[test]
fn an_init_container_counts_for_the_room_and_not_for_the_swap() {
    let text = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  initContainers:\n    - {name: side, image: a:1, \
                restartPolicy: Always, resources: {requests: {memory: 1Gi}}}\n    - {name: init, image: a:1, resources: \
                {requests: {memory: 6Gi}}}\n  containers:\n    - {name: app, image: a:1, resources: {requests: {memory: 2Gi}}}\n";
    let size = sized(text, Bytes(8 * GIB), Some(Bytes(8 * GIB)), None);
    assert_eq!((size.requested, size.nodes), (Bytes(7 * GIB), Some(1)));
    assert_eq!(size.given, Some(Bytes(3 * GIB)));
    assert_eq!(sized(text, Bytes(6 * GIB), Some(Bytes(GIB)), None).nodes, None);
}

#[test]
fn what_runs_on_every_node_takes_room_on_every_node() {
    let daemon = |memory: u64| {
        format!(
            "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {{name: d}}\nspec: {{template: {{spec: {{containers: [{}]}}}}}}\n---\n{}",
            container("d", memory, memory * 2),
            deployment(6, &[container("app", 1024, 2048)])
        )
    };
    // 6 GiB in nodes of which 3 GiB are left: two; one would do without the daemon.
    let size = sized(&daemon(3072), Bytes(6 * GIB), Some(Bytes(6 * GIB)), None);
    assert_eq!((size.nodes, size.requested), (Some(2), Bytes(12 * GIB)));
    assert_eq!(size.given, Some(Bytes(12 * GIB)));
    assert_eq!(sized(&daemon(6144), Bytes(6 * GIB), Some(Bytes(GIB)), None).nodes, None);
}

#[test]
fn what_a_container_lacks_is_found_for_each_reason() {
    let text = [
        deployment(1, &[container("equal", 1024, 1024), container("app", 512, 1024)]),
        "apiVersion: v1\nkind: Pod\nmetadata: {name: g}\nspec: {containers: [{name: g, image: a:1, resources: {limits: {cpu: 1, memory: 2Gi}}}]}\n"
            .to_owned(),
        "apiVersion: v1\nkind: Pod\nmetadata: {name: c}\nspec: {priorityClassName: system-node-critical, containers: [{name: c, image: a:1, resources: {requests: {memory: 4Gi}}}]}\n"
            .to_owned(),
    ]
    .join("---\n");
    let size = sized(&text, Bytes(16 * GIB), Some(Bytes(16 * GIB)), None);
    let parts: Vec<_> = size.unused.iter().map(|part| (part.why, part.swap.0 >> 20)).collect();
    assert_eq!(
        parts,
        [
            (UnusedWhy::NobodyRequests, 16 * 1024 - 7 * 1024 - 512),
            (UnusedWhy::Critical, 4096),
            (UnusedWhy::Guaranteed, 2048),
            (UnusedWhy::RequestEqualsLimit, 1024),
        ]
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Shares never exceed the swap of the nodes when the requests fit their memory, and nothing is lost: what is given and what
    /// stays unused are all of it, but for the pages that are cut off.
    #[test]
    fn shares_never_exceed_the_swap(
        memory in 1_u64..64,
        swap in 1_u64..128,
        pods in proptest::collection::vec((1_u64..4, 1_u64..4096, 0_u64..2048), 1..6),
    ) {
        let text: Vec<String> =
            pods.iter().map(|(copies, request, more)| deployment(*copies, &[container("a", *request, request + more)])).collect();
        let (memory, swap) = (Bytes(memory * GIB), Bytes(swap * GIB));
        let size = sized(&text.join("---\n"), memory, Some(swap), None);
        if let Some(nodes) = size.nodes {
            let whole = swap.0 * nodes;
            let given = size.given.unwrap().0;
            assert!(given <= whole, "{given} of {whole}");
            assert!(size.requested.0 <= memory.0 * nodes);
            assert_eq!(given + size.unused.iter().map(|part| part.swap.0).sum::<u64>(), whole);
        }
    }

    /// The swap or the request that is named gives what is wanted, and a MiB less of the swap does not.
    #[test]
    fn what_is_recommended_is_enough(
        memory in 1_u64..512,
        swap in 1_u64..512,
        request in 1_u64..500_000,
        wanted in 1_u64..200_000,
    ) {
        let (memory, swap, wanted) = (Bytes(memory * GIB), Bytes(swap * GIB), Bytes::from_mib(wanted));
        let text = deployment(1, &[container("a", request, request * 2)]);
        let size = sized(&text, memory, Some(swap), Some(wanted));
        if let Some(ways) = size.containers[0].wanted {
            let of_swap = |swap: Bytes| share(Bytes::from_mib(request), memory, swap).unwrap();
            assert!(of_swap(ways.node_swap) >= wanted);
            assert!(of_swap(Bytes(ways.node_swap.0.saturating_sub(2 << 20))) < wanted);
            if let Some(request) = ways.request {
                assert!(share(request, memory, swap).unwrap() >= wanted);
            }
        }
    }
}
