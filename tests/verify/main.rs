//! `billtest-verify` and `billtest mock` as a user runs them: the real binaries, real sockets, real files.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod authority;
mod bad_input;
mod bodies;
mod compatibility;
mod config;
mod fault_provider;
mod faults;
mod fields;
mod foreign;
mod github;
mod hostile_reports;
#[cfg(unix)]
mod interrupts;
mod main_job;
mod messages;
mod observed_provider;
mod plugins;
#[cfg(unix)]
mod programs;
mod report_files;
mod report_schema;
mod reports;
mod schedule;
mod selection;
mod states;
mod tls;
mod workspace;
