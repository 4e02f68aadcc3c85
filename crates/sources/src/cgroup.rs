//! Reading the memory hierarchy: where it is, which cgroups there are, what their files say, what changed.

pub mod descriptors;
pub mod figures;
pub mod files;
pub mod hierarchy;
pub mod processes;
pub mod rates;
pub mod tree;
pub mod watch;
