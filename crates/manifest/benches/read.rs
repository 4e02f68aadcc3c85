//! What reading manifests costs, against the bare loop over the YAML parser's events of the same text. Prints the ratio.

#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)]
#![allow(clippy::disallowed_methods, reason = "a benchmark reads the clock")]

use std::fmt::Write;
use std::hint::black_box;
use std::time::{Duration, Instant};

const DOCUMENTS: usize = 10_000;
const ROUNDS: usize = 7;

fn main() {
    let text = manifests();
    let (mut bare, mut ours) = (Duration::MAX, Duration::MAX);
    // By turns, so that a busy moment of the machine meets both.
    for _ in 0..ROUNDS {
        let start = Instant::now();
        for event in granit_parser::Parser::new_from_str(&text) {
            black_box(event.unwrap());
        }
        bare = bare.min(start.elapsed());
        let start = Instant::now();
        let file = manifest::read("all.yaml", text.as_bytes());
        ours = ours.min(start.elapsed());
        assert_eq!((file.documents.len(), file.unread.len()), (DOCUMENTS, 0));
    }
    println!(
        "{DOCUMENTS} documents, {:.1} MB: manifest::read {ours:?} against bare events {bare:?}: ratio {:.2}",
        text.len() as f64 / 1e6,
        ours.as_secs_f64() / bare.as_secs_f64()
    );
}

/// Deployments, services and ConfigMaps, about a kilobyte each.
fn manifests() -> String {
    let mut text = String::new();
    for number in 0..DOCUMENTS {
        text.push_str("---\n");
        match number % 4 {
            0 => write!(text, "apiVersion: v1\nkind: Service\nmetadata:\n  name: web-{number}\n  labels: {{app: web-{number}, tier: front}}\n").and_then(|()| {
                (0..20).try_for_each(|port| write!(text, "{}  - name: port-{port}\n    port: {port}\n", if port == 0 { "spec:\n  ports:\n" } else { "" }))
            }),
            1 => write!(text, "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings-{number}\ndata:\n  main.conf: |\n{}", "    # a line of some configuration, which is not looked into\n".repeat(16)),
            _ => text.write_str(&deployment(number)),
        }
        .unwrap();
    }
    text
}

fn deployment(number: usize) -> String {
    let mut text = format!(
        "# Deployment {number}\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: app-{number}\n  namespace: team-{}\nspec:\n  replicas: 3\n  selector:\n    matchLabels: {{app: app-{number}}}\n  template:\n    metadata:\n      labels:\n        app: app-{number}\n    spec:\n      containers:\n",
        number % 50
    );
    for name in ["app", "proxy"] {
        write!(
            text,
            "      - name: {name}\n        image: \"registry.example.org/{name}:1.{number}\"\n        args: [\"--listen\", \"0.0.0.0:8080\"]\n        env:\n        - name: JAVA_OPTS\n          value: '-Xmx256m -Xms256m'\n        resources:\n          requests:\n            cpu: 100m\n            memory: 256Mi # half of the limit\n          limits:\n            memory: 512Mi\n        readinessProbe:\n          httpGet: {{path: /healthz, port: 8080}}\n"
        )
        .unwrap();
    }
    text
}
