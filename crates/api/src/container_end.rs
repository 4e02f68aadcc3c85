//! `highwater/container-end/v1`: what `oom show` prints of a container that ended without a known OOM kill.

use crate::object::Object;
use model::container::EndedContainer;
use model::incident::exit::ExitVerdict;
use serde_json::Value;

/// The document.
#[must_use]
pub fn container_end(ended: &EndedContainer, verdict: &ExitVerdict, message: &str) -> Value {
    const NOBODY_SAID: &str = "the engine does not tell";
    let container = Object::new()
        .known("id", ended.container.id.0.as_str())
        .reading_or("name", ended.container.name.clone(), NOBODY_SAID)
        .reading_or("image", ended.container.image.clone(), NOBODY_SAID)
        .finish();
    Object::new()
        .known("schema", "highwater/container-end/v1")
        .known("container", container)
        .known("exit_code", ended.exit_code)
        .known("oom_killed", ended.oom_killed)
        .reading_or("ended_unix_milliseconds", ended.ended_at.clone().map(|at| at.0), NOBODY_SAID)
        .known("verdict", word(verdict))
        .known("message", message)
        .finish()
}

const fn word(verdict: &ExitVerdict) -> &'static str {
    match verdict {
        ExitVerdict::OomKilled(_) => "oom_killed",
        ExitVerdict::OomWithout137(_) => "oom_without_137",
        ExitVerdict::OomByRuntimeAlone => "oom_by_runtime_alone",
        ExitVerdict::KilledBySomebody => "killed_by_somebody",
        ExitVerdict::MaybeOomKilled => "maybe_oom_killed",
        ExitVerdict::OutOfOwnMemory(_) => "out_of_own_memory",
        ExitVerdict::NotMemory => "not_memory",
    }
}
