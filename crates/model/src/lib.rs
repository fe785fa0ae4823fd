//! What there is in Bellwether and what may happen to it.
//!
//! Identities, twins, jobs and device jobs with the rules between them. Nothing here does I/O, awaits,
//! reads a clock or makes randomness: time, keys and counters arrive as arguments.
//!
//! Source of the rules: the published contracts as described in the project's reference; every item names
//! the section it follows.
#![warn(clippy::wildcard_enum_match_arm)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod access;
pub mod api_token;
pub mod group;
pub mod guesses;
pub mod identity;
pub mod ids;
pub mod job;
pub mod job_draft;
pub mod json;
pub mod method;
pub mod organization;
pub mod password;
pub mod policy;
pub mod provisioning;
pub mod relationship;
pub mod sas;
pub mod schedule;
pub mod session;
pub mod targets;
pub mod telemetry;
pub mod template;
pub mod time;
pub mod twin;
pub mod user;

pub use ids::{DeviceId, DeviceSeq, JobId, JobKey};
pub use time::Time;
