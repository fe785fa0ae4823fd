//! MQTT as hub devices speak it (device-protocol §2–§5): bytes, packets, results and time in, commands out.
//!
//! Nothing in here does I/O, awaits or reads a clock.

pub mod answer;
pub mod bag;
pub mod command;
pub mod connect;
pub mod frame;
pub mod keep_alive;
pub mod outgoing;
pub mod registrant;
pub mod session;
pub mod subscriptions;
pub mod telemetry;
pub mod topic;
pub mod twin_failure;
pub mod username;
