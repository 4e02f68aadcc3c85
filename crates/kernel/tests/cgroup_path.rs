//! Tables of cgroup paths, one per program that makes them.

use kernel::cgroup_path::{
    Container, ContainerId, Identity, PodRef, QosClass, Runtime, Unit, UnitKind, identify, unit_unescape,
};

const ID: &str = "5b4692b00f00895197216f64ac251278fb5651ef10e82a7721561aed4ec3a39f";
const OUTER: &str = "240660be740d8186f8d30e3367cf1ef433ca6ce416e4189ce5b41f8766f227b6";
const UID: &str = "0b7632a2-a56e-4278-987a-22de18008dbe";
const STATIC_UID: &str = "81a885e1ea96afca650447a27000a3f2";

/// `{id}`, `{outer}`, `{uid}`, `{uid_}` (dashes as the systemd driver writes them) and `{static}` stand for the constants above.
fn path_of(pattern: &str) -> String {
    pattern
        .replace("{id}", ID)
        .replace("{outer}", OUTER)
        .replace("{uid}", UID)
        .replace("{uid_}", &UID.replace('-', "_"))
        .replace("{static}", STATIC_UID)
}

fn pod(uid: &str, qos: QosClass) -> PodRef {
    PodRef { uid: uid.to_owned(), qos }
}

fn container(runtime: Runtime, id: &str) -> Container {
    Container { runtime, id: ContainerId(id.to_owned()), pod: None, node: None }
}

fn unit(name: &str, kind: UnitKind, user: Option<u32>) -> Unit {
    Unit { name: name.to_owned(), kind, user }
}

#[track_caller]
fn assert_all(patterns: &[&str], expected: &Identity) {
    for pattern in patterns {
        assert_eq!(&identify(&path_of(pattern)), expected, "{pattern}");
    }
}

#[test]
fn docker_names_containers_by_id_below_docker_or_in_a_scope() {
    let docker = container(Runtime::Docker, ID);
    assert_all(
        &[
            "/docker/{id}",
            "docker/{id}",
            "/docker/{id}/",
            "/system.slice/docker-{id}.scope",
            "/my.slice/my-own.slice/docker-{id}.scope",
            "/user.slice/user-1000.slice/user@1000.service/user.slice/docker-{id}.scope",
            "/../../system.slice/docker-{id}.scope",
            "/../docker/{id}",
        ],
        &Identity::Container(docker.clone()),
    );
    assert_all(
        &[
            "/docker/{id}/init",
            "/system.slice/docker-{id}.scope/system.slice/ssh.service",
            "/docker/{id}/a/b",
        ],
        &Identity::BelowContainer(docker),
    );
}

#[test]
fn an_id_below_an_unknown_parent_is_a_container_of_an_unknown_runtime() {
    assert_all(
        &["/any/{id}", "/{id}", "/a/b/{id}", "/system.slice/other-{id}.scope"],
        &Identity::Container(container(Runtime::Unknown, ID)),
    );
}

#[test]
fn what_is_nearly_an_id_is_none() {
    let upper = ID.to_uppercase();
    for id in [&ID[1..], &format!("{ID}0"), upper.as_str(), &ID.replace('0', "g"), &ID[..12]] {
        assert_eq!(identify(&format!("/docker/{id}")), Identity::Other, "{id}");
        assert_eq!(identify(&format!("/kubepods/pod{UID}/{id}")), Identity::Other, "{id}");
        let name = format!("docker-{id}.scope");
        let scope = Identity::Unit(unit(&name, UnitKind::Scope, None));
        assert_eq!(identify(&format!("/system.slice/{name}")), scope, "{id}");
    }
    assert_all(&["/docker", "/docker/buildx", "/libpod_parent/conmon", "/lxc.pivot"], &Identity::Other);
}

#[test]
fn the_kubelet_names_levels_and_pods() {
    assert_all(
        &[
            "/kubepods",
            "/kubepods.slice",
            "/kubelet/kubepods",
            "/kubelet.slice/kubelet-kubepods.slice",
            "/../kubepods",
        ],
        &Identity::KubepodsRoot,
    );
    assert_all(
        &["/kubepods/burstable", "/kubepods.slice/kubepods-burstable.slice"],
        &Identity::KubeQosLevel(QosClass::Burstable),
    );
    assert_all(
        &["/kubepods/besteffort", "/a.slice/a-kubepods.slice/a-kubepods-besteffort.slice"],
        &Identity::KubeQosLevel(QosClass::BestEffort),
    );
    assert_all(
        &[
            "/kubepods/burstable/pod{uid}",
            "/kubelet/kubepods/burstable/pod{uid}",
            "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod{uid_}.slice",
            "/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-burstable.slice/kubelet-kubepods-burstable-pod{uid_}.slice",
            "/system.slice/docker-{outer}.scope/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-burstable.slice/kubelet-kubepods-burstable-pod{uid_}.slice",
        ],
        &Identity::Pod(pod(UID, QosClass::Burstable)),
    );
    assert_all(
        &["/kubepods/pod{uid}", "/kubepods.slice/kubepods-pod{uid_}.slice"],
        &Identity::Pod(pod(UID, QosClass::Guaranteed)),
    );
    assert_all(
        &[
            "/kubepods/burstable/pod{static}",
            "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod{static}.slice",
        ],
        &Identity::Pod(pod(STATIC_UID, QosClass::Burstable)),
    );
}

#[test]
fn containers_of_a_pod_know_it() {
    let of = |runtime, qos| Container { pod: Some(pod(UID, qos)), ..container(runtime, ID) };
    for (name, runtime) in [
        ("cri-containerd-{id}.scope", Runtime::Containerd),
        ("crio-{id}.scope", Runtime::CriO),
        ("docker-{id}.scope", Runtime::Docker),
        ("crio-{id}", Runtime::CriO),
        ("{id}", Runtime::Unknown),
        ("kata_{id}", Runtime::Unknown),
    ] {
        for (parent, qos) in [
            ("/kubepods/pod{uid}", QosClass::Guaranteed),
            ("/kubepods/besteffort/pod{uid}", QosClass::BestEffort),
            ("/kubepods.slice/kubepods-pod{uid_}.slice", QosClass::Guaranteed),
            (
                "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod{uid_}.slice",
                QosClass::Burstable,
            ),
            ("/../../kubepods-burstable-pod{uid_}.slice", QosClass::Burstable),
        ] {
            assert_all(&[&format!("{parent}/{name}")], &Identity::Container(of(runtime, qos)));
        }
    }
    assert_all(
        &[
            "/kubepods-burstable-pod{uid_}.slice:cri-containerd:{id}",
            "/system.slice/containerd.service/kubepods-burstable-pod{uid_}.slice:cri-containerd:{id}",
        ],
        &Identity::Container(of(Runtime::Containerd, QosClass::Burstable)),
    );
    assert_all(
        &[
            "/kubepods/burstable/pod{uid}/crio-{id}/container",
            "/kubepods/burstable/pod{uid}/crio-{id}.scope/container",
        ],
        &Identity::BelowContainer(of(Runtime::CriO, QosClass::Burstable)),
    );
    assert_all(
        &[
            "/kubepods/burstable/pod{uid}/crio-conmon-{id}",
            "/kubepods/burstable/pod{uid}/crio-conmon-{id}.scope",
        ],
        &Identity::Monitor(of(Runtime::CriO, QosClass::Burstable)),
    );
    assert_all(
        &["/kata_overhead/kubepods/pod{uid}/{id}"],
        &Identity::Monitor(of(Runtime::Unknown, QosClass::Guaranteed)),
    );
    assert_all(&["/kata_overhead/kubepods/pod{uid}"], &Identity::Other);
    assert_all(&["/kata_overhead/{id}"], &Identity::Monitor(container(Runtime::Unknown, ID)));
}

#[test]
fn a_node_inside_a_container_is_remembered() {
    let inner =
        |runtime, pod| Container { pod, node: Some(ContainerId(OUTER.to_owned())), ..container(runtime, ID) };
    let burstable = Some(pod(UID, QosClass::Burstable));
    assert_all(
        &["/docker/{outer}/kubelet/kubepods/burstable/pod{uid}/{id}"],
        &Identity::Container(inner(Runtime::Unknown, burstable.clone())),
    );
    assert_all(
        &[
            "/system.slice/docker-{outer}.scope/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-burstable.slice/kubelet-kubepods-burstable-pod{uid_}.slice/cri-containerd-{id}.scope",
        ],
        &Identity::Container(inner(Runtime::Containerd, burstable)),
    );
    assert_all(&["/docker/{outer}/docker/{id}"], &Identity::Container(inner(Runtime::Docker, None)));
    assert_all(
        &["/docker/{outer}/kubelet", "/docker/{outer}/kubelet.slice"],
        &Identity::BelowContainer(container(Runtime::Docker, OUTER)),
    );
    // Docker inside a pod: the inner container is not the pod's.
    assert_all(
        &["/kubepods/pod{uid}/{outer}/docker/{id}"],
        &Identity::Container(inner(Runtime::Docker, None)),
    );
}

#[test]
fn podman_names_containers_pods_and_conmon() {
    let podman = container(Runtime::Podman, ID);
    assert_all(
        &[
            "/machine.slice/libpod-{id}.scope",
            "/libpod_parent/libpod-{id}",
            "/libpod_parent/{outer}/libpod-{id}",
            "/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-{id}.scope",
            "/machine.slice/machine-libpod_pod_{outer}.slice/libpod-{id}.scope",
            "/system.slice/nginx.service/libpod-payload-{id}",
        ],
        &Identity::Container(podman.clone()),
    );
    assert_all(
        &[
            "/machine.slice/libpod-{id}.scope/container",
            "/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-{id}.scope/container",
        ],
        &Identity::BelowContainer(podman.clone()),
    );
    assert_all(
        &["/machine.slice/libpod-conmon-{id}.scope", "/libpod_parent/libpod-conmon-{id}"],
        &Identity::Monitor(podman),
    );
    assert_all(
        &[
            "/machine.slice/machine-libpod_pod_{id}.slice",
            "/user.slice/user-libpod_pod_{id}.slice",
            "/libpod_parent/{id}",
        ],
        &Identity::Group { runtime: Runtime::Podman, id: ContainerId(ID.to_owned()) },
    );
    let nginx = unit("nginx.service", UnitKind::Service, None);
    assert_all(&["/system.slice/nginx.service/runtime"], &Identity::BelowUnit(nginx));
}

#[test]
fn containerd_without_kubernetes_is_known_by_its_namespace() {
    assert_all(&["/default/redis-1"], &Identity::Container(container(Runtime::Containerd, "redis-1")));
    assert_all(
        &[
            "/default/{id}",
            "/k8s.io/{id}",
            "/system.slice/nerdctl-{id}.scope",
            "/cri-containerd-{id}.scope",
            "system.slice:cri-containerd:{id}",
        ],
        &Identity::Container(container(Runtime::Containerd, ID)),
    );
    assert_all(&["/default", "/default/-x", "/a/default/redis-1"], &Identity::Other);
    let step = "tzu3l9ipxr7ggnkhg5l8xtn9l";
    assert_all(
        &[&format!("/docker/buildkit/{step}"), &format!("/buildkit/{step}")],
        &Identity::Container(container(Runtime::Buildkit, step)),
    );
}

#[test]
fn ecs_groups_containers_by_task() {
    assert_all(
        &["/ecs/{static}/{id}", "/ecstasks.slice/ecstasks-{static}.slice/docker-{id}.scope"],
        &Identity::Container(container(Runtime::Docker, ID)),
    );
    assert_all(
        &["/ecs/{static}", "/ecstasks.slice/ecstasks-{static}.slice"],
        &Identity::Group { runtime: Runtime::Docker, id: ContainerId(STATIC_UID.to_owned()) },
    );
}

#[test]
fn lxc_names_payload_and_monitor() {
    let web = container(Runtime::Lxc, "web-1");
    assert_all(
        &[
            "/lxc/web-1",
            "/lxc.payload.web-1",
            "/lxc.payload/web-1",
            "/user.slice/user-1000.slice/session-1.scope/lxc.payload.web-1",
            r"/machine.slice/machine-lxc\x2d4242\x2dweb\x2d1.scope",
        ],
        &Identity::Container(web.clone()),
    );
    assert_all(
        &["/lxc/web-1/ns", "/lxc.payload.web-1/system.slice/ssh.service"],
        &Identity::BelowContainer(web.clone()),
    );
    assert_all(&["/lxc.monitor.web-1", "/lxc.monitor/web-1"], &Identity::Monitor(web.clone()));
    let nested = Container { node: Some(ContainerId("outer".to_owned())), ..web };
    assert_all(
        &["/lxc.payload.outer/lxc.payload.web-1", "/lxc/outer/lxc/web-1"],
        &Identity::Container(nested),
    );
    assert_all(&["/lxc", "/lxc.payload.", "/lxc.monitor."], &Identity::Other);
}

#[test]
fn nspawn_machines_carry_their_name() {
    assert_all(
        &["/machine.slice/systemd-nspawn@my-box.service", r"/machine.slice/machine-my\x2dbox.scope"],
        &Identity::Container(container(Runtime::Nspawn, "my-box")),
    );
    assert_all(
        &["/machine.slice/systemd-nspawn@my-box.service/payload"],
        &Identity::BelowContainer(container(Runtime::Nspawn, "my-box")),
    );
    let vm = r"machine-qemu\x2d1\x2dvm.scope";
    assert_all(&[&format!("/machine.slice/{vm}")], &Identity::Unit(unit(vm, UnitKind::Scope, None)));
}

#[test]
fn systemd_units_have_a_kind_and_perhaps_a_user() {
    for (path, name, kind, user) in [
        ("/system.slice", "system.slice", UnitKind::Slice, None),
        ("/system.slice/cron.service", "cron.service", UnitKind::Service, None),
        (
            "/system.slice/system-getty.slice/getty@tty1.service",
            "getty@tty1.service",
            UnitKind::Service,
            None,
        ),
        ("/system.slice/dev-hugepages.mount", "dev-hugepages.mount", UnitKind::Mount, None),
        ("/system.slice/docker.socket", "docker.socket", UnitKind::Socket, None),
        (r"/system.slice/dev-disk-by\x2duuid-1.swap", r"dev-disk-by\x2duuid-1.swap", UnitKind::Swap, None),
        ("/init.scope", "init.scope", UnitKind::Scope, None),
        ("/user.slice/user-1000.slice", "user-1000.slice", UnitKind::Slice, Some(1000)),
        ("/user.slice/user-1000.slice/session-3.scope", "session-3.scope", UnitKind::Scope, Some(1000)),
        (
            "/user.slice/user-7.slice/user@7.service/app.slice/x.service",
            "x.service",
            UnitKind::Service,
            Some(7),
        ),
        ("/../../system.slice/cron.service", "cron.service", UnitKind::Service, None),
        ("/system.slice/_memory.x.service", "memory.x.service", UnitKind::Service, None),
    ] {
        assert_eq!(identify(path), Identity::Unit(unit(name, kind, user)), "{path}");
    }
    let cron = unit("cron.service", UnitKind::Service, None);
    assert_all(
        &["/system.slice/cron.service/worker", "/system.slice/cron.service/a/b"],
        &Identity::BelowUnit(cron),
    );
}

#[test]
fn the_rest_is_root_or_other() {
    assert_all(&["/", "//"], &Identity::Root);
    assert_all(&["", "/..", "/../..", "/foo", "/foo/..", "/.service", "/a\0b"], &Identity::Other);
    assert_all(
        &[":::", "/x:y:{id}", "/mesos/1f2e", "/kubepods/pod", "/kubepods/nonsense", "/burstable/pod{uid}"],
        &Identity::Other,
    );
}

#[test]
fn hex_escapes_of_units_are_decoded_and_dashes_stay() {
    assert_eq!(unit_unescape(r"dev-disk-by\x2duuid.swap"), "dev-disk-by-uuid.swap");
    assert_eq!(unit_unescape(r"a\x2Db"), "a-b");
    assert_eq!(unit_unescape(r"\xc3\xa9"), "é");
    for text in [r"\x", r"\x2", r"\xzz", r"\", "plain-name.service"] {
        assert_eq!(unit_unescape(text), text);
    }
}

#[test]
fn a_short_id_is_twelve_digits_and_a_name_is_whole() {
    assert_eq!(ContainerId(ID.to_owned()).short(), "5b4692b00f00");
    assert_eq!(ContainerId("a-rather-long-name".to_owned()).short(), "a-rather-long-name");
}
