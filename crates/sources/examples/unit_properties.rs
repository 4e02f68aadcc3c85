//! Prints the memory properties of the systemd units named on the command line.

#![allow(clippy::print_stdout, reason = "printing is what this example is for")]

use sources::systemd::SystemdError;
use std::time::{Duration, Instant};

fn main() -> Result<(), SystemdError> {
    let units: Vec<String> = std::env::args().skip(1).collect();
    let started = Instant::now();
    let properties = sources::systemd::unit_properties(&units, Duration::from_secs(2))?;
    let elapsed = started.elapsed();
    for unit in &units {
        match properties.get(unit) {
            Some(found) => println!("{found:#?}"),
            None => println!("{unit}: not loaded"),
        }
    }
    println!("{} of {} units in {elapsed:?}", properties.len(), units.len());
    Ok(())
}
