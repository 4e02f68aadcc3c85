//! Rules about container runtimes: Compose, Docker's daemon and command lines.

pub mod allocatable_swap;
pub mod cgroup_file;
pub mod cgroup_value;
pub mod compose;
pub mod compose_first_format;
pub mod compose_key_unknown;
pub mod daemon;
pub mod daemon_cgroup_driver;
pub mod daemon_cgroup_parent;
pub mod daemon_key_unknown;
pub mod docker_command;
pub mod docker_size;
pub mod duplicate_key;
pub mod environment;
pub mod exit_137;
pub mod heap;
pub mod high_at_max;
pub mod host_figures;
pub mod kernel_memory;
pub mod limit_may_be_max;
pub mod log_of_docker;
pub mod mem_limit_and_deploy;
pub mod memory_below_minimum;
pub mod memory_file_system;
pub mod memory_swap_below_memory;
pub mod memory_swap_is_no_usage;
pub mod memory_swap_without_memory;
pub mod memory_swap_zero;
pub mod old_java;
pub mod oom_counter;
pub mod oom_kill_disable;
pub mod oom_killed_event;
pub mod order;
pub mod other_cgroup_version;
pub mod redirect_glob;
pub mod reservation_above_memory;
pub mod size_unreadable;
pub mod subtree_control;
pub mod swappiness;
pub mod update_above_swap;

use super::Rule;

/// The rules, in the order of their pages.
pub const RULES: &[&Rule] = &[
    &memory_swap_without_memory::RULE,
    &memory_swap_below_memory::RULE,
    &memory_swap_zero::RULE,
    &swappiness::RULE,
    &oom_kill_disable::RULE,
    &memory_below_minimum::RULE,
    &size_unreadable::RULE,
    &reservation_above_memory::RULE,
    &mem_limit_and_deploy::RULE,
    &compose_key_unknown::RULE,
    &compose_first_format::RULE,
    &memory_file_system::RULE,
    &heap::RULE,
    &kernel_memory::RULE,
    &update_above_swap::RULE,
    &daemon_cgroup_parent::RULE,
    &daemon_cgroup_driver::RULE,
    &daemon_key_unknown::RULE,
    &environment::RULE,
    &high_at_max::RULE,
    &cgroup_value::RULE,
    &other_cgroup_version::RULE,
    &redirect_glob::RULE,
    &subtree_control::RULE,
    &host_figures::RULE,
    &memory_swap_is_no_usage::RULE,
    &log_of_docker::RULE,
    &oom_counter::RULE,
    &exit_137::RULE,
    &old_java::RULE,
    &limit_may_be_max::RULE,
    &oom_killed_event::RULE,
    &allocatable_swap::RULE,
    &duplicate_key::RULE,
];
