//! The swap that is wanted, from flags or from a NodeSwap file: shared by every command that plans, renders or sizes it.

use anyhow::{Context, bail};
use api::node_swap::{
    Area, FileArea, InstanceStoreArea, Kind, Kubelet, NodeSwapFile, PartitionArea, Reclaim, Spec,
    SwapBehavior, Tuning, ZramArea, Zswap, convert,
};
use api::placed::{Fault, Placed};
use api::policy::{ApiVersion, Metadata};
use clap::{ArgMatches, Args, Command, FromArgMatches, ValueEnum};
use model::node_swap::NodeSwap;
use std::path::{Path, PathBuf};

/// The file of an area that was given no name.
const FILE_DEFAULT: &str = "/swapfile";

/// What is wanted, as flags tell it: areas in the order in which they were typed.
#[derive(Clone, Debug)]
pub struct WantedFlags {
    /// Many, and one command of many has them.
    flags: Box<Flags>,
    /// Which flag of an area stands where on the command line.
    order: Vec<(usize, AreaWord)>,
}

/// A flag that begins an area or says something of the area before it.
#[derive(Clone, Debug, PartialEq, Eq)]
enum AreaWord {
    Swap(String),
    Partition(String),
    Zram(String),
    File(String),
    InstanceStore(Option<String>),
    Priority(i64),
}

#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "The swap that is wanted")]
struct Flags {
    /// A NodeSwap file instead of the flags below; `-` is standard input
    #[arg(value_name = "FILE", conflicts_with_all = ["swap", "file", "partition", "zram", "instance_store", "priority", "zswap", "swappiness", "page_cluster", "reclaim", "swap_behavior", "eviction", "protect_system"])]
    node_swap: Option<PathBuf>,
    /// A swap file of this size: `8Gi`, `50%` of the memory, `25%disk` of its file system
    #[arg(long, value_name = "SIZE")]
    swap: Vec<String>,
    /// Where the swap file of the --swap before it lies; /swapfile when not given
    #[arg(long, value_name = "PATH")]
    file: Vec<String>,
    /// Put the swap file of the --swap before it on the machine's own disks, mounted here when there are any, else at --file
    #[arg(long, value_name = "MOUNT", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    instance_store: Vec<String>,
    /// A partition as swap: it must be blank, or swap already
    #[arg(long, value_name = "DEV")]
    partition: Vec<String>,
    /// Compressed memory as swap: `50%`, `4Gi:zstd`
    #[arg(long, value_name = "SIZE[:ALGO]")]
    zram: Vec<String>,
    /// The priority of the area before it, from 0 to 32767: larger is used first
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    priority: Vec<i64>,
    /// Compress pages on their way to swap, in at most this share of the memory
    #[arg(long, value_name = "PERCENT", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    zswap: Option<String>,
    /// vm.swappiness, from 0 to 200
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    swappiness: Option<i64>,
    /// vm.page-cluster: swap is read in 2^N pages
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    page_cluster: Option<i64>,
    /// Where the kernel begins to reclaim: `above-eviction` (computed), `left`, `min-free=256Mi`, `scale-factor=200`
    #[arg(long, value_name = "WHERE")]
    reclaim: Option<String>,
    /// The kubelet's memorySwap.swapBehavior
    #[arg(long, value_enum, value_name = "BEHAVIOR")]
    swap_behavior: Option<Behavior>,
    /// The kubelet's evictionHard memory.available
    #[arg(long, value_name = "AMOUNT", requires = "swap_behavior")]
    eviction: Option<String>,
    /// Keep swap away from the slices in which the kubelet and the runtime live
    #[arg(long)]
    protect_system: bool,
}

/// `memorySwap.swapBehavior`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Behavior {
    /// Pods do not swap; the node's own services may
    #[value(name = "NoSwap")]
    NoSwap,
    /// Containers of Burstable pods swap in proportion to their request
    #[value(name = "LimitedSwap")]
    LimitedSwap,
}

impl Args for WantedFlags {
    fn augment_args(command: Command) -> Command {
        Flags::augment_args(command)
    }

    fn augment_args_for_update(command: Command) -> Command {
        Flags::augment_args_for_update(command)
    }
}

impl FromArgMatches for WantedFlags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let flags = Box::new(Flags::from_arg_matches(matches)?);
        let order = order(matches, &flags);
        Ok(Self { flags, order })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// The words of areas as they follow each other on the command line.
fn order(matches: &ArgMatches, flags: &Flags) -> Vec<(usize, AreaWord)> {
    let optional = |word: &String| (!word.is_empty()).then(|| word.clone());
    let mut words = Vec::new();
    let mut add = |id: &str, all: Vec<AreaWord>| {
        words.extend(matches.indices_of(id).into_iter().flatten().zip(all));
    };
    add("swap", flags.swap.iter().cloned().map(AreaWord::Swap).collect());
    add("file", flags.file.iter().cloned().map(AreaWord::File).collect());
    add("partition", flags.partition.iter().cloned().map(AreaWord::Partition).collect());
    add("zram", flags.zram.iter().cloned().map(AreaWord::Zram).collect());
    add(
        "instance_store",
        flags.instance_store.iter().map(|word| AreaWord::InstanceStore(optional(word))).collect(),
    );
    add("priority", flags.priority.iter().copied().map(AreaWord::Priority).collect());
    words.sort_by_key(|(at, _)| *at);
    words
}

impl WantedFlags {
    /// What is wanted.
    ///
    /// # Errors
    /// When the file cannot be read, or a value is out of range; nothing said is an error too.
    pub fn wanted(&self) -> anyhow::Result<NodeSwap> {
        match &self.flags.node_swap {
            Some(file) => from_file(file),
            None => self.of_flags(),
        }
    }

    /// What is wanted; nothing when no flag says anything.
    ///
    /// # Errors
    /// As [`Self::wanted`].
    pub fn wanted_if_any(&self) -> anyhow::Result<Option<NodeSwap>> {
        let Flags {
            node_swap,
            swap,
            file,
            instance_store,
            partition,
            zram,
            priority,
            zswap,
            swappiness,
            page_cluster,
            reclaim,
            swap_behavior,
            eviction,
            protect_system,
        } = &*self.flags;
        let lists = [swap, file, instance_store, partition, zram];
        let is_said = node_swap.is_some()
            || lists.into_iter().any(|list| !list.is_empty())
            || !priority.is_empty()
            || [zswap, reclaim, eviction].into_iter().any(Option::is_some)
            || [swappiness, page_cluster].into_iter().any(Option::is_some)
            || swap_behavior.is_some()
            || *protect_system;
        is_said.then(|| self.wanted()).transpose()
    }

    fn of_flags(&self) -> anyhow::Result<NodeSwap> {
        let Flags {
            zswap, swappiness, page_cluster, reclaim, swap_behavior, eviction, protect_system, ..
        } = &*self.flags;
        let spec = Spec {
            areas: areas(&self.order)?,
            zswap: zswap.as_deref().map(zswap_of).transpose()?,
            tuning: Some(tuning(*swappiness, *page_cluster, reclaim.as_deref())?),
            kubelet: swap_behavior.map(|behavior| Kubelet {
                swap_behavior: match behavior {
                    Behavior::NoSwap => SwapBehavior::NoSwap,
                    Behavior::LimitedSwap => SwapBehavior::LimitedSwap,
                },
                eviction: eviction.clone().map(Placed::nowhere),
            }),
            protect_system: protect_system.then_some(true),
        };
        if spec == (Spec { tuning: Some(Tuning::default()), ..Spec::default() }) {
            bail!("nothing is wanted: expected a NodeSwap file, or flags such as `--swap 8Gi`");
        }
        let metadata = Metadata {
            name: "flags".to_owned(),
            labels: std::collections::BTreeMap::new(),
            annotations: std::collections::BTreeMap::new(),
        };
        let file = NodeSwapFile { api_version: ApiVersion::V1Alpha1, kind: Kind::NodeSwap, metadata, spec };
        convert::wish(&file).map_err(|faults| {
            let words: Vec<_> = faults.into_iter().map(|fault| fault.words).collect();
            anyhow::anyhow!("{}", words.join("; "))
        })
    }
}

/// Reads a NodeSwap file.
///
/// # Errors
/// When it cannot be read, or with every fault in it and its place.
pub fn from_file(file: &Path) -> anyhow::Result<NodeSwap> {
    let text = if file == Path::new("-") {
        std::io::read_to_string(std::io::stdin().lock()).context("standard input")?
    } else {
        std::fs::read_to_string(file).with_context(|| file.display().to_string())?
    };
    convert::read(&text).map_err(|faults| {
        let words = faults.iter().map(|fault: &Fault| format!("{}:{fault}", file.display()));
        anyhow::anyhow!("{}", words.collect::<Vec<_>>().join("; "))
    })
}

/// Words in their order into areas.
fn areas(words: &[(usize, AreaWord)]) -> anyhow::Result<Vec<Placed<Area>>> {
    let mut areas: Vec<Area> = Vec::new();
    let nowhere = |text: &str| Placed::nowhere(text.to_owned());
    for (_, word) in words {
        match word {
            AreaWord::Swap(size) => areas.push(Area {
                file: Some(FileArea { path: nowhere(FILE_DEFAULT), size: nowhere(size) }),
                ..Area::default()
            }),
            AreaWord::Partition(device) => areas
                .push(Area { partition: Some(PartitionArea { device: nowhere(device) }), ..Area::default() }),
            AreaWord::Zram(words) => {
                let (size, algorithm) = match words.split_once(':') {
                    Some((size, algorithm)) => (size, Some(nowhere(algorithm))),
                    None => (words.as_str(), None),
                };
                let zram = ZramArea { size: nowhere(size), algorithm };
                areas.push(Area { zram: Some(zram), ..Area::default() });
            }
            AreaWord::File(path) => match areas.last_mut() {
                Some(Area { file: Some(file), .. }) => file.path = nowhere(path),
                Some(Area { instance_store: Some(store), .. }) => store.fallback = Some(nowhere(path)),
                Some(_) | None => {
                    bail!("--file {path} stands behind no --swap: expected `--swap SIZE --file {path}`")
                }
            },
            AreaWord::InstanceStore(mount) => match areas.last_mut() {
                Some(area @ Area { file: Some(_), .. }) => {
                    if let Some(FileArea { path, size }) = area.file.take() {
                        area.instance_store = Some(InstanceStoreArea {
                            mount_point: mount.as_deref().map(nowhere),
                            file: None,
                            size,
                            fallback: Some(path),
                        });
                    }
                }
                Some(_) | None => {
                    bail!("--instance-store stands behind no --swap: expected `--swap SIZE --instance-store`")
                }
            },
            AreaWord::Priority(priority) => match areas.last_mut() {
                Some(Area { priority: None, .. }) => {
                    if let Some(area) = areas.last_mut() {
                        area.priority = Some(Placed::nowhere(*priority));
                    }
                }
                Some(_) => {
                    bail!("--priority {priority} is the second of its area: expected one behind each area")
                }
                None => bail!(
                    "--priority {priority} stands behind no area: expected `--swap SIZE --priority {priority}`"
                ),
            },
        }
    }
    Ok(areas.into_iter().map(Placed::nowhere).collect())
}

fn zswap_of(percent: &str) -> anyhow::Result<Zswap> {
    let number = percent.strip_suffix('%').unwrap_or(percent);
    let percent = match number {
        "" => None,
        number => Some(
            number.parse().with_context(|| format!("--zswap: expected a percentage, found `{percent}`"))?,
        ),
    };
    Ok(Zswap { enabled: true, max_pool_percent: percent.map(Placed::nowhere), compressor: None })
}

fn tuning(
    swappiness: Option<i64>,
    page_cluster: Option<i64>,
    reclaim: Option<&str>,
) -> anyhow::Result<Tuning> {
    let plain = Tuning {
        swappiness: swappiness.map(Placed::nowhere),
        page_cluster: page_cluster.map(Placed::nowhere),
        ..Tuning::default()
    };
    Ok(match reclaim.map(|word| word.split_once('=').unwrap_or((word, ""))) {
        None => plain,
        Some(("left", "")) => Tuning { reclaim: Some(Placed::nowhere(Reclaim::Left)), ..plain },
        Some(("above-eviction", "")) => {
            Tuning { reclaim: Some(Placed::nowhere(Reclaim::AboveEviction)), ..plain }
        }
        Some(("min-free", amount)) => Tuning { min_free: Some(Placed::nowhere(amount.to_owned())), ..plain },
        Some(("scale-factor", factor)) => {
            let factor = factor
                .parse()
                .with_context(|| format!("--reclaim scale-factor: expected a number, found `{factor}`"))?;
            Tuning { watermark_scale_factor: Some(Placed::nowhere(factor)), ..plain }
        }
        Some(_) => bail!(
            "--reclaim: expected `above-eviction`, `left`, `min-free=AMOUNT` or `scale-factor=N`, found `{}`",
            reclaim.unwrap_or_default()
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::WantedFlags;
    use clap::{Args, Command, FromArgMatches};
    use model::node_swap::{Backing, NodeSwap, ReclaimStart, SwapSize};

    fn wanted(line: &str) -> anyhow::Result<NodeSwap> {
        let command = WantedFlags::augment_args(Command::new("plan").no_binary_name(true));
        let matches = command.try_get_matches_from(line.split_whitespace())?;
        WantedFlags::from_arg_matches(&matches)?.wanted()
    }

    #[test]
    fn areas_come_in_the_order_in_which_they_are_typed() {
        let wish = wanted(
            "--zram 50%:zstd --priority 100 --swap 8Gi --file /var/swap --priority 5 --partition /dev/sdb",
        )
        .unwrap();
        let priorities: Vec<_> = wish.areas.iter().map(|area| area.priority).collect();
        assert_eq!(priorities, [Some(100), Some(5), None]);
        assert!(matches!(&wish.areas[1].backing, Backing::File { path, .. } if path == "/var/swap"));
        assert!(matches!(&wish.areas[2].backing, Backing::Partition { device } if device == "/dev/sdb"));
    }

    #[test]
    fn the_instance_store_takes_the_size_and_falls_back_to_the_file() {
        for (line, mount, fallback) in [
            ("--swap 30Gi --instance-store", "/mnt/k8s-disks/0", "/swapfile"),
            ("--swap 30Gi --instance-store=/mnt/x --file /a", "/mnt/x", "/a"),
            ("--swap 30Gi --file /a --instance-store=/mnt/x", "/mnt/x", "/a"),
        ] {
            let wish = wanted(line).unwrap();
            let expected = Backing::InstanceStore {
                mount_point: mount.to_owned(),
                file: "swapfile".to_owned(),
                size: SwapSize::Fixed(kernel::bytes::Bytes(30 << 30)),
                fallback: Some(fallback.to_owned()),
            };
            assert_eq!(wish.areas[0].backing, expected, "{line}");
        }
    }

    #[test]
    fn tunables_and_zswap_are_wishes_too() {
        let wish = wanted("--zswap=20 --swappiness 100 --reclaim above-eviction --protect-system").unwrap();
        assert_eq!(wish.zswap.unwrap().max_pool_percent, Some(20));
        assert_eq!((wish.tuning.swappiness, wish.tuning.reclaim), (Some(100), ReclaimStart::AboveEviction));
        let wish = wanted("--reclaim scale-factor=200").unwrap();
        assert_eq!(wish.tuning.reclaim, ReclaimStart::WatermarkScaleFactor(200));
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        for line in [
            "",
            "--swap 8GB",
            "--priority 5 --swap 8Gi",
            "--swap 8Gi --priority 1 --priority 2",
            "--swap 8Gi --priority -1",
            "--file /a",
            "--zram 1Gi --file /a",
            "--instance-store",
            "--swappiness 201",
            "--reclaim somewhere",
            "--reclaim min-free=lots",
            "--zswap=many",
            "--swap 1Gi --swap 2Gi",
            "--swap 1Gi --file swapfile",
            "a.yaml --swap 8Gi",
            "--eviction 100Mi",
        ] {
            assert!(wanted(line).is_err(), "{line}");
        }
    }
}
