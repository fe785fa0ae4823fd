//! The devices' side: MQTT 3.1.1 over TLS, twin sync and direct method calls (device-protocol).
//!
//! [`protocol`] is a pure state machine: bytes, packets, results and time in, commands out. `connection` is the
//! loop around it, one task per connection. [`Sessions`] knows who is connected and is the engine's way to the
//! devices; [`Gateway`] listens.
//!
//! ```text
//!   socket ──bytes──> Connection ──packets──> Session (pure)
//!     ^                   │  ^                   │
//!     └──────bytes────────┘  └─────commands──────┘
//!                         │ ^
//!            engine, store│ │Link: calls, desired changes, close
//!                         v │
//!                       Engine ──DevicePort──> Sessions
//! ```
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod connection;
mod credentials;
mod gateway;
mod link;
pub mod protocol;
mod sessions;
mod settings;
mod stats;
mod tls;
mod work;

pub use gateway::Gateway;
pub use sessions::Sessions;
pub use settings::{QueueLimits, Settings};
pub use stats::Stats;
pub use tls::tls_config;
