//! Containers that behave as real ones do: a leak, a saw-tooth, a cache that fills, restarts, kills.

use crate::real::docker_daemon::Docker;
use anyhow::Context;
use serde_json::Value;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

/// The image of all of them.
pub const IMAGE: &str = "highwater-agent-busybox";

/// One MiB.
pub const MIB: u64 = 1 << 20;

/// What the reader of a large file may use.
pub const CACHE_LIMIT_MIB: u64 = 32;

/// The file that fills the cache is larger than what its reader may use.
const CACHE_FILE_MIB: u64 = 96;

/// Takes twice the memory again and again.
pub const HOG: &str = r#"/bin/busybox awk 'BEGIN{s="x"; while(1) s=s s}'"#;

/// Adds two MiB at a time up to forty, and keeps them.
pub const LEAK: &str = "n=0; while [ $n -lt 20 ]; do \
    /bin/busybox dd if=/dev/zero of=/dev/shm/leak$n bs=1M count=2 2>/dev/null; n=$((n+1)); /bin/busybox sleep 0.4; done; \
    while :; do /bin/busybox sleep 1; done";

/// Fills twenty MiB in four steps and gives them back, for ever.
pub const SAW_TOOTH: &str = "while :; do for n in 1 2 3 4; do \
    /bin/busybox dd if=/dev/zero of=/dev/shm/tooth$n bs=1M count=5 2>/dev/null; /bin/busybox sleep 0.3; done; \
    /bin/busybox rm /dev/shm/tooth*; /bin/busybox sleep 0.3; done";

/// Reads a file that is larger than its limit again and again.
pub const CACHE: &str =
    "while :; do /bin/busybox dd if=/cache of=/dev/null bs=1M 2>/dev/null; /bin/busybox sleep 0.5; done";

/// Holds eight MiB for a moment and fails.
pub const RESTARTS: &str =
    "/bin/busybox dd if=/dev/zero of=/dev/shm/x bs=1M count=8 2>/dev/null; /bin/busybox sleep 2; exit 1";

/// Holds thirty MiB for a moment that no look falls into, once.
pub const SPIKE: &str = "until [ -e /go/spike ]; do /bin/busybox sleep 0.05; done; \
    /bin/busybox dd if=/dev/zero of=/dev/shm/x bs=1M count=30 2>/dev/null; /bin/busybox rm /dev/shm/x; \
    while :; do /bin/busybox sleep 1; done";

/// The containers, a daemon, and the word that some of them wait for.
pub struct Workloads {
    /// The daemon.
    pub docker: Docker,
    go: PathBuf,
    cache: PathBuf,
}

impl Workloads {
    /// Makes the image and the files. `beside` is a folder on a real disk, where there is one.
    pub fn new(mut docker: Docker, go: PathBuf, beside: &Path) -> anyhow::Result<Self> {
        docker.import_busybox(IMAGE)?;
        fs::create_dir_all(&go)?;
        // A throw-away machine's root is in memory, where a file is no cache: there it is a blank disk.
        let disk = Path::new("/dev/vda");
        let cache = match disk.exists() && Path::new("/ctl/command").exists() {
            true => disk.to_owned(),
            false => {
                let path = beside.join(format!("highwater-cache-{}", std::process::id()));
                let file = File::create(&path).with_context(|| path.display().to_string())?;
                file.set_len(CACHE_FILE_MIB * MIB)?;
                path
            }
        };
        Ok(Self { docker, go, cache })
    }

    /// The full name of a container of this run.
    pub fn name(short: &str) -> String {
        format!("highwater-agent-{short}-{}", std::process::id())
    }

    /// Starts a container with a limit and no swap.
    pub fn start(
        &mut self,
        short: &str,
        limit_mib: u64,
        options: &[&str],
        script: &str,
    ) -> anyhow::Result<String> {
        let limit = format!("{limit_mib}m");
        let go = format!("{}:/go:ro", self.go.display());
        let fixed = ["--memory", &limit, "--memory-swap", &limit, "--shm-size", "256m", "--volume", &go];
        let command = [IMAGE, "/bin/busybox", "sh", "-c", script];
        self.docker.run_container(&Self::name(short), &[&fixed[..], options].concat(), &command)
    }

    /// Starts the reader of a large file.
    pub fn start_cache(&mut self, limit_mib: u64) -> anyhow::Result<String> {
        let place = self.cache.display().to_string();
        if place.starts_with("/dev/") {
            let device = format!("{place}:/cache");
            return self.start("cache", limit_mib, &["--device", &device], CACHE);
        }
        let volume = format!("{place}:/cache:ro");
        self.start("cache", limit_mib, &["--volume", &volume], CACHE)
    }

    /// Says the word that containers wait for.
    pub fn go(&self, word: &str) -> anyhow::Result<()> {
        fs::write(self.go.join(word), "").context("the word to go")
    }

    /// What Docker says of a container.
    pub fn inspect(&self, short: &str, what: &str) -> anyhow::Result<String> {
        self.docker.command(&["inspect", "--format", what, &Self::name(short)])
    }

    /// How often Docker started it again.
    pub fn restarts(&self, short: &str) -> anyhow::Result<u64> {
        self.inspect(short, "{{.RestartCount}}")?.parse().context("RestartCount")
    }
}

impl Drop for Workloads {
    fn drop(&mut self) {
        if self.cache.is_file() {
            let _ = fs::remove_file(&self.cache);
        }
    }
}

/// A container as Docker would call it to wait for the word and then run a script.
pub fn waiting(word: &str, script: &str) -> String {
    format!("until [ -e /go/{word} ]; do /bin/busybox sleep 0.05; done; {script}")
}

/// One figure of every step in which it was read.
pub fn figures(history: &Value, key: &str) -> Vec<u64> {
    let steps = history["steps"].as_array().map(Vec::as_slice).unwrap_or_default();
    steps.iter().filter_map(|step| step[key].as_u64()).collect()
}
