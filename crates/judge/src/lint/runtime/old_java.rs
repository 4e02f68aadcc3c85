//! Java images that are too old to see a limit of cgroup v2.

use crate::lint::kubernetes::object::containers;
use crate::lint::report;
use crate::lint::runtime::order::orders;
use crate::lint::{Example, Rule, Subject};
use kernel::hierarchy::CgroupVersion;
use model::document::{Span, Spanned};
use model::lint::{LintFinding, LintSeverity};

/// The rule.
pub const RULE: Rule = Rule {
    id: "java-image-ignores-cgroup-v2",
    severity: LintSeverity::Warning,
    title: "this Java does not see a limit of cgroup v2",
    why: "HotSpot reads the limits of cgroup v2 since JDK 15, 11.0.16 and 8u372 (JDK-8230305 and its backports). Older ones see the \
          memory of the whole machine there: without `-Xmx` the heap may grow to a quarter of the machine, beyond the container's \
          limit, and the kernel kills the process. `UseContainerSupport` of 8u191 knows cgroup v1 alone.",
    bad: &[
        Example {
            file: "compose.yaml",
            text: "services:\n  app:\n    image: openjdk:8u191-jre\n    mem_limit: 1g\n    command: java -XX:MaxRAMPercentage=75 -jar app.jar\n",
        },
        Example {
            file: "pod.yaml",
            text: "\
apiVersion: v1
kind: Pod
metadata:
  name: api
spec:
  containers:
    - name: api
      image: docker.io/library/openjdk:11.0.11-jre-slim
      command: [java, -jar, api.jar]
      resources:
        requests:
          memory: 512Mi
        limits:
          memory: 1Gi
",
        },
    ],
    good: &[
        Example {
            file: "compose.yaml",
            text: "services:\n  app:\n    image: eclipse-temurin:8u372-b07-jre\n    mem_limit: 1g\n    command: java -XX:MaxRAMPercentage=75 -jar app.jar\n  old:\n    image: openjdk:8u191-jre\n    mem_limit: 1g\n    command: java -Xmx512m -jar app.jar\n",
        },
        Example {
            file: "run.sh",
            text: "#!/bin/sh\ndocker run -m 1g eclipse-temurin:21-jre java -jar app.jar\n",
        },
    ],
    check,
};

fn check(subject: &Subject<'_>, findings: &mut Vec<LintFinding>) {
    if subject.target.cgroup != CgroupVersion::V2 {
        return;
    }
    for order in orders(subject) {
        let (Some(image), Some(memory)) = (&order.image, &order.memory) else { continue };
        let told = order.words.iter().any(|word| tells_size(&word.value));
        if memory.size.above_zero().is_some() && !told {
            findings.extend(finding(image, memory.span));
        }
    }
    for (_, container) in containers(subject) {
        let (Some(image), Some((limit, _))) = (&container.spec.image, container.limit()) else {
            continue;
        };
        let in_env = container.spec.env.iter().any(|(_, value)| tells_size(&value.value));
        if !in_env && !container.spec.command.iter().any(|word| tells_size(&word.value)) {
            findings.extend(finding(image, limit));
        }
    }
}

/// Whether a word gives the heap a size that does not depend on the memory that Java sees.
fn tells_size(word: &str) -> bool {
    ["-Xmx", "-XX:MaxHeapSize=", "-XX:MaxRAM="].iter().any(|flag| word.contains(flag))
        || word.contains("HEAP")
}

fn finding(image: &Spanned<String>, limit: Span) -> Option<LintFinding> {
    let release = old_release(&image.value)?;
    let message = format!(
        "Java {release} does not read limits of cgroup v2: it sees the whole machine's memory, and its heap may grow beyond the limit."
    );
    let help = "take a Java of 8u372, 11.0.16, 17 or later, or write `-Xmx`";
    let at = report::between((image.span, "the old Java"), (limit, "the limit that it does not see"));
    Some(report::warning(RULE.id, at, message, help))
}

/// Repositories whose tags are releases of Java. OpenJ9 and GraalVM have releases of their own.
const REPOSITORIES: [&str; 7] = [
    "openjdk",
    "adoptopenjdk",
    "eclipse-temurin",
    "amazoncorretto",
    "azul/zulu-openjdk",
    "java",
    "bellsoft/liberica-openjdk-alpine",
];

/// The release in an image's tag, when it is written in full and too old: `8u191`, `11.0.11`, `13`.
fn old_release(image: &str) -> Option<&str> {
    let (name, tag) = image.rsplit_once(':')?;
    let name = name.strip_prefix("docker.io/").unwrap_or(name);
    let name = name.strip_prefix("library/").unwrap_or(name);
    let end = tag.find(|c: char| !c.is_ascii_digit() && c != '.' && c != 'u').unwrap_or(tag.len());
    let release = tag.get(..end)?;
    if !REPOSITORIES.contains(&name) || tag.contains("openj9") {
        return None;
    }
    let number = |text: &str| text.parse::<u32>().ok();
    let is_old = if let Some(update) = release.strip_prefix("8u") {
        number(update)? < 372
    } else if let Some(patch) = release.strip_prefix("11.0.") {
        number(patch.split('.').next()?)? < 16
    } else {
        // Releases between those that are kept for years: none of their builds was mended.
        let (major, rest) = release.split_once('.').unwrap_or((release, "0.0"));
        name == "openjdk"
            && (9..=14).contains(&number(major)?)
            && number(major)? != 11
            && rest.starts_with('0')
    };
    is_old.then_some(release)
}

#[cfg(test)]
mod tests {
    use super::old_release;

    #[test]
    fn only_releases_that_are_written_in_full_are_old() {
        for (image, expected) in [
            ("openjdk:8u191-jre", Some("8u191")),
            ("openjdk:8u342", Some("8u342")),
            ("openjdk:8u372", None),
            ("openjdk:8", None),
            ("openjdk:11", None),
            ("openjdk:11.0.11-jre-slim", Some("11.0.11")),
            ("openjdk:11.0.16", None),
            ("openjdk:13-alpine", Some("13")),
            ("openjdk:14.0.2", Some("14.0.2")),
            ("openjdk:15", None),
            ("openjdk:21", None),
            ("eclipse-temurin:11.0.15_10-jre", Some("11.0.15")),
            ("docker.io/library/openjdk:8u275-jdk", Some("8u275")),
            ("adoptopenjdk:8u292-b10-jre-openj9-0.26.0", None),
            ("registry.example.com/openjdk:8u191", None),
            ("openjdk:8u191-jre@sha256:00", None),
            ("openjdk", None),
        ] {
            assert_eq!(old_release(image), expected, "{image}");
        }
    }
}
