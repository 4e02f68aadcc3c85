//! The agent's settings: its file, with the flags of the command line over it.

use crate::cli::policy;
use anyhow::{Context, bail};
use api::agent_config::convert::{self, AgentConfig};
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// The settings and where they come from.
#[derive(Debug, Default)]
pub struct Settings {
    /// The file, where one is used.
    pub file: Option<PathBuf>,
    /// Where a file is looked for as long as none is used: it may come after the agent.
    usual: Option<PathBuf>,
    /// `--listen`, which outweighs the file.
    pub listen: Option<SocketAddr>,
    /// What holds.
    pub wanted: AgentConfig,
    /// Why the file as it is now was not taken, where it was not.
    pub refused: Option<String>,
}

impl Settings {
    /// Reads the file.
    ///
    /// # Errors
    /// When it cannot be read or says something that cannot be.
    pub fn of(file: Option<PathBuf>, listen: Option<SocketAddr>) -> anyhow::Result<Self> {
        let mut settings = Self { file, listen, ..Self::default() };
        settings.wanted = settings.read()?;
        Ok(settings)
    }

    /// Reads the usual file, where there is one.
    ///
    /// # Errors
    /// As [`Settings::of`].
    pub fn of_usual(usual: &Path, listen: Option<SocketAddr>) -> anyhow::Result<Self> {
        let mut settings = Self { usual: Some(usual.to_owned()), listen, ..Self::default() };
        settings.find();
        settings.wanted = settings.read()?;
        Ok(settings)
    }

    fn find(&mut self) {
        if self.file.is_none() {
            self.file = self.usual.clone().filter(|usual| usual.exists());
        }
    }

    /// Reads the file again; what held before holds on when that fails.
    ///
    /// # Errors
    /// In words.
    pub fn read_again(&mut self) -> Result<(), String> {
        self.find();
        match self.read() {
            Ok(wanted) => {
                (self.wanted, self.refused) = (wanted, None);
                Ok(())
            }
            Err(error) => {
                let why = format!("{error:#}");
                self.refused = Some(why.clone());
                Err(why)
            }
        }
    }

    fn read(&self) -> anyhow::Result<AgentConfig> {
        let mut config = self.file.as_deref().map_or_else(|| Ok(AgentConfig::default()), configuration)?;
        if let Some(file) = &config.policy_file {
            config.policy = policy::policy(Some(file)).context("policyFile")?;
        }
        Ok(AgentConfig { listen: self.listen.or(config.listen), ..config })
    }
}

/// A configuration of the agent.
///
/// # Errors
/// When the file cannot be read, or with everything that is wrong in it.
pub fn configuration(file: &Path) -> anyhow::Result<AgentConfig> {
    let place = file.display();
    let text = fs::read_to_string(file).with_context(|| place.to_string())?;
    match convert::read(&text) {
        Ok(config) => Ok(config),
        Err(faults) => {
            let faults: Vec<String> = faults.iter().map(|fault| format!("{place}:{fault}")).collect();
            bail!("{}", faults.join("; "))
        }
    }
}
