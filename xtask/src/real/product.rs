//! The product under test: its binary, run like a user would.

use crate::subprocess::{Outcome, output};
use anyhow::Context;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// Machines without KVM are slow; a command that needs longer hangs.
const SECONDS_MAX: Duration = Duration::from_secs(60);

/// The product's binary.
pub struct Product {
    path: PathBuf,
}

impl Product {
    /// The binary at this path.
    pub fn at(path: &Path) -> anyhow::Result<Self> {
        let path = path.canonicalize().with_context(|| format!("the product at {}", path.display()))?;
        Ok(Self { path })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Runs the product with these arguments.
    pub fn run(&self, arguments: &[&str]) -> anyhow::Result<Outcome> {
        output(Command::new(&self.path).args(arguments), SECONDS_MAX)
    }

    /// Runs the product and reads the one JSON document that it prints.
    pub fn json(&self, arguments: &[&str]) -> anyhow::Result<Value> {
        let outcome = self.run(arguments)?;
        let what = || format!("highwater {}: {}", arguments.join(" "), outcome.stderr.trim());
        serde_json::from_str(&outcome.stdout).with_context(what)
    }
}
