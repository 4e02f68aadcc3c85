//! Rules about the node: kubelet, kubeadm, node configurations, swap commands, units.

pub mod aks;
pub mod cgroup_version;
pub mod ec2_node_class;
pub mod eviction_before_reclaim;
pub mod eviction_threshold;
pub mod exec_start_not_reset;
pub mod fail_swap_on;
pub mod gke;
pub mod guaranteed_slice;
pub mod kubeadm_swap;
pub mod kubelet;
pub mod kubelet_key_unknown;
pub mod kubelet_not_restarted;
pub mod memory_qos;
pub mod mime_boundary;
pub mod node_config;
pub mod node_swap_gate;
pub mod protect_kernel_defaults;
pub mod script;
pub mod sed_by_line;
pub mod swap_after_kubelet;
pub mod swap_behavior;
pub mod swap_file_made_twice;
pub mod swap_file_mode;
pub mod swap_file_on_btrfs;
pub mod swap_file_space;
pub mod swap_lost_at_reboot;
pub mod swap_made_again;
pub mod swap_off_and_wanted;
pub mod swap_unit;
pub mod swap_unit_only_enabled;
pub mod sysctl;
pub mod sysctl_lost_at_reboot;
pub mod sysctl_value;
pub mod talos_zswap;
pub mod unit;
pub mod unit_memory_key;
pub mod unit_memory_value;

use super::Rule;

/// The rules, in the order of their pages.
pub const RULES: &[&Rule] = &[
    &swap_behavior::RULE,
    &fail_swap_on::RULE,
    &node_swap_gate::RULE,
    &kubelet_key_unknown::RULE,
    &memory_qos::RULE,
    &cgroup_version::RULE,
    &eviction_threshold::RULE,
    &eviction_before_reclaim::RULE,
    &protect_kernel_defaults::RULE,
    &kubeadm_swap::RULE,
    &node_config::RULE,
    &ec2_node_class::RULE,
    &mime_boundary::RULE,
    &aks::RULE,
    &gke::RULE,
    &talos_zswap::RULE,
    &swap_file_mode::RULE,
    &swap_file_made_twice::RULE,
    &swap_file_on_btrfs::RULE,
    &swap_file_space::RULE,
    &swap_made_again::RULE,
    &swap_lost_at_reboot::RULE,
    &swap_off_and_wanted::RULE,
    &swap_after_kubelet::RULE,
    &swap_unit_only_enabled::RULE,
    &swap_unit::RULE,
    &sysctl_value::RULE,
    &sysctl_lost_at_reboot::RULE,
    &kubelet_not_restarted::RULE,
    &sed_by_line::RULE,
    &exec_start_not_reset::RULE,
    &guaranteed_slice::RULE,
    &unit_memory_value::RULE,
    &unit_memory_key::RULE,
];
