//! The development tasks, one subcommand each; `cargo xtask --help` lists them.

mod bench;
mod codegen;
mod fixture;
mod fuzz;
mod packages;
mod prepare;
mod prometheus;
mod real;
mod repository;
mod screen;
mod subprocess;
mod test;
mod tidy;
mod vm;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Highwater's development tasks")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Everything that can be told from the source: fmt, tidy, clippy, codegen
    Check,
    /// All suites: the source, the tests, fuzzing, real kernels
    Test(test::TestArgs),
    /// Refuse what breaks the house rules: arrows, names, lengths, licences, documents
    Tidy,
    /// Feed the parsers with what nobody would write
    Fuzz(fuzz::FuzzArgs),
    /// Measure what Highwater costs, and print the README's table of ratios
    Bench(bench::BenchArgs),
    /// Regenerate the CLI reference, man pages and completions
    Codegen(codegen::CodegenArgs),
    /// Make the README's picture from what a terminal shows
    Screen(screen::ScreenArgs),
    /// Install and build what the suites of `test` need: packages, kernels, a Debian image
    Prepare,
    /// Try the product on a real kernel and compare its output with the kernel's files
    Real(real::RealArgs),
    /// Hold so many MiB of memory until standard input ends
    #[command(hide = true)]
    Hold {
        /// How much
        mib: usize,
    },
    /// Record this machine's files as a small tree that the product reads with `--root`
    Fixture(fixture::FixtureArgs),
    /// Run a command in a throw-away virtual machine with a real kernel of its own
    Vm(vm::VmArgs),
}

fn main() -> anyhow::Result<std::process::ExitCode> {
    match Cli::parse().task {
        Task::Check => test::run_check(),
        Task::Test(args) => test::run(&args),
        Task::Tidy => tidy::run(),
        Task::Fuzz(args) => fuzz::run(&args),
        Task::Bench(args) => bench::run(&args),
        Task::Codegen(args) => codegen::run(&args),
        Task::Screen(args) => screen::run(&args),
        Task::Prepare => prepare::run(),
        Task::Real(args) => real::run(&args),
        Task::Hold { mib } => {
            real::own_cgroup::hold(mib)?;
            Ok(std::process::ExitCode::SUCCESS)
        }
        Task::Fixture(args) => fixture::run(&args),
        Task::Vm(args) => vm::run(&args),
    }
}
