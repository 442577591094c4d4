//! The `--config` option and what is said when there is no configuration.

use std::path::{Path, PathBuf};

use super::Unusable;
use crate::config::{self, Config, Secrets};

/// The option, to be flattened into a command's arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Settings {
    /// The configuration; `conf.d/*.toml` beside it is read as well
    #[arg(long, value_name = "FILE", default_value = config::PATH)]
    config: PathBuf,
}

impl Settings {
    /// Where the configuration is.
    pub(super) fn path(&self) -> &Path {
        &self.config
    }

    /// Reads it, with the secrets, for a command that posts. All its faults are shown at once.
    pub(super) fn load(&self) -> anyhow::Result<Config> {
        load(&self.config, Secrets::Read)
    }

    /// Reads it without the secrets, for a command that only reads the store.
    pub(super) fn load_to_read(&self) -> anyhow::Result<Config> {
        load(&self.config, Secrets::Leave)
    }
}

/// Reads a configuration with this process's environment.
pub(super) fn load(path: &Path, secrets: Secrets) -> anyhow::Result<Config> {
    // Where it cannot be looked at, reading it says why.
    if matches!(path.try_exists(), Ok(false)) {
        let path = path.display();
        return Err(Unusable(format!(
            "ipsbell: there is no configuration at {path}.\n\
             To see what it does, without any: `ipsbell demo`; on a log of yours: `ipsbell watch FILE`.\n\
             To run it: put a [[source]] and a [[destination]] there (docs/configuration.md has an example), then `ipsbell check`."
        ))
        .into());
    }
    let environment = |name: &str| std::env::var(name).ok();
    config::load(path, secrets, &environment).map_err(|faults| Unusable(faults.to_string()).into())
}
