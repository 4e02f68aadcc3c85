//! Scenario: the packaged unit in a Debian machine that keeps its disk: installed, watched, reloaded, rebooted, taken away.

use super::unit_inside::Boot;
use crate::real::checks::Checks;
use crate::real::node::outside::{End, Kept};
use crate::real::product::Product;
use anyhow::bail;
use clap::ValueEnum;

/// Boots twice from one disk.
pub fn run(product: &Product, checks: &mut Checks) -> anyhow::Result<()> {
    let machine = Kept::new(product)?;
    for boot in [Boot::Install, Boot::AfterReboot] {
        let name = boot.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default();
        match machine.run(&["agent-unit-inside", "--boot", &name], &name, checks)? {
            End::Off => {}
            End::Failed => bail!("boot {name} did not come to its end"),
            End::Cut => bail!("boot {name} asked for a power cut"),
        }
    }
    Ok(())
}
