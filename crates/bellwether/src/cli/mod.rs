//! The command line as a client of a hub: devices, twins, methods, queries, jobs, over the published service API only.
//!
//! Tables for people, the server's own documents for programs (`--json`). Exit codes: 0 done; 1 it failed; 2 it was
//! asked for wrongly; 3 it was done, and what it looked at did not end well (a job, a device's answer); 130 Ctrl-C.

pub mod device;
pub mod job;
mod listing;
mod manual;
pub mod method;
pub mod query;
mod table;
pub mod twin;
mod values;

pub use manual::{CompletionsArgs, ManArgs, completions, man};
