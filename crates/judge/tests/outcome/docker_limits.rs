//! What Docker and Podman make of memory options.

use judge::docker_limits::outcome;
use judge::docker_options::read;
use kernel::bytes::Bytes;
use kernel::hierarchy::CgroupVersion::{self, V1, V2};
use model::outcome::docker::{Refuser, RunOutcome, RunSwap};
use proptest::prelude::{prop_assert_eq, proptest};

const MIB: u64 = 1 << 20;

fn run(options: &str, cgroup: CgroupVersion) -> RunOutcome {
    let words: Vec<&str> = options.split(' ').chain(["image"]).filter(|word| !word.is_empty()).collect();
    outcome(&read(&words).unwrap(), cgroup)
}

/// `file=value` for each file, amounts in MiB.
fn files(options: &str, cgroup: CgroupVersion) -> Vec<String> {
    match run(options, cgroup) {
        RunOutcome::Made { files, .. } => files
            .iter()
            .map(|file| match file.value.parse::<u64>() {
                Ok(bytes) if bytes >= MIB => format!("{}={}m", file.name, bytes / MIB),
                Ok(_) | Err(_) => format!("{}={}", file.name, file.value),
            })
            .collect(),
        RunOutcome::Refused { message, .. } => vec![message],
    }
}

fn discarded(options: &str, cgroup: CgroupVersion) -> Vec<&'static str> {
    match run(options, cgroup) {
        RunOutcome::Made { remarks, .. } => remarks.iter().map(|remark| remark.option).collect(),
        RunOutcome::Refused { message, .. } => panic!("{message}"),
    }
}

/// Every row of the daemon's rules.
#[test]
fn docker_writes_these_files() {
    let cases: [(&str, &[&str], &[&str]); 10] = [
        ("", &[], &[]),
        (
            "-m 64m",
            &["memory.max=64m", "memory.swap.max=64m"],
            &["memory.limit_in_bytes=64m", "memory.memsw.limit_in_bytes=128m"],
        ),
        (
            "-m 64m --memory-swap 0",
            &["memory.max=64m", "memory.swap.max=64m"],
            &["memory.limit_in_bytes=64m", "memory.memsw.limit_in_bytes=128m"],
        ),
        (
            "-m 64m --memory-swap -1",
            &["memory.max=64m", "memory.swap.max=max"],
            &["memory.limit_in_bytes=64m", "memory.memsw.limit_in_bytes=-1"],
        ),
        (
            "-m 64m --memory-swap 64m",
            &["memory.max=64m", "memory.swap.max=0"],
            &["memory.limit_in_bytes=64m", "memory.memsw.limit_in_bytes=64m"],
        ),
        (
            "-m 64m --memory-swap 96m",
            &["memory.max=64m", "memory.swap.max=32m"],
            &["memory.limit_in_bytes=64m", "memory.memsw.limit_in_bytes=96m"],
        ),
        ("--memory-swap -1", &["memory.swap.max=max"], &["memory.memsw.limit_in_bytes=-1"]),
        ("--memory-reservation 32m", &["memory.low=32m"], &["memory.soft_limit_in_bytes=32m"]),
        ("--memory-swappiness 0 --oom-kill-disable", &[], &["memory.swappiness=0", "memory.oom_control=1"]),
        ("--oom-score-adj -1000", &["/proc/PID/oom_score_adj=-1000"], &["/proc/PID/oom_score_adj=-1000"]),
    ];
    for (options, v2, v1) in cases {
        assert_eq!(files(&format!("docker run {options}"), V2), v2, "{options}");
        assert_eq!(files(&format!("docker run {options}"), V1), v1, "{options}");
    }
}

#[test]
fn docker_refuses_in_these_words() {
    for (options, message) in [
        ("-m 5m", "Minimum memory limit allowed is 6MB"),
        (
            "-m 64m --memory-swap 32m",
            "Minimum memoryswap limit should be larger than memory limit, see usage",
        ),
        ("--memory-swap 1g", "You should always set the Memory limit when using Memoryswap limit, see usage"),
        ("--memory-reservation 1m", "Minimum memory reservation allowed is 6MB"),
        (
            "-m 64m --memory-reservation 65m",
            "Minimum memory limit can not be less than memory reservation limit, see usage",
        ),
        ("--oom-score-adj 1001", "Invalid value 1001, range for oom score adj is [-1000, 1000]"),
    ] {
        for cgroup in [V1, V2] {
            let refused = RunOutcome::Refused { by: Refuser::DockerDaemon, message: message.to_owned() };
            assert_eq!(run(&format!("docker run {options}"), cgroup), refused, "{options} {cgroup:?}");
        }
    }
    let swappiness = "Invalid value: 101, valid memory swappiness range is 0-100";
    assert_eq!(files("docker run --memory-swappiness 101", V1), [swappiness]);
    assert_eq!(discarded("docker run --memory-swappiness 101", V2), ["--memory-swappiness"]);
    let invalid = "invalid argument \"512Mi\" for \"-m, --memory\" flag: invalid size: '512Mi'";
    assert_eq!(files("docker run -m 512Mi", V2), [invalid]);
}

#[test]
fn v2_discards_what_only_v1_has() {
    let options = "docker run -m 64m --memory-swappiness 0 --oom-kill-disable";
    assert_eq!(discarded(options, V2), ["--memory-swappiness", "--oom-kill-disable"]);
    assert_eq!(discarded(options, V1), Vec::<&str>::new());
    assert_eq!(discarded("docker run --oom-kill-disable", V1), ["--oom-kill-disable"]);
}

#[test]
fn podman_differs() {
    for (options, cgroup, expected) in [
        ("-m 5m", V2, vec!["memory.max=5m", "memory.swap.max=5m"]),
        ("-m 64m --memory-swap 0", V2, vec!["memory.max=64m", "memory.swap.max=0"]),
        (
            "-m 64m --memory-swap 0",
            V1,
            vec!["minimum memoryswap limit should be larger than memory limit, see usage"],
        ),
        ("--memory-swap 1g", V2, vec!["cannot set swap limit without the memory limit"]),
        (
            "--memory-swap 1g",
            V1,
            vec!["you should always set a memory limit when using a memoryswap limit, see usage"],
        ),
        ("-m 64m --memory-swap 32m", V2, vec!["cannot set memory+swap limit less than the memory limit"]),
        ("--memory-swappiness 0", V2, vec!["cannot set memory swappiness with cgroupv2"]),
        ("--memory-swappiness 10", V1, vec!["memory.swappiness=10"]),
        ("--oom-kill-disable", V2, vec!["cannot disable OOM killer with cgroupv2"]),
        (
            "-m 64m --memory-reservation 65m",
            V2,
            vec!["memory.max=64m", "memory.swap.max=64m", "memory.low=65m"],
        ),
        (
            "-m 64m --memory-reservation 65m",
            V1,
            vec!["minimum memory limit cannot be less than memory reservation limit, see usage"],
        ),
    ] {
        assert_eq!(files(&format!("podman run {options}"), cgroup), expected, "{options} {cgroup:?}");
    }
}

#[test]
fn without_a_limit_everything_may_be_swapped() {
    let RunOutcome::Made { swap, .. } = run("docker run", V2) else { panic!("refused") };
    assert_eq!(swap, RunSwap::Unlimited);
}

proptest! {
    /// The two versions say the same: on v2 swap alone, on v1 memory and swap together.
    #[test]
    fn both_versions_allow_the_same_swap(memory in 6_u64..1 << 20, extra in 0_u64..1 << 20) {
        let options = format!("docker run -m {memory}m --memory-swap {}m", memory + extra);
        let swap_of = |cgroup| match run(&options, cgroup) {
            RunOutcome::Made { swap, .. } => swap,
            RunOutcome::Refused { message, .. } => panic!("{message}"),
        };
        prop_assert_eq!(swap_of(V2), RunSwap::AtMost { swap: Bytes(extra * MIB), by_default: false });
        let together = RunSwap::Together {
            memory: Bytes(memory * MIB),
            together: Bytes((memory + extra) * MIB),
            by_default: false,
        };
        prop_assert_eq!(swap_of(V1), together);
    }
}
