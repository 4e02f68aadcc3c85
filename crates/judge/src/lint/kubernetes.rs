//! Rules about Kubernetes objects: pods, what makes them, and what limits a namespace.

mod autoscaler;
mod cgroup_write;
mod critical_pod;
mod equal_forbids_swap;
mod gomemlimit;
mod heap;
mod kubelet_config_map;
mod limit_range;
mod mega_mebi;
mod memory_amounts;
mod memory_qos_plugin;
mod memory_volume;
mod node_allocatable;
pub mod object;
mod oom_evidence;
mod pod_level_version;
mod pod_sysctl;
mod quantity_refused;
mod request_above_limit;
mod resize_policy;
mod swap_needs_request;
mod swap_resource;
mod swap_variable;
mod tiny_amount;
mod unknown_field;
mod unread_metadata;
mod wish;
mod zero_limit;

use super::Rule;

/// The rules, in the order of their pages.
pub const RULES: &[&Rule] = &[
    &swap_resource::RULE,
    &unknown_field::RULE,
    &equal_forbids_swap::RULE,
    &swap_needs_request::RULE,
    &critical_pod::RULE,
    &unread_metadata::RULE,
    &swap_variable::RULE,
    &node_allocatable::RULE,
    &kubelet_config_map::RULE,
    &pod_sysctl::RULE,
    &quantity_refused::RULE,
    &tiny_amount::RULE,
    &zero_limit::RULE,
    &mega_mebi::RULE,
    &request_above_limit::RULE,
    &limit_range::RULE,
    &pod_level_version::RULE,
    &resize_policy::RULE,
    &autoscaler::RULE,
    &memory_volume::RULE,
    &heap::RULE,
    &gomemlimit::RULE,
    &memory_qos_plugin::RULE,
    &oom_evidence::RULE,
    &cgroup_write::RULE,
];
