//! Where declared, systemd's and kernel's limits disagree; the cases are those of the measured sheet.

use judge::drift::drift;
use kernel::bytes::Bytes;
use kernel::hierarchy::CgroupVersion::{V1, V2};
use kernel::limit::Limit;
use model::cgroup::Cgroup;
use model::declared::UnitProperties;
use model::drift::{Drift, DriftState, DriftingLimit};
use model::reading::Reading;
use model::swap_limit::SwapLimit;
use proptest::prelude::{prop_assert_eq, proptest};
use testkit::imagined::{Imagined, at_mib, declares, limits_v1, swaps, unit};

const UNLIMITED: Limit = Limit::Unlimited;

fn at(mib: u64) -> Limit {
    Limit::At(Bytes::from_mib(mib))
}

fn drift_of(change: impl FnOnce(&mut Cgroup)) -> Vec<Drift> {
    let mut machine = Imagined::new(V2);
    let index = machine.cgroup("/system.slice/docker-c0ffee.scope", change);
    drift(&machine.snapshot.cgroups[index.0])
}

/// The scope of a container of 64 MiB, of which systemd knows this swap limit.
fn scope(swap: Limit) -> Reading<UnitProperties> {
    let scope = unit("docker-c0ffee.scope");
    Reading::Value(UnitProperties {
        memory_max: at_mib(64),
        memory_swap_max: Reading::Value(SwapLimit(swap)),
        ..scope
    })
}

/// A container of 64 MiB with this combined limit in Docker's record, in systemd's and in the kernel's.
fn container(cgroup: &mut Cgroup, combined: Limit, systemd: Limit, kernel: Limit) {
    declares(cgroup, at(64), combined, None);
    cgroup.memory.limit = at_mib(64);
    swaps(cgroup, 0, Reading::Value(kernel));
    cgroup.unit = scope(systemd);
}

#[test]
fn no_swap_drifts_first_in_systemd_and_then_in_the_kernel() {
    let expected = |kernel, state| {
        vec![Drift {
            what: DriftingLimit::Swap,
            declared: Some(at(0)),
            systemd: Some(UNLIMITED),
            kernel,
            path: "/system.slice/docker-c0ffee.scope/memory.swap.max".to_owned(),
            state,
        }]
    };
    let started = drift_of(|cgroup| container(cgroup, at(64), UNLIMITED, at(0)));
    assert_eq!(started, expected(at(0), DriftState::Latent));
    let updated = drift_of(|cgroup| container(cgroup, at(64), UNLIMITED, UNLIMITED));
    assert_eq!(updated, expected(UNLIMITED, DriftState::Lost));
}

#[test]
fn limits_on_which_all_agree_do_not_drift() {
    for (combined, swap) in [(at(96), at(32)), (UNLIMITED, UNLIMITED), (at(128), at(64)), (at(64), at(0))] {
        let found = drift_of(|cgroup| container(cgroup, combined, swap, swap));
        assert_eq!(found, [], "{combined:?}");
    }
}

#[test]
fn a_container_without_limits_does_not_drift() {
    let found = drift_of(|cgroup| {
        declares(cgroup, UNLIMITED, UNLIMITED, None);
        cgroup.unit = Reading::Value(unit("docker-c0ffee.scope"));
    });
    assert_eq!(found, []);
}

#[test]
fn rounding_to_pages_is_no_drift() {
    let found = drift_of(|cgroup| {
        declares(cgroup, Limit::At(Bytes(100_000_000)), UNLIMITED, None);
        cgroup.memory.limit = Reading::Value(Limit::At(Bytes(99_999_744)));
    });
    assert_eq!(found, []);
    let found = drift_of(|cgroup| {
        declares(cgroup, Limit::At(Bytes(100_000_000)), UNLIMITED, None);
        cgroup.memory.limit = Reading::Value(Limit::At(Bytes(99_900_000)));
    });
    assert_eq!(found.len(), 1);
}

#[test]
fn a_value_that_nobody_declared_was_written_by_hand() {
    let high = drift_of(|cgroup| {
        container(cgroup, at(96), at(32), at(32));
        cgroup.memory.high = at_mib(50);
    });
    assert_eq!(
        high.iter().map(|drift| (drift.what, drift.state)).collect::<Vec<_>>(),
        [(DriftingLimit::High, DriftState::ByHand)]
    );
    let limit = drift_of(|cgroup| {
        declares(cgroup, UNLIMITED, UNLIMITED, None);
        cgroup.memory.limit = at_mib(64);
    });
    assert_eq!(limit.iter().map(|drift| drift.state).collect::<Vec<_>>(), [DriftState::ByHand]);
}

#[test]
fn a_lost_reservation_is_told_by_its_file() {
    let found = drift_of(|cgroup| declares(cgroup, UNLIMITED, UNLIMITED, Some(Bytes::from_mib(16))));
    let told: Vec<_> = found.iter().map(|drift| (drift.what, drift.state, drift.path.as_str())).collect();
    let path = "/system.slice/docker-c0ffee.scope/memory.low";
    assert_eq!(told, [(DriftingLimit::Reservation, DriftState::Lost, path)]);
}

#[test]
fn nobody_asked_means_no_drift() {
    let found = drift_of(|cgroup| {
        cgroup.memory.limit = at_mib(64);
        cgroup.unit = Reading::failed("systemd did not answer");
    });
    assert_eq!(found, []);
    let unreadable = drift_of(|cgroup| {
        container(cgroup, at(64), UNLIMITED, at(0));
        swaps(cgroup, 0, Reading::failed("permission denied"));
    });
    assert_eq!(unreadable, []);
}

#[test]
fn on_v1_the_combined_limit_is_compared_as_docker_recorded_it() {
    let mut machine = Imagined::new(V1);
    let index = machine.cgroup("/docker/web", |cgroup| {
        declares(cgroup, at(64), at(64), None);
        limits_v1(cgroup, at_mib(64), at_mib(96));
    });
    let found = drift(&machine.snapshot.cgroups[index.0]);
    let told: Vec<_> = found.iter().map(|drift| (drift.what, drift.kernel, drift.path.as_str())).collect();
    let path = "/docker/web/memory.memsw.limit_in_bytes";
    assert_eq!(told, [(DriftingLimit::MemoryAndSwap, at(96), path)]);
}

proptest! {
    #[test]
    fn there_is_drift_exactly_where_a_witness_disagrees(
        declared in 0_u64..4, systemd in 0_u64..4, kernel in 0_u64..4,
    ) {
        let limit = |mib: u64| if mib == 3 { UNLIMITED } else { at(mib) };
        let found = drift_of(|cgroup| {
            let combined = if declared == 3 { UNLIMITED } else { at(64 + declared) };
            container(cgroup, combined, limit(systemd), limit(kernel));
        });
        prop_assert_eq!(found.is_empty(), declared == kernel && systemd == kernel);
    }
}
