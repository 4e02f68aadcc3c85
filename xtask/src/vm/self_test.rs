//! `cargo xtask vm --self-test`: does a machine do what its users rely on?

use super::{Cgroup, Kernel, Machine, Status, cache};
use std::fs;
use std::process::ExitCode;
use std::time::Duration;

const V2: &str = include_str!("../../assets/vm/self-test.sh");
const V1: &str = include_str!("../../assets/vm/self-test-v1.sh");

/// Runs all checks, one line each; a failure when one failed.
pub fn run() -> anyhow::Result<ExitCode> {
    let v2 = Machine { disk_mib: Some(128), ..Machine::micro() };
    let old = |cgroup| Machine { kernel: Kernel::Debian6_1, cgroup, ..Machine::micro() };
    let mut passed = true;
    for (name, machine, script) in [
        ("6.12, cgroup v2", &v2, V2),
        ("6.1, cgroup v2", &Machine { disk_mib: Some(128), ..old(Cgroup::V2) }, V2),
        ("6.1, cgroup v1", &old(Cgroup::V1), V1),
        ("6.1, hybrid", &old(Cgroup::Hybrid), V1),
    ] {
        println!("-- {name}");
        let outcome = machine.stream(&shell(script))?;
        passed &= check("every check inside", &outcome.status, &Status::Exited(0));
        println!("      {:.1} s, of which {:.1} s before the command", outcome.seconds, outcome.boot_seconds);
    }
    println!("-- exit status, output, time limit");
    let micro = Machine::micro();
    let outcome = micro.run(&shell("echo out; echo err >&2; exit 37"))?;
    passed &= check("exit status passes through", &outcome.status, &Status::Exited(37));
    passed &= check("standard output", &outcome.stdout_text().as_str(), &"out\n");
    passed &= check("standard error", &outcome.stderr_text().as_str(), &"err\n");
    let outcome = micro.run(&shell("dd if=/dev/zero bs=1024 count=512 2>/dev/null"))?;
    passed &= check("half a megabyte of output", &outcome.stdout.len(), &(512 * 1024));
    let short = Machine { timeout: Duration::from_secs(6), ..Machine::micro() };
    passed &= check("time limit", &short.run(&shell("sleep 1000"))?.status, &Status::TimedOut);
    passed &= check("a program built here runs there", &this_program_inside()?, &Status::Exited(0));
    Ok(if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Runs a copy of this very program in a machine: it is linked to the C library, as Highwater is.
fn this_program_inside() -> anyhow::Result<Status> {
    let folder = cache::root()?.join(format!("self-test-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    fs::copy("/proc/self/exe", folder.join("xtask"))?;
    let machine = Machine { share: Some(folder.clone()), ..Machine::micro() };
    let outcome = machine.run(&["/host/xtask", "vm", "--help"].map(str::to_owned));
    cache::remove(&folder)?;
    Ok(outcome?.status)
}

fn shell(script: &str) -> Vec<String> {
    ["sh", "-c", script].map(str::to_owned).to_vec()
}

fn check<T: PartialEq + std::fmt::Debug>(name: &str, found: &T, expected: &T) -> bool {
    let equal = found == expected;
    if equal {
        println!("ok    {name}");
    } else {
        println!("FAIL  {name}: expected {expected:?}, found {found:?}");
    }
    equal
}
