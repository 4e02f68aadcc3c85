//! An EC2NodeClass of Karpenter with AL2023 (karpenter-provider-aws, pkg/apis/v1/ec2nodeclass.go).
//!
//! Its `spec.kubelet` knows no swap, so everything goes by `spec.userData`, which Karpenter joins with its own NodeConfig.

use crate::render::eks_nodeadm::{remarks, root_volume, too_large, user_data};
use crate::render::{RenderNode, Rendered, kubelet, size};
use model::node_swap::NodeSwap;

/// The class.
#[must_use]
pub fn render(wanted: &NodeSwap, node: RenderNode) -> Rendered {
    let volume = root_volume(wanted, node);
    let mut text = "apiVersion: karpenter.k8s.aws/v1\nkind: EC2NodeClass\nmetadata:\n  name: swap\nspec:\n  \
                    amiSelectorTerms:\n    - alias: al2023@latest\n  \
                    role: KarpenterNodeRole-${CLUSTER_NAME}\n  \
                    subnetSelectorTerms:\n    - tags:\n        karpenter.sh/discovery: ${CLUSTER_NAME}\n  \
                    securityGroupSelectorTerms:\n    - tags:\n        karpenter.sh/discovery: ${CLUSTER_NAME}\n"
        .to_owned();
    if let Some(size) = volume.gibibytes {
        text.push_str(&format!(
            "  blockDeviceMappings:\n    - deviceName: /dev/xvda\n      ebs:\n        volumeSize: {size}Gi\n        \
             volumeType: gp3\n        encrypted: true\n        deleteOnTermination: true\n"
        ));
    }
    if size::uses_instance_store(wanted) {
        text.push_str("  instanceStorePolicy: RAID0\n");
    }
    text.push_str("  userData: |\n");
    text.push_str(&kubelet::block(&user_data(wanted, node, &[]), 4));
    let mut remarks = remarks(wanted, node);
    if volume.gibibytes.is_none() {
        remarks.push(format!("No blockDeviceMappings: {}. Karpenter's own volume has 20 GiB.", volume.words));
    }
    remarks.extend(too_large(&volume));
    remarks.push(
        "Role, subnets and security groups are those of Karpenter's guide; put your cluster's name in with \
         `CLUSTER_NAME=… envsubst '$CLUSTER_NAME'`, and pin the AMI for production."
            .to_owned(),
    );
    remarks.push(
        "Karpenter takes a change of userData for drift: it replaces the nodes of this class.".to_owned(),
    );
    remarks.push(
        "Karpenter knows no swap: it places pods by their requests. Point a NodePool with a taint of your own at this class \
         if only some workloads shall swap."
            .to_owned(),
    );
    Rendered { text: Some(text), remarks }
}
