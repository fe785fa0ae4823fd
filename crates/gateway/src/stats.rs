//! Counters of one gateway, for metrics.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// What a gateway has done since it was made. Reading one number is cheap and needs no lock.
#[derive(Debug, Default)]
pub struct Stats {
    connections: AtomicUsize,
    accepted: AtomicU64,
    refused: AtomicU64,
    telemetry: AtomicU64,
}

impl Stats {
    /// Connections that are open now, those without CONNECT included.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }

    /// CONNECTs answered with CONNACK 0.
    pub fn accepted(&self) -> u64 {
        self.accepted.load(Ordering::Relaxed)
    }

    /// CONNECTs answered with another CONNACK.
    pub fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    /// Telemetry messages accepted, wills included.
    pub fn telemetry(&self) -> u64 {
        self.telemetry.load(Ordering::Relaxed)
    }

    /// One connection more; returns how many there are with it.
    pub(crate) fn opened(&self) -> usize {
        self.connections.fetch_add(1, Ordering::Relaxed) + 1
    }

    pub(crate) fn closed(&self) {
        self.connections.fetch_sub(1, Ordering::Relaxed);
    }

    pub(crate) fn count_accepted(&self) {
        self.accepted.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn count_refused(&self) {
        self.refused.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn count_telemetry(&self) {
        self.telemetry.fetch_add(1, Ordering::Relaxed);
    }
}
