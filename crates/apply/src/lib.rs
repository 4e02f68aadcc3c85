//! Changes things: the only room that may. A step names what it expects to find, and is refused when it finds something else.

pub mod file;
pub mod host;
pub mod journal;
pub mod lock;
pub mod run;
pub mod undo;
pub mod verify;
