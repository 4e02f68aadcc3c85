//! Values into words and tables. No terminal.

pub mod alerts;
pub mod bar;
pub mod columns;
pub mod csv;
pub mod explain;
pub mod free;
pub mod incident;
pub mod leaks;
pub mod lint;
pub mod list;
pub mod names;
pub mod node;
pub mod node_plan;
pub mod node_size;
pub mod oom_report;
pub mod outcome;
pub mod policy;
pub mod remedy;
pub mod replay;
pub mod sentences;
pub mod show;
pub mod table;
pub mod text;
pub mod units;
