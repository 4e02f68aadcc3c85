//! User data of an EKS node with AL2023: a shell script and a NodeConfig (awslabs/amazon-eks-ami, nodeadm).

use crate::render::mime::{Part, archive};
use crate::render::node_files::{self, EKS, here_documents};
use crate::render::{RenderNode, Rendered, kubelet, size};
use model::node_swap::{NodeSwap, SwapSize};

/// What EC2 takes, before its own encoding.
const USER_DATA_MAX: usize = 16 << 10;

/// The user data.
#[must_use]
pub fn render(wanted: &NodeSwap, node: RenderNode) -> Rendered {
    let mut remarks = remarks(wanted, node);
    if size::uses_instance_store(wanted) {
        remarks.push("The NodeConfig asks nodeadm for a RAID0 of the instance store; without such disks nodeadm goes on.".to_owned());
    }
    remarks.push(
        "A managed node group adds the cluster by itself. For nodes of your own write name, apiServerEndpoint, certificateAuthority \
         and cidr below `spec.cluster` of the NodeConfig."
            .to_owned(),
    );
    let volume = root_volume(wanted, node);
    remarks.push(format!("The root volume must hold images and swap: {}.", volume.words));
    remarks.extend(too_large(&volume));
    let local_storage: &[&str] = if size::uses_instance_store(wanted) {
        &["  instance:", "    localStorage:", "      strategy: RAID0"]
    } else {
        &[]
    };
    Rendered { text: Some(user_data(wanted, node, local_storage)), remarks }
}

/// The MIME archive: what Karpenter takes too.
#[must_use]
pub fn user_data(wanted: &NodeSwap, node: RenderNode, spec: &[&str]) -> String {
    let script = install(wanted);
    let head = ["---", "apiVersion: node.eks.aws/v1alpha1", "kind: NodeConfig", "spec:"];
    let lines: Vec<String> = head
        .iter()
        .chain(spec)
        .chain(&["  kubelet:", "    config:"])
        .map(|line| (*line).to_owned())
        .collect();
    let config = kubelet::indented(&lines, 0) + &kubelet::indented(&kubelet::fields(wanted, node), 6);
    archive(&[
        Part { content_type: "text/x-shellscript; charset=\"us-ascii\"", text: &script },
        Part { content_type: "application/node.eks.aws", text: &config },
    ])
}

/// What both EKS targets say.
#[must_use]
pub fn remarks(wanted: &NodeSwap, node: RenderNode) -> Vec<String> {
    let mut remarks = kubelet::remarks(wanted, node);
    let length = user_data(wanted, node, &[]).len();
    if length > USER_DATA_MAX {
        remarks.push(format!(
            "The user data has {length} bytes, and EC2 takes {USER_DATA_MAX}: it will be refused."
        ));
    }
    remarks.push(
        "A node whose swap fails joins without it: `journalctl -u highwater-swap` on the node tells why."
            .to_owned(),
    );
    remarks
}

/// The script runs in cloud-init's last stage; nodeadm starts the kubelet after it, and the kubelet pulls the swap in.
fn install(wanted: &NodeSwap) -> String {
    let mut wanted = wanted.clone();
    // Without a word about behaviour there is a kubelet all the same.
    wanted.kubelet.get_or_insert(crate::render::k3s::NO_SWAP);
    let files = node_files::all(&wanted, EKS);
    let sysctl = if node_files::sysctls(&wanted).is_empty() {
        String::new()
    } else {
        format!("sysctl -q -p {}\n", node_files::SYSCTL)
    };
    format!(
        "#!/bin/sh\n# Puts the swap of this node in place. The kubelet starts it, once nodeadm has mounted the disks.\nset -eu\n{}\n\
         systemctl daemon-reload\n{sysctl}",
        here_documents(&files)
    )
}

/// How large the root volume must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RootVolume {
    /// In GiB; nothing when it depends on the machine's memory and nobody told that.
    pub gibibytes: Option<u64>,
    /// The same in words.
    pub words: String,
}

/// Room for images and logs: the volume that Karpenter gives by itself.
const ROOT_GIB: u64 = 20;

/// The largest volume of kind gp3 (docs.aws.amazon.com, "Amazon EBS General Purpose SSD volumes").
const GP3_GIB_MAX: u64 = 64 << 10;

/// Why EC2 refuses a volume of this size, if so.
#[must_use]
pub fn too_large(volume: &RootVolume) -> Option<String> {
    let size = volume.gibibytes.filter(|size| *size > GP3_GIB_MAX)?;
    Some(format!("A root volume of {size} GiB is refused by EC2: gp3 has {GP3_GIB_MAX} GiB at most."))
}

/// The root volume: images and swap, with the 15% free that the script leaves.
#[must_use]
pub fn root_volume(wanted: &NodeSwap, node: RenderNode) -> RootVolume {
    let gibibytes =
        size::on_root(wanted, node).map(|swap| ((size::gibibytes(swap) + ROOT_GIB) * 100).div_ceil(85));
    let of_disk = wanted.areas.iter().filter_map(|area| size::disk_size(&area.backing));
    let words = match gibibytes {
        Some(size) => format!("{size} GiB or more"),
        None if of_disk.into_iter().any(|size| matches!(size, SwapSize::OfDisk(_))) => {
            "how large is yours to say, as swap takes a share of it".to_owned()
        }
        None => "how large depends on the machine's memory; --node-memory computes it".to_owned(),
    };
    RootVolume { gibibytes, words }
}
