//! OOM kills explained: tables of cases and a property each, from reports that went through the real parser.

#![allow(clippy::unwrap_used, reason = "helpers of tests, like the tests, stop at the first surprise")]

mod causes;
mod correlation;
mod dates;
mod exit_code;
mod first_process;
mod properties;
mod seen;
mod survival;
