//! What linting 10,000 Kubernetes documents costs, against a bare parse of the same YAML. Prints the ratio.

#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)]

use judge::lint::Subject;
use kernel::hierarchy::CgroupVersion;
use model::lint::{KubernetesVersion, LintTarget};
use std::fmt::Write as _;
use std::time::{Duration, Instant};

const DOCUMENTS: usize = 10_000;
const ROUNDS: usize = 5;

fn main() {
    let text = documents();
    let mut bare = Vec::new();
    let mut ours = Vec::new();
    let mut findings = 0;
    // One after the other, so that a busy machine disturbs both alike.
    for _ in 0..ROUNDS {
        bare.push(timed(|| assert!(events(&text) > DOCUMENTS * 50)));
        ours.push(timed(|| {
            let file = manifest::read("all.yaml", text.as_bytes());
            assert_eq!((file.documents.len(), file.workloads.len()), (DOCUMENTS, DOCUMENTS));
            let target = LintTarget { kubernetes: KubernetesVersion(34), cgroup: CgroupVersion::V2 };
            findings = judge::lint::lint(&Subject { file: &file, target }).len();
        }));
    }
    let (bare, ours) = (median(bare), median(ours));
    let mib = text.len() as f64 / f64::from(1 << 20);
    println!("input: {DOCUMENTS} documents, {mib:.1} MiB, {findings} findings");
    println!(
        "lint of {DOCUMENTS} Kubernetes documents, {mib:.0} MiB: {:.0} ms against {:.0} ms of a bare YAML parse: ratio {:.2}",
        ours.as_secs_f64() * 1e3,
        bare.as_secs_f64() * 1e3,
        ours.as_secs_f64() / bare.as_secs_f64()
    );
}

fn timed(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

/// Every event of the parser, and nothing made of it.
fn events(text: &str) -> usize {
    granit_parser::Parser::new_from_str(text).map(|event| event.map(|_| ()).unwrap()).count()
}

/// Deployments as people write them; one in a hundred has a key that the API server refuses.
fn documents() -> String {
    let mut text = String::new();
    for number in 0..DOCUMENTS {
        let limit = 256 + number % 1_000;
        let request = limit / 2;
        let swap = if number % 100 == 0 { "\n              swap: 1Gi" } else { "" };
        write!(
            text,
            "---\n# Service {number}\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: service-{number}\n  namespace: team-{team}\n  \
             labels:\n    app.kubernetes.io/name: service-{number}\n    app.kubernetes.io/part-of: shop\nspec:\n  replicas: 3\n  \
             selector:\n    matchLabels:\n      app.kubernetes.io/name: service-{number}\n  template:\n    metadata:\n      \
             labels:\n        app.kubernetes.io/name: service-{number}\n    spec:\n      containers:\n        - name: main\n          \
             image: registry.example.com/team-{team}/service-{number}:v1.{number}.0\n          ports:\n            - containerPort: 8080\n              \
             name: http\n          env:\n            - name: LOG_LEVEL\n              value: \"info\"\n            - name: PORT\n              \
             value: \"8080\"\n          readinessProbe:\n            httpGet:\n              path: /ready\n              port: http\n          \
             resources:\n            requests:\n              cpu: 100m\n              memory: {request}Mi\n            limits:\n              \
             memory: {limit}Mi{swap}\n          volumeMounts:\n            - name: settings\n              mountPath: /etc/service\n      \
             volumes:\n        - name: settings\n          configMap:\n            name: service-{number}\n",
            team = number % 50,
        )
        .unwrap();
    }
    text
}
