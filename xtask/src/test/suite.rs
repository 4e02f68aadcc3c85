//! The suites: what each runs, who counts its tests, and what it needs of the machine.

use super::counts::Counting;
use crate::vm::MachineKind;
use crate::vm::packages::missing_packages;
use crate::{packages, prepare};
use std::path::Path;

/// One suite.
pub struct Suite {
    /// Its name, also that of its log.
    pub name: &'static str,
    /// Commands, run in order until one fails.
    pub commands: Vec<Vec<String>>,
    /// Who counts its tests.
    pub counting: Counting,
    /// After this time it has failed.
    pub seconds_max: u64,
    /// What it needs of the machine.
    pub need: SuiteNeed,
}

/// What a suite needs besides Rust.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SuiteNeed {
    /// Nothing.
    Nothing,
    /// A C++ compiler.
    Fuzz,
    /// Tools that look at rendered artefacts.
    Render,
    /// An Alertmanager.
    Alerts,
    /// Root.
    Root,
    /// Root and Docker.
    Docker,
    /// Debian's Prometheus, installed or to be had from a mirror.
    Prometheus,
    /// The same, Docker, and what makes certificates.
    Scrape,
    /// A virtual machine.
    Machine(MachineKind),
    /// A virtual machine that sees this one's Docker.
    MachineWithDocker,
    /// A virtual machine that sees what makes this one's file systems.
    MachineWithFileSystems,
}

impl SuiteNeed {
    /// Why a suite with this need cannot run here, if so.
    pub fn obstacle(self) -> Option<String> {
        let packages = match self {
            Self::Nothing => return None,
            Self::Root if !packages::is_root() => return Some("making control groups needs root".to_owned()),
            Self::Root => return None,
            Self::Docker | Self::Scrape if !packages::is_root() => {
                return Some("starting a Docker daemon needs root".to_owned());
            }
            Self::Machine(_) | Self::MachineWithDocker | Self::MachineWithFileSystems
                if !cfg!(target_arch = "x86_64") =>
            {
                return Some("the virtual machines are x86-64".to_owned());
            }
            Self::Prometheus => {
                let is_had = packages::missing(&prepare::PROMETHEUS).is_empty()
                    || packages::find_program("apt-get").is_some();
                return (!is_had).then(|| "not installed: prometheus, and there is no apt-get".to_owned());
            }
            Self::Fuzz => packages::missing(&prepare::FUZZ),
            Self::Alerts => packages::missing(&prepare::ALERTS),
            Self::Render => packages::missing(&prepare::RENDER),
            Self::Docker => packages::missing(&prepare::DOCKER),
            Self::Scrape => {
                let mut packages = packages::missing(&prepare::DOCKER);
                packages.extend(packages::missing(&prepare::CERTIFICATES));
                packages
            }
            Self::Machine(kind) => missing_packages(kind),
            Self::MachineWithFileSystems => {
                let mut packages = missing_packages(MachineKind::Micro);
                packages.extend(packages::missing(&prepare::FILE_SYSTEMS));
                packages
            }
            Self::MachineWithDocker => {
                let mut packages = missing_packages(MachineKind::Micro);
                packages.extend(packages::missing(&prepare::DOCKER));
                packages
            }
        };
        // As root they are installed.
        let blocked = !packages.is_empty() && !packages::is_root();
        blocked.then(|| format!("not installed: {}; as root they would be", packages.join(" ")))
    }
}

/// The suites that look at the source without running it.
pub fn of_source(xtask: &Path) -> Vec<Suite> {
    vec![
        check(
            "fmt",
            &[
                "cargo fmt --all --check -- --color never",
                "cargo fmt --check --manifest-path fuzz/Cargo.toml -- --color never",
            ],
        ),
        Suite { commands: vec![own(xtask, "tidy")], ..check("tidy", &[]) },
        check("clippy", &["cargo clippy --quiet --workspace --all-targets -- -D warnings"]),
        Suite { commands: vec![own(xtask, "codegen --check")], ..check("codegen", &[]) },
    ]
}

/// The suites that run code on this machine without root.
pub fn of_code() -> Vec<Suite> {
    let tests = if packages::find_program("cargo-nextest").is_some() {
        "cargo nextest run --workspace --no-fail-fast --status-level fail --final-status-level fail"
    } else {
        "cargo test --workspace --no-fail-fast --lib --bins --tests --examples"
    };
    vec![
        Suite { counting: Counting::Runner, ..check("tests", &[tests]) },
        Suite {
            counting: Counting::Runner,
            ..check("examples in comments", &["cargo test --workspace --doc"])
        },
    ]
}

/// The fuzz targets, a short while each.
pub fn of_fuzz(xtask: &Path) -> Vec<Suite> {
    let commands = vec![own(xtask, "fuzz --seconds 5")];
    vec![Suite { commands, counting: Counting::Fuzz, need: SuiteNeed::Fuzz, ..check("fuzz", &[]) }]
}

/// The scenarios on real kernels that every run goes through.
pub fn of_machines(xtask: &Path, binaries: &Path) -> Vec<Suite> {
    let highwater = binaries.join("highwater").display().to_string();
    let here = own(xtask, &format!("real docker --highwater {highwater}"));
    let nested_here = own(xtask, &format!("real nested --highwater {highwater}"));
    let oom_here = own(xtask, &format!("real oom --highwater {highwater}"));
    vec![
        scenario("cgroups here", nested_here, SuiteNeed::Root),
        nested_in_micro("cgroups v2 with swap", xtask, binaries, "v2"),
        scenario("oom here", oom_here, SuiteNeed::Root),
        oom_in_micro("oom on 6.12", xtask, binaries, "--cgroup v2 --kernel 6.12"),
        prometheus(own(xtask, &format!("real prometheus --highwater {highwater}"))),
        scenario("docker here", here, SuiteNeed::Docker),
        docker_in_micro("docker on cgroup v1", xtask, binaries, "v1"),
        scenario(
            "oom with docker here",
            own(xtask, &format!("real oom-docker --highwater {highwater}")),
            SuiteNeed::Docker,
        ),
        scenario(
            "advice on containers",
            own(xtask, &format!("real advise --highwater {highwater}")),
            SuiteNeed::Docker,
        ),
        scenario(
            "docker on debian 13",
            in_machine(xtask, binaries, "--machine debian13 --timeout 300", "docker --docker system"),
            SuiteNeed::Machine(MachineKind::Debian13),
        ),
        scenario(
            "alerts told to others",
            own(xtask, &format!("real alerts --highwater {highwater}")),
            SuiteNeed::Alerts,
        ),
        scenario(
            "alerts of the agent",
            own(xtask, &format!("real agent-alerts --highwater {highwater}")),
            SuiteNeed::Docker,
        ),
        scenario(
            "rendered for others",
            own(xtask, &format!("real node-render --highwater {highwater}")),
            SuiteNeed::Render,
        ),
        scenario("swap here", own(xtask, &format!("real node --highwater {highwater}")), SuiteNeed::Root),
        scenario(
            "swap and power cuts",
            own(xtask, &format!("real node-machine --highwater {highwater}")),
            SuiteNeed::Machine(MachineKind::Debian13),
        ),
        scenario(
            "first boot with swap",
            in_machine(xtask, binaries, "--machine debian13 --disk 512 --timeout 240", "node-first-boot"),
            SuiteNeed::Machine(MachineKind::Debian13),
        ),
    ]
}

/// The agent on this machine and as a service of another one.
pub fn of_agent(xtask: &Path, binaries: &Path) -> Vec<Suite> {
    let highwater = binaries.join("highwater").display().to_string();
    vec![
        scenario(
            "agent with docker here",
            own(xtask, &format!("real agent-containers --highwater {highwater}")),
            SuiteNeed::Docker,
        ),
        scenario(
            "agent killed fifty times",
            own(xtask, &format!("real agent-crashes --highwater {highwater}")),
            SuiteNeed::Root,
        ),
        scenario(
            "agent in trouble",
            own(xtask, &format!("real agent-trouble --highwater {highwater}")),
            SuiteNeed::Root,
        ),
        scenario(
            "agent scraped",
            own(xtask, &format!("real agent-scraped --highwater {highwater}")),
            SuiteNeed::Scrape,
        ),
        scenario(
            "agent as a service",
            own(xtask, &format!("real agent-unit --highwater {highwater}")),
            SuiteNeed::Machine(MachineKind::Debian13),
        ),
    ]
}

/// What only `--all` adds: the long matrices.
pub fn of_matrices(xtask: &Path, binaries: &Path) -> Vec<Suite> {
    let highwater = binaries.join("highwater").display().to_string();
    let self_test = vec![own(xtask, "vm --self-test")];
    let need = SuiteNeed::Machine(MachineKind::Micro);
    vec![
        scenario(
            "every kind of swap",
            own(xtask, &format!("real node-variants --highwater {highwater}")),
            SuiteNeed::Machine(MachineKind::Debian13),
        ),
        nested_in_micro("cgroups v1 with swap", xtask, binaries, "v1"),
        nested_in_micro("hybrid cgroups with swap", xtask, binaries, "hybrid"),
        oom_in_micro("oom on 5.10, cgroup v2", xtask, binaries, "--cgroup v2 --kernel 5.10"),
        oom_in_micro("oom on 6.1, cgroup v1", xtask, binaries, "--cgroup v1"),
        oom_in_micro("oom on 6.1, cgroup v2", xtask, binaries, "--cgroup v2 --kernel 6.1"),
        scenario(
            "agent with docker on v2",
            in_machine(
                xtask,
                binaries,
                "--cgroup v2 --host-root --cpus 2 --disk 96 --timeout 900",
                "agent-containers",
            ),
            SuiteNeed::MachineWithDocker,
        ),
        scenario(
            "agent and ten thousand",
            own(xtask, &format!("real agent-many --highwater {highwater}")),
            SuiteNeed::Root,
        ),
        docker_in_micro("docker on cgroup v2", xtask, binaries, "v2"),
        docker_in_micro("docker on hybrid cgroups", xtask, binaries, "hybrid"),
        scenario(
            "swap files on file systems",
            in_machine(xtask, binaries, "--host-root --disk 512 --timeout 240", "node-file-systems"),
            SuiteNeed::MachineWithFileSystems,
        ),
        scenario(
            "oom with docker on v2",
            in_machine(
                xtask,
                binaries,
                "--cgroup v2 --host-root --cpus 2 --timeout 800",
                "oom-docker --hogs 40",
            ),
            SuiteNeed::MachineWithDocker,
        ),
        scenario(
            "oom with docker, debian 13",
            in_machine(
                xtask,
                binaries,
                "--machine debian13 --timeout 800",
                "oom-docker --hogs 40 --docker system",
            ),
            SuiteNeed::Machine(MachineKind::Debian13),
        ),
        Suite { commands: self_test, need, ..check("machines", &[]) },
    ]
}

fn check(name: &'static str, commands: &[&str]) -> Suite {
    Suite {
        name,
        commands: commands.iter().map(|line| words(line)).collect(),
        counting: Counting::OneCheck,
        seconds_max: 1800,
        need: SuiteNeed::Nothing,
    }
}

fn scenario(name: &'static str, command: Vec<String>, need: SuiteNeed) -> Suite {
    let commands = vec![words("cargo build --quiet --workspace --bins"), command];
    Suite { commands, counting: Counting::Scenario, need, ..check(name, &[]) }
}

/// Its reader of histories is an example of `sources`.
fn prometheus(command: Vec<String>) -> Suite {
    let example = words("cargo build --quiet --package highwater-sources --example prometheus_history");
    let mut suite = scenario("prometheus", command, SuiteNeed::Prometheus);
    suite.commands.insert(1, example);
    suite
}

fn nested_in_micro(name: &'static str, xtask: &Path, binaries: &Path, cgroup: &str) -> Suite {
    let machine = format!("--cgroup {cgroup} --memory 768 --timeout 300");
    scenario(name, in_machine(xtask, binaries, &machine, "nested"), SuiteNeed::Machine(MachineKind::Micro))
}

fn oom_in_micro(name: &'static str, xtask: &Path, binaries: &Path, machine: &str) -> Suite {
    let machine = format!("{machine} --memory 768 --timeout 400");
    scenario(name, in_machine(xtask, binaries, &machine, "oom"), SuiteNeed::Machine(MachineKind::Micro))
}

fn docker_in_micro(name: &'static str, xtask: &Path, binaries: &Path, cgroup: &str) -> Suite {
    let machine = format!("--cgroup {cgroup} --host-root --cpus 2 --timeout 240");
    scenario(name, in_machine(xtask, binaries, &machine, "docker"), SuiteNeed::MachineWithDocker)
}

/// A scenario inside a virtual machine that sees the binaries at /host.
fn in_machine(xtask: &Path, binaries: &Path, machine: &str, scenario: &str) -> Vec<String> {
    let mut command = own(xtask, "vm");
    command.extend(words(machine));
    command.extend(["--share".to_owned(), binaries.display().to_string()]);
    command.extend(words(&format!("-- /host/xtask real {scenario} --highwater /host/highwater")));
    command
}

fn own(xtask: &Path, task: &str) -> Vec<String> {
    let mut command = vec![xtask.display().to_string()];
    command.extend(words(task));
    command
}

fn words(line: &str) -> Vec<String> {
    line.split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::{in_machine, of_agent, of_code, of_fuzz, of_machines, of_matrices, of_source};
    use std::collections::BTreeSet;
    use std::path::Path;

    #[test]
    fn every_suite_has_a_name_of_its_own() {
        let path = Path::new("/t");
        let suites = [
            of_source(path),
            of_code(),
            of_fuzz(path),
            of_machines(path, path),
            of_agent(path, path),
            of_matrices(path, path),
        ];
        let names: Vec<&str> = suites.iter().flatten().map(|suite| suite.name).collect();
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len(), "{names:?}");
    }

    #[test]
    fn a_machine_sees_the_binaries() {
        let command =
            in_machine(Path::new("/t/xtask"), Path::new("/t"), "--machine debian13", "docker").join(" ");
        let expected = "/t/xtask vm --machine debian13 --share /t -- /host/xtask real docker --highwater /host/highwater";
        assert_eq!(command, expected);
    }
}
