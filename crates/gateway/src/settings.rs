//! What an operator may set.

use std::time::Duration;

use bellwether_model::sas::HostNames;

/// Settings of the gateway. Every limit is checked before memory is taken.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The names under which tokens may call the hub (device-protocol §2.2); localhost and loopback
    /// addresses always count.
    pub hosts: HostNames,
    /// Seconds (0 to 300) that a token is good for beyond its end, on connect and for a running connection
    /// alike (device-protocol §2.2).
    pub clock_allowance: i64,
    /// CONNECT has to arrive within this time (device-protocol §2.7).
    pub connect_timeout: Duration,
    /// The TLS handshake has to be done within this time.
    pub handshake_timeout: Duration,
    /// How long a closing connection may take to read what was still written to it.
    pub close_timeout: Duration,
    /// Most connections at a time. A few more are told so with CONNACK 3, the rest is closed unheard.
    pub connections_max: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            hosts: HostNames::default(),
            clock_allowance: 0,
            connect_timeout: Duration::from_secs(60),
            handshake_timeout: Duration::from_secs(30),
            close_timeout: Duration::from_secs(5),
            connections_max: 100_000,
        }
    }
}

/// What may wait for one device to read it. A session over it is closed: the device reads its twin again when
/// it is back (DESIGN §6.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueueLimits {
    /// Calls and notifications.
    pub messages_max: usize,
    /// Sum of their payloads, in bytes.
    pub bytes_max: usize,
}

impl Default for QueueLimits {
    fn default() -> Self {
        QueueLimits { messages_max: 256, bytes_max: 1024 * 1024 }
    }
}
