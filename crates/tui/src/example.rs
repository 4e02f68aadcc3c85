//! A made-up machine for the tests of the screen: nested, with long and wide names, absent and failed figures.

#![cfg(test)]

use crate::scene::{Cost, Scene};
use kernel::bytes::Bytes;
use kernel::cgroup_path::{Identity, identify};
use kernel::cgroup_v2::MemoryEvents;
use kernel::hierarchy::{CgroupVersion, Layout};
use kernel::limit::Limit;
use kernel::meminfo::Meminfo;
use kernel::memory_stat::MemoryStat;
use kernel::pressure::{Percent, Pressure, PressureLine};
use model::assessment::{Assessment, Binding, Effective, Headroom, Split, SwapEffect, WorkingSets};
use model::cgroup::{Cgroup, CgroupId, CgroupIndex, Events, Memory, Swap, SwapV2};
use model::container::Container;
use model::finding::{BrokenRule, Finding, Severity};
use model::host::Host;
use model::reading::Reading;
use model::snapshot::{Snapshot, Timestamp};
use model::swap_limit::SwapLimit;
use std::time::Duration;

const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

/// The machine.
pub struct Example {
    pub snapshot: Snapshot,
    pub assessments: Vec<Assessment>,
    pub worst: Option<CgroupIndex>,
}

/// One cgroup in few words: name, used, limit, swap, kills; sizes in MiB.
struct Sketch(&'static str, u64, Option<u64>, u64, u64);

impl Example {
    pub fn docker_host() -> Self {
        let id = |digit: char| digit.to_string().repeat(64);
        let docker = |digit: char| format!("/system.slice/docker-{}.scope", id(digit));
        let pod = "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod0f3a1b2c_4d5e_6f70_8192_a3b4c5d6e7f8.slice";
        let sketches = [
            ("/".to_owned(), Sketch("", 3_100, None, 0, 0)),
            ("/system.slice".to_owned(), Sketch("", 1_900, None, 3, 2)),
            (docker('a'), Sketch("web", 61, Some(64), 3, 2)),
            (docker('b'), Sketch("postgres-primary-with-a-very-long-name-0", 412, Some(1_024), 0, 0)),
            (docker('c'), Sketch("데이터베이스-캐시", 180, Some(256), 0, 0)),
            (docker('d'), Sketch("odd\u{1b}[31mname", 3, None, 0, 0)),
            ("/kubepods.slice".to_owned(), Sketch("", 700, Some(2_048), 0, 0)),
            ("/kubepods.slice/kubepods-burstable.slice".to_owned(), Sketch("", 700, None, 0, 0)),
            (pod.to_owned(), Sketch("", 700, Some(768), 0, 0)),
            (format!("{pod}/cri-containerd-{}.scope", id('e')), Sketch("api", 690, None, 0, 0)),
            ("/user.slice".to_owned(), Sketch("", 220, None, 0, 0)),
        ];
        let mut example = Self { snapshot: snapshot(), assessments: Vec::new(), worst: None };
        for (path, sketch) in sketches {
            example.add(&path, &sketch);
        }
        example.fail("odd\u{1b}[31mname");
        example.find_faults();
        example
    }

    pub fn scene(&self) -> Scene<'_> {
        Scene {
            snapshot: &self.snapshot,
            assessments: &self.assessments,
            worst: self.worst,
            cost: Some(Cost {
                cpu_ratio: Some(0.0043),
                resident: Bytes(9 * MIB),
                descriptors: 33,
                pinned: Bytes(147_000),
            }),
        }
    }

    pub fn index_of(&self, name: &str) -> CgroupIndex {
        let place = self.snapshot.cgroups.iter().position(|cgroup| view::names::cgroup(cgroup) == name);
        CgroupIndex(place.unwrap())
    }

    pub fn id_of(&self, name: &str) -> CgroupId {
        self.snapshot.cgroup(self.index_of(name)).unwrap().id
    }

    /// Lets time pass: `web` grows towards its limit.
    pub fn go_on(&mut self, second: u64) {
        self.snapshot.uptime = Duration::from_secs(10_000 + second * 2);
        let web = self.index_of("web");
        self.snapshot.cgroups[web.0].memory.usage =
            Reading::Value(Bytes(20 * MIB + (second % 60) * 700 * 1024));
    }

    /// A leaf goes.
    pub fn remove(&mut self, name: &str) {
        let gone = self.index_of(name).0;
        self.snapshot.cgroups.remove(gone);
        self.assessments.remove(gone);
        for cgroup in &mut self.snapshot.cgroups {
            cgroup.parent = cgroup.parent.map(|parent| CgroupIndex(parent.0 - usize::from(parent.0 > gone)));
        }
        for (place, assessment) in self.assessments.iter_mut().enumerate() {
            assessment.cgroup = CgroupIndex(place);
        }
        self.worst = None;
    }

    fn add(&mut self, path: &str, sketch: &Sketch) {
        let Sketch(name, used, limit, swap, kills) = *sketch;
        let parent_path =
            path.rsplit_once('/').map_or("/", |(above, _)| if above.is_empty() { "/" } else { above });
        let parent =
            self.snapshot.cgroups.iter().position(|cgroup| cgroup.path == parent_path && path != "/");
        let index = CgroupIndex(self.snapshot.cgroups.len());
        let anon = used * 2 / 3;
        let stat = format!(
            "anon {}\nfile {}\ninactive_file {}\nshmem 0\n",
            anon * MIB,
            (used - anon) * MIB,
            used / 6 * MIB
        );
        let identity = identify(path);
        self.snapshot.cgroups.push(Cgroup {
            path: path.to_owned(),
            id: CgroupId(1_000 + u64::try_from(index.0).unwrap()),
            parent: parent.map(CgroupIndex),
            container: container(&identity, name),
            identity,
            unit: Reading::Absent,
            memory: memory(used, limit),
            swap: Swap::V2(SwapV2 {
                usage: Reading::Value(Bytes(swap * MIB)),
                limit: Reading::Value(SwapLimit(Limit::At(Bytes(64 * MIB)))),
                ..SwapV2::default()
            }),
            stat: Reading::Value(MemoryStat::parse(&stat, None).unwrap()),
            events: Events {
                hierarchical: Reading::Value(MemoryEvents {
                    oom_kill: Some(kills),
                    ..MemoryEvents::default()
                }),
                ..Events::default()
            },
            pressure: Reading::Value(pressure(u32::try_from(kills).unwrap() * 350)),
            rates: None,
            pod_name: None,
        });
        let assessment = self.judged(index, sketch);
        self.assessments.push(assessment);
    }

    fn judged(&self, index: CgroupIndex, sketch: &Sketch) -> Assessment {
        let Sketch(_, used, limit, swap, _) = *sketch;
        let anon = used * 2 / 3;
        let from_above = self.snapshot.lineage(index).find_map(|(level, cgroup)| {
            let limit = cgroup.memory.limit.get().and_then(Limit::bytes)?;
            Some(Effective { bytes: limit, binding: Binding::Cgroup(level) })
        });
        let effective = from_above.unwrap_or(Effective { bytes: Bytes(4 * GIB), binding: Binding::Host });
        let left = Bytes((limit.map_or(effective.bytes.0, |limit| limit * MIB)).saturating_sub(anon * MIB));
        let reading = |amount: u64| Reading::Value(Bytes(amount * MIB));
        Assessment {
            cgroup: index,
            limit: Reading::Value(effective),
            swap_limit: Reading::Value(Effective { bytes: Bytes(64 * MIB), binding: Binding::Cgroup(index) }),
            own_swap_limit: Reading::Value(SwapLimit(Limit::At(Bytes(64 * MIB)))),
            swap_usage: reading(swap),
            working_sets: WorkingSets {
                kubelet: reading(used * 5 / 6),
                unreclaimable: reading(anon),
                ..WorkingSets::default()
            },
            headroom: Reading::Value(Headroom { with_swap: left, memory: left, binding: effective.binding }),
            split: Split {
                anon: reading(anon),
                file: reading(used - anon),
                shmem: reading(0),
                kernel: reading(2),
                kernel_parts: Vec::new(),
                sock: Reading::Absent,
            },
            swap_effect: if swap > 0 { SwapEffect::Busy } else { SwapEffect::Unused },
            drift: Vec::new(),
            findings: Vec::new(),
        }
    }

    /// A cgroup whose files cannot be read.
    fn fail(&mut self, name: &str) {
        let index = self.index_of(name);
        let why = || Reading::failed("memory.current: permission denied");
        self.snapshot.cgroups[index.0].memory.usage = Reading::failed("memory.current: permission denied");
        let assessment = &mut self.assessments[index.0];
        assessment.headroom = Reading::failed("memory.stat: permission denied");
        assessment.swap_usage = why();
    }

    fn find_faults(&mut self) {
        let web = self.index_of("web");
        self.worst = Some(web);
        let near = BrokenRule::NearLimit {
            headroom: Bytes(3 * MIB),
            limit: Bytes(64 * MIB),
            binding: Binding::Cgroup(web),
        };
        self.assessments[web.0].findings = vec![
            Finding { cgroup: web, severity: Severity::Critical, broken: near },
            Finding { cgroup: web, severity: Severity::Warning, broken: BrokenRule::OomKilled { kills: 2 } },
        ];
        let cache = self.index_of("데이터베이스-캐시");
        let pressure = BrokenRule::Pressure { stalled_ratio: 0.12 };
        self.assessments[cache.0].findings =
            vec![Finding { cgroup: cache, severity: Severity::Warning, broken: pressure }];
    }
}

fn container(identity: &Identity, name: &str) -> Option<Container> {
    let Identity::Container(path) = identity else { return None };
    Some(Container {
        id: path.id.clone(),
        pod_container: None,
        runtime: path.runtime,
        name: Reading::Value(name.to_owned()),
        image: Reading::Value(format!("registry.example/{}:1.2", name.chars().take(3).collect::<String>())),
        compose: None,
        pod: path.pod.clone(),
        declared: Reading::Absent,
        pid: Reading::Absent,
    })
}

fn memory(used: u64, limit: Option<u64>) -> Memory {
    Memory {
        usage: Reading::Value(Bytes(used * MIB)),
        limit: Reading::Value(limit.map_or(Limit::Unlimited, |limit| Limit::At(Bytes(limit * MIB)))),
        ..Memory::default()
    }
}

fn pressure(hundredths: u32) -> Pressure {
    Pressure { some: PressureLine { avg10: Percent(hundredths), ..PressureLine::default() }, full: None }
}

fn snapshot() -> Snapshot {
    Snapshot {
        taken_at: Timestamp(1_700_000_000_000),
        uptime: Duration::from_secs(10_000),
        host: Host {
            hostname: Reading::Value("node-3".to_owned()),
            kernel_release: Reading::Absent,
            cgroup_version: Reading::Value(CgroupVersion::V2),
            layout: Reading::Value(Layout::Unified),
            meminfo: Reading::Value(Meminfo {
                mem_total: Some(Bytes(4 * GIB)),
                mem_available: Some(Bytes(1_200 * MIB)),
                swap_total: Some(Bytes(2 * GIB)),
                swap_free: Some(Bytes(2 * GIB - 3 * MIB)),
                ..Meminfo::default()
            }),
            vmstat: Reading::Absent,
            swaps: Reading::Absent,
            pressure: Reading::Value(pressure(120)),
            reclaim_line: Reading::Absent,
            zram: Vec::new(),
            zswap: Reading::Absent,
            swappiness: Reading::Absent,
        },
        cgroups: Vec::new(),
        missing: Vec::new(),
    }
}
