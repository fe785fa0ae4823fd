//! Live updates of a job: server-sent events with a cursor.

use serde::Serialize;
use utoipa::ToSchema;

use super::jobs::{JobCounters, JobStatus, OpenBatch, ThresholdGauge};

/// What happened to a job. Sent as event `job`, its `id` is `last`; many small ones that come close together are sent as
/// one. With `after={number}` or `Last-Event-ID` the stream goes on right after that number: `first` is the next number,
/// so that a client sees that there is no gap. When what came after it is no longer kept, the event `reset` is sent
/// instead, of the same form, from where it goes on.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct JobEvent {
    /// The number of the first event in it.
    pub first: u64,
    /// The number of the last one.
    pub last: u64,
    /// When the last one was on disk.
    #[schema(format = DateTime)]
    pub time: String,
    /// After the last one.
    pub status: JobStatus,
    /// After the last one.
    pub counters: JobCounters,
    /// After the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub open_batch: Option<OpenBatch>,
    /// After the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gauge: Option<ThresholdGauge>,
    /// Why it waits, was cancelled or failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Places in the frozen list that were touched, as ranges `[from, to]`, at most 100; absent: any may have been.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub touched: Option<Vec<[u64; 2]>>,
}
