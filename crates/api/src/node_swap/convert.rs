//! A NodeSwap file into the wish that it means, with everything that is wrong in it and where.

use super::{
    Area, Discard, FileArea, InstanceStoreArea, Kubelet, NodeSwapFile, PartitionArea, Reclaim, Spec,
    SwapBehavior, Tuning, ZramArea, Zswap,
};
use crate::placed::{Fault, Placed, from_yaml};
use kernel::bytes::Bytes;
use model::node_swap::{
    Backing, KubeletWanted, NodeSwap, ReclaimStart, SwapArea, SwapSize, SystemSwap, ZswapWanted,
};
use model::quantity::Quantity;
use std::ops::RangeInclusive;

/// Where nodeadm of EKS mounts a machine's own disks.
const MOUNT_POINT: &str = "/mnt/k8s-disks/0";

/// Their swap file.
const FILE_NAME: &str = "swapfile";

/// Reads a NodeSwap file.
///
/// # Errors
/// With all faults. A text that does not fit the schema has one fault, the first.
pub fn read(text: &str) -> Result<NodeSwap, Vec<Fault>> {
    from_yaml(text).map_err(|fault| vec![fault]).and_then(|file: NodeSwapFile| wish(&file))
}

/// What a file means, also one that was made from flags.
///
/// # Errors
/// With all faults.
pub fn wish(file: &NodeSwapFile) -> Result<NodeSwap, Vec<Fault>> {
    let NodeSwapFile { api_version: _, kind: _, metadata, spec } = file;
    let Spec { areas, zswap, tuning, kubelet, protect_system } = spec;
    let mut faults = Faults::default();
    let written: Vec<_> =
        areas.iter().filter_map(|written| Some((written, area(written, &mut faults)?))).collect();
    twice(&written, &mut faults);
    let wish = NodeSwap {
        name: metadata.name.clone(),
        areas: written.into_iter().map(|(_, area)| area).collect(),
        zswap: zswap.as_ref().map(|zswap| faults.zswap(zswap)),
        tuning: tuning.as_ref().map_or_else(Default::default, |tuning| faults.tuning(tuning)),
        kubelet: kubelet.as_ref().map(|kubelet| faults.kubelet(kubelet)),
        system: if protect_system == &Some(true) { SystemSwap::KeptAway } else { SystemSwap::Left },
    };
    let Faults(mut faults) = faults;
    faults.sort();
    if faults.is_empty() { Ok(wish) } else { Err(faults) }
}

/// What is wrong so far.
#[derive(Default)]
struct Faults(Vec<Fault>);

impl Faults {
    fn add<T>(&mut self, at: &Placed<T>, words: impl Into<String>) {
        self.0.push(Fault { place: at.place(), words: words.into() });
    }

    fn number(&mut self, written: &Placed<i64>, range: RangeInclusive<i64>, what: &str) -> u64 {
        if !range.contains(&**written) {
            let words =
                format!("expected {what} from {} to {}, found `{}`", range.start(), range.end(), **written);
            self.add(written, words);
        }
        u64::try_from(**written).unwrap_or_default()
    }

    fn amount(&mut self, written: &Placed<String>, range: RangeInclusive<Bytes>, example: &str) -> Bytes {
        match written.parse::<Quantity>() {
            Ok(Quantity::Bytes(bytes)) if range.contains(&bytes) => bytes,
            Ok(Quantity::Bytes(_) | Quantity::Ratio(_)) | Err(_) => {
                let words = format!(
                    "expected an amount such as `{example}`, at least {} bytes, found `{}`",
                    range.start().0,
                    **written
                );
                self.add(written, words);
                Bytes::default()
            }
        }
    }

    fn size(&mut self, written: &Placed<String>) -> SwapSize {
        written.parse().unwrap_or_else(|error: model::node_swap::NotASwapSize| {
            self.add(written, error.to_string());
            SwapSize::Fixed(Bytes::default())
        })
    }

    /// An absolute path that has one way to write it: it is compared with what the kernel prints, and goes into unit files.
    fn path(&mut self, written: &Placed<String>, below: &str) -> String {
        let path = written.as_str();
        let rest = path.strip_prefix(below).and_then(|rest| rest.strip_prefix('/')).unwrap_or_default();
        let is_plain = !rest.is_empty()
            && rest.split('/').all(|part| !matches!(part, "" | "." | ".."))
            && !path.chars().any(char::is_control);
        if !is_plain {
            let found = path.escape_debug();
            self.add(
                written,
                format!("expected a path `{below}/…` without `.`, `..` or `//`, found `{found}`"),
            );
        }
        path.to_owned()
    }

    fn file_name(&mut self, written: &Placed<String>) -> String {
        let name = written.as_str();
        if matches!(name, "" | "." | "..") || name.contains('/') || name.chars().any(char::is_control) {
            let words = format!("expected a file's name without `/`, found `{}`", name.escape_debug());
            self.add(written, words);
        }
        name.to_owned()
    }

    fn word(&mut self, written: &Placed<String>, what: &str) -> String {
        let is_word = !written.is_empty()
            && written.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        if !is_word {
            self.add(written, format!("expected {what} such as `zstd`, found `{}`", written.escape_debug()));
        }
        (**written).clone()
    }

    fn zswap(&mut self, written: &Zswap) -> ZswapWanted {
        let Zswap { enabled, max_pool_percent, compressor } = written;
        let percent = max_pool_percent.as_ref().map(|percent| {
            let percent = self.number(percent, 1..=100, "a share in percent");
            u8::try_from(percent).unwrap_or_default()
        });
        ZswapWanted {
            is_enabled: *enabled,
            max_pool_percent: percent,
            compressor: compressor.as_ref().map(|word| self.word(word, "a compressor")),
        }
    }

    fn tuning(&mut self, written: &Tuning) -> model::node_swap::Tuning {
        let Tuning { swappiness, page_cluster, reclaim, min_free, watermark_scale_factor } = written;
        let given = [
            ("reclaim", reclaim.as_ref().map(Placed::place)),
            ("minFree", min_free.as_ref().map(Placed::place)),
            ("watermarkScaleFactor", watermark_scale_factor.as_ref().map(Placed::place)),
        ];
        let given: Vec<_> =
            given.into_iter().filter_map(|(key, place)| place.map(|place| (key, place))).collect();
        if let [(first, _), rest @ ..] = given.as_slice() {
            for (key, place) in rest {
                let words = format!("`{key}` says the same as `{first}`: expected one of them");
                self.0.push(Fault { place: *place, words });
            }
        }
        let computed = reclaim.as_ref().map_or(ReclaimStart::Left, |reclaim| match **reclaim {
            Reclaim::Left => ReclaimStart::Left,
            Reclaim::AboveEviction => ReclaimStart::AboveEviction,
        });
        let min_free = min_free.as_ref().map(|amount| {
            let range = Bytes::from_mib(1)..=Bytes(1 << 40);
            ReclaimStart::MinFree(self.amount(amount, range, "256Mi"))
        });
        let factor = watermark_scale_factor.as_ref().map(|factor| {
            ReclaimStart::WatermarkScaleFactor(self.number(factor, 1..=3000, "a watermark_scale_factor"))
        });
        model::node_swap::Tuning {
            swappiness: swappiness.as_ref().map(|value| self.number(value, 0..=200, "a swappiness")),
            page_cluster: page_cluster.as_ref().map(|value| self.number(value, 0..=10, "a page-cluster")),
            reclaim: min_free.or(factor).unwrap_or(computed),
        }
    }

    fn kubelet(&mut self, written: &Kubelet) -> KubeletWanted {
        let Kubelet { swap_behavior, eviction } = written;
        KubeletWanted {
            behavior: match swap_behavior {
                SwapBehavior::NoSwap => model::outcome::node::SwapBehavior::NoSwap,
                SwapBehavior::LimitedSwap => model::outcome::node::SwapBehavior::LimitedSwap,
            },
            eviction: eviction
                .as_ref()
                .map(|amount| self.amount(amount, Bytes::from_mib(1)..=Bytes(1 << 50), "100Mi")),
        }
    }
}

fn area(written: &Placed<Area>, faults: &mut Faults) -> Option<SwapArea> {
    let Area { file, partition, zram, instance_store, priority, discard } = &**written;
    let backings = [
        file.as_ref().map(|FileArea { path, size }| Backing::File {
            path: faults.path(path, ""),
            size: faults.size(size),
        }),
        partition
            .as_ref()
            .map(|PartitionArea { device }| Backing::Partition { device: faults.path(device, "/dev") }),
        zram.as_ref().map(|zram| zram_backing(zram, faults)),
        instance_store.as_ref().map(|area| instance_store_backing(area, faults)),
    ];
    let backings: Vec<Backing> = backings.into_iter().flatten().collect();
    let priority = priority
        .as_ref()
        .map(|priority| i16::try_from(faults.number(priority, 0..=32767, "a priority")).unwrap_or_default());
    let discard = match discard {
        None | Some(Discard::Never) => model::plan::Discard::Never,
        Some(Discard::Once) => model::plan::Discard::Once,
        Some(Discard::Pages) => model::plan::Discard::Pages,
    };
    match <[Backing; 1]>::try_from(backings) {
        Ok([backing]) => Some(SwapArea { backing, priority, discard }),
        Err(found) => {
            let words = format!(
                "expected one of `file`, `partition`, `zram` and `instanceStore`, found {}",
                if found.is_empty() { "none".to_owned() } else { found.len().to_string() }
            );
            faults.add(written, words);
            None
        }
    }
}

fn zram_backing(written: &ZramArea, faults: &mut Faults) -> Backing {
    let ZramArea { size: written, algorithm } = written;
    let size = faults.size(written);
    if let SwapSize::OfDisk(_) = size {
        faults.add(written, format!("zram lies on no disk: expected `4Gi` or `50%`, found `{}`", **written));
    }
    let algorithm = algorithm.as_ref().map(|word| faults.word(word, "an algorithm"));
    Backing::Zram { size, algorithm }
}

fn instance_store_backing(written: &InstanceStoreArea, faults: &mut Faults) -> Backing {
    let InstanceStoreArea { mount_point, file, size, fallback } = written;
    Backing::InstanceStore {
        mount_point: mount_point
            .as_ref()
            .map_or_else(|| MOUNT_POINT.to_owned(), |path| faults.path(path, "")),
        file: file.as_ref().map_or_else(|| FILE_NAME.to_owned(), |name| faults.file_name(name)),
        size: faults.size(size),
        fallback: fallback.as_ref().map(|path| faults.path(path, "")),
    }
}

/// Two areas in one place would overwrite each other.
fn twice(areas: &[(&Placed<Area>, SwapArea)], faults: &mut Faults) {
    let mut seen: Vec<String> = Vec::new();
    for (written, area) in areas {
        for place in places(&area.backing) {
            if seen.contains(&place) {
                faults.add(written, format!("{place} is named by an area before: expected another place"));
            }
            seen.push(place);
        }
    }
}

fn places(backing: &Backing) -> Vec<String> {
    match backing {
        Backing::File { path, size: _ } => vec![path.clone()],
        Backing::Partition { device } => vec![device.clone()],
        Backing::Zram { size: _, algorithm: _ } => Vec::new(),
        Backing::InstanceStore { mount_point, file, size: _, fallback } => {
            std::iter::once(format!("{mount_point}/{file}")).chain(fallback.clone()).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::written;
    use super::read;
    use crate::placed::to_yaml;
    use kernel::bytes::Bytes;
    use model::node_swap::{Backing, ReclaimStart, SwapSize, SystemSwap};
    use model::plan::Discard;

    const HEAD: &str = "apiVersion: highwater.dev/v1alpha1\nkind: NodeSwap\nmetadata:\n  name: workers\n";

    const EVERYTHING: &str = "spec:
  areas:
    - zram: {size: 50%, algorithm: zstd}
      priority: 100
    - instanceStore: {size: 30Gi, fallback: /swapfile}
      priority: 10
      discard: Once
    - file: {path: /var/swap, size: 25%disk}
    - partition: {device: /dev/sdb2}
      discard: Pages
  zswap: {enabled: true, maxPoolPercent: 20, compressor: lz4}
  tuning: {swappiness: 60, pageCluster: 0, reclaim: AboveEviction}
  kubelet: {swapBehavior: LimitedSwap, eviction: 100Mi}
  protectSystem: true
";

    fn faults(spec: &str) -> String {
        match read(&format!("{HEAD}spec:\n{spec}")) {
            Ok(_) => "none\n".to_owned(),
            Err(faults) => faults.iter().map(|fault| format!("{fault}\n")).collect(),
        }
    }

    #[test]
    fn every_key_has_a_meaning() {
        let wish = read(&format!("{HEAD}{EVERYTHING}")).unwrap();
        assert_eq!(wish.name, "workers");
        let backings: Vec<_> = wish.areas.iter().map(|area| area.backing.clone()).collect();
        let expected = [
            Backing::Zram { size: SwapSize::OfMemory(0.5), algorithm: Some("zstd".to_owned()) },
            Backing::InstanceStore {
                mount_point: "/mnt/k8s-disks/0".to_owned(),
                file: "swapfile".to_owned(),
                size: SwapSize::Fixed(Bytes(30 << 30)),
                fallback: Some("/swapfile".to_owned()),
            },
            Backing::File { path: "/var/swap".to_owned(), size: SwapSize::OfDisk(0.25) },
            Backing::Partition { device: "/dev/sdb2".to_owned() },
        ];
        assert_eq!(backings, expected);
        let priorities: Vec<_> = wish.areas.iter().map(|area| area.priority).collect();
        assert_eq!(priorities, [Some(100), Some(10), None, None]);
        let discards: Vec<_> = wish.areas.iter().map(|area| area.discard).collect();
        assert_eq!(discards, [Discard::Never, Discard::Once, Discard::Never, Discard::Pages]);
        assert_eq!(wish.zswap.as_ref().unwrap().max_pool_percent, Some(20));
        assert_eq!((wish.tuning.swappiness, wish.tuning.page_cluster), (Some(60), Some(0)));
        assert_eq!(wish.tuning.reclaim, ReclaimStart::AboveEviction);
        assert_eq!(wish.kubelet.as_ref().unwrap().eviction, Some(Bytes::from_mib(100)));
        assert_eq!(wish.system, SystemSwap::KeptAway);
    }

    #[test]
    fn a_wish_survives_being_written() {
        for text in [format!("{HEAD}{EVERYTHING}"), format!("{HEAD}spec: {{}}\n")] {
            let wish = read(&text).unwrap();
            let again = to_yaml(&written::file(&wish)).unwrap();
            assert_eq!(read(&again).map_err(|faults| faults[0].to_string()), Ok(wish), "{again}");
        }
    }

    #[test]
    fn an_exponent_is_a_size_with_and_without_quotes() {
        for (size, bytes) in [("2e9", 2_000_000_000), ("'1E9'", 1_000_000_000), ("2000000000", 2_000_000_000)]
        {
            let wish =
                read(&format!("{HEAD}spec:\n  areas:\n    - file: {{path: /a, size: {size}}}\n")).unwrap();
            let written = to_yaml(&written::file(&wish)).unwrap();
            for wish in [wish, read(&written).unwrap()] {
                let Backing::File { size: found, .. } = wish.areas[0].backing else { panic!() };
                assert_eq!(found, SwapSize::Fixed(Bytes(bytes)), "{size}: {written}");
            }
        }
        assert!(faults("  areas:\n    - file: {path: /a, size: 2e}\n").contains("found `2e`"));
    }

    #[test]
    fn every_value_out_of_range_is_told_with_its_place() {
        let spec = "  areas:
    - file: {path: swapfile, size: 4Ki}
      priority: 40000
    - file: {path: /a/../b, size: 1Gi}
      zram: {size: 1Gi}
    - priority: 1
    - zram: {size: 20%disk, algorithm: 'Z std'}
    - partition: {device: /mnt/x}
    - instanceStore: {size: much, file: a/b, mountPoint: /mnt//x}
    - file: {path: /twice, size: 1Gi}
    - file: {path: /twice, size: 2Gi}
  zswap: {enabled: true, maxPoolPercent: 0}
  tuning: {swappiness: 201, pageCluster: -1, reclaim: AboveEviction, watermarkScaleFactor: 4000}
  kubelet: {swapBehavior: NoSwap, eviction: 10%}
";
        insta::assert_snapshot!(faults(spec));
    }

    #[test]
    fn what_the_schema_does_not_know_is_told_with_its_place() {
        insta::assert_snapshot!(
            [
                faults("  area: []\n"),
                faults("  areas:\n    - file: {path: /a, size: 1Gi, mode: 600}\n"),
                faults("  kubelet: {swapBehavior: UnlimitedSwap}\n"),
                faults("  areas:\n    - file: {path: /a}\n"),
                faults("  tuning: {swappiness: high}\n"),
                faults("  areas: [\n"),
                faults("  protectSystem: perhaps\n"),
            ]
            .concat()
        );
    }
}
