//! Live updates of a job: server-sent events with a cursor (DESIGN §6.9).
//!
//! Nothing is kept for a listener but the number of the last event that it was told of: an update is what the store
//! says happened since, so that a slow client gets fewer and larger ones, and one that comes again gets all that it
//! missed.

use std::convert::Infallible;
use std::time::Duration;

use axum::http::{HeaderName, HeaderValue, header};
use axum::response::IntoResponse;
use axum::response::sse::{Event, KeepAlive, Sse};
use bellwether_model::JobKey;
use bellwether_model::access::Permission;
use bellwether_store::{JobMoves, StoreError};
use futures::stream;
use serde::Serialize;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;
use utoipa::ToSchema;

use super::super::call::{Answer, Call};
use super::super::error::{CentralError, Code};
use super::super::{admission, jobs};
use super::job_reason::{JobReason, reasons};
use super::jobs::{JobCounters, JobStatus, OpenBatch, ThresholdGauge};
use crate::streams::{OpenStream, TooManyStreams};

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
/// At most five updates a second.
const PAUSE: Duration = Duration::from_millis(200);
/// A comment is sent when there was nothing else for so long, so that nothing on the way takes the line for dead. The
/// store is asked then too, should news have been lost. Tests do not wait so long.
const HEARTBEAT: Duration = if cfg!(test) { Duration::from_millis(300) } else { Duration::from_secs(15) };
/// How often it is asked whether the caller may still see the job.
const RIGHTS_EVERY: Duration = if cfg!(test) { Duration::from_millis(300) } else { Duration::from_secs(60) };
/// Seconds after which there may be room for another stream.
const RETRY_AFTER_SECONDS: u16 = 15;

/// What happened to a job. Sent as event `job`, its `id` is `last`; many small ones that come close together are sent as
/// one. With `after={number}` or `Last-Event-ID` the stream goes on right after that number: `first` is the next number,
/// so that a client sees that there is no gap; without either it begins at the first one. When what came after it is no
/// longer kept, or the job has not come so far (a database that was put back), the event `reset` is sent instead, of the
/// same form, from where it goes on. The event `end`, of the same form, says that the job has ended and nothing of it is
/// out any more; then the stream ends.
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
    /// Why it waits, was stopped, cancelled or failed. Some waiting begins and ends without an event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<JobReason>,
    /// Places in the frozen list that were touched, as ranges `[from, to]`, at most 100; absent: any may have been.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub touched: Option<Vec<[u64; 2]>>,
}

/// `GET /jobs/{jobId}/events`.
pub(crate) async fn stream(call: Call) -> Result<Answer, CentralError> {
    let job = jobs::of_either_face(&call).await?;
    let told = after(&call)?;
    let slot = call.state.streams.open(&call.caller.name, &call.state.limits)?;
    let updates = Updates {
        // Before the first look: what happens after it is news.
        news: call.engine().store().job_news(job.key),
        draining: call.state.readiness.draining(),
        job: job.key,
        told,
        is_news: true,
        is_over: false,
        not_before: Instant::now(),
        rights_until: Instant::now() + RIGHTS_EVERY,
        call,
        _slot: slot,
    };
    let events = stream::unfold(updates, Updates::next);
    let body = Sse::new(events).keep_alive(KeepAlive::new().interval(HEARTBEAT)).into_response().into_body();
    let mut answer = Answer::stream("text/event-stream", body);
    // Proxies that gather an answer before they pass it on leave this one alone.
    answer.headers.push((HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no")));
    Ok(answer)
}

/// The last event that the client knows. A browser that connects again says so in the header, and has the address as it
/// was at first.
fn after(call: &Call) -> Result<u64, CentralError> {
    let header = call.headers.get(&LAST_EVENT_ID).map(|value| value.to_str().unwrap_or_default());
    let Some(text) = header.filter(|text| !text.is_empty()).or_else(|| call.query.get("after")) else { return Ok(0) };
    let rule = "after and Last-Event-ID must be the number of an event";
    text.parse().map_err(|_| CentralError::bad_request(rule))
}

/// A stream that is open.
struct Updates {
    call: Call,
    job: JobKey,
    /// The last event that the client was told of.
    told: u64,
    news: watch::Receiver<()>,
    /// The store is to be asked.
    is_news: bool,
    /// `end` was sent.
    is_over: bool,
    /// When the next update may be sent.
    not_before: Instant,
    /// When the caller's rights are looked up again.
    rights_until: Instant,
    draining: CancellationToken,
    _slot: OpenStream,
}

impl Updates {
    /// The next event; `None` ends the stream: the client comes again, if it may.
    async fn next(mut self) -> Option<(Result<Event, Infallible>, Updates)> {
        while !self.is_over {
            tokio::select! {
                biased;
                () = self.draining.cancelled() => return None,
                () = sleep_until(self.rights_until) => {
                    self.rights_until = Instant::now() + RIGHTS_EVERY;
                    if !self.may_still_see().await {
                        return None;
                    }
                }
                () = until_due(&mut self.news, &mut self.is_news, self.not_before) => {
                    if let Some(event) = self.look().await? {
                        return Some((Ok(event), self));
                    }
                }
            }
        }
        None
    }

    /// Asks the store. The outer `None` ends the stream, the inner one says that there is nothing to tell.
    async fn look(&mut self) -> Option<Option<Event>> {
        self.is_news = false;
        self.news.borrow_and_update();
        self.not_before = Instant::now() + PAUSE;
        let store = self.call.engine().store();
        let moves = store.job_moves(self.job, self.told).await;
        let moves = moves.inspect_err(|error| tracing::warn!(%error, "a live stream ends early")).ok()??;
        let nothing_out = moves.job.counters.is_none_or(|counters| counters.running == 0);
        let has_ended = moves.job.state.is_final() && nothing_out;
        let (name, first) = if !moves.is_whole {
            ("reset", moves.last)
        } else if moves.last > self.told {
            ("job", self.told + 1)
        } else if has_ended {
            self.is_over = true;
            ("end", moves.last)
        } else {
            return Some(None);
        };
        // The end is told in an event of its own.
        self.is_news = has_ended;
        self.told = moves.last;
        let event = Event::default().event(name).id(moves.last.to_string());
        let told = self.event(first, moves).await;
        let told = told.inspect_err(|error| tracing::warn!(%error, "a live stream ends early")).ok()?;
        Some(Some(event.json_data(told).ok()?))
    }

    async fn event(&self, first: u64, moves: JobMoves) -> Result<JobEvent, StoreError> {
        let JobMoves { job, last, time, touched, .. } = moves;
        let reason = reasons(&self.call, &[&job]).await?.pop().flatten();
        Ok(JobEvent {
            first,
            last,
            time: time.to_string(),
            status: job.state.into(),
            counters: job.counters.unwrap_or_default().into(),
            open_batch: job.batch.map(|batch| OpenBatch::of(batch, &job)),
            gauge: job.failures().map(Into::into),
            reason,
            touched: touched.map(|ranges| ranges.into_iter().map(|(from, to)| [from, to]).collect()),
        })
    }

    /// Whoever opened the stream is let in anew: a token may have been revoked, a role changed.
    async fn may_still_see(&self) -> bool {
        let admitted = admission::admit_still(&self.call.state, &self.call.headers).await;
        let job = self.call.engine().store().job_by_key(self.job).await;
        let (Ok(admitted), Ok(Some(job))) = (admitted, job) else { return false };
        let must_change_password = admitted.session.is_some_and(|session| session.must_change_password);
        let scope = admitted.caller.scope(Permission::ViewJobs, &admitted.organizations);
        !must_change_password && scope.is_some_and(|scope| scope.covers(job.spec.organization.as_deref()))
    }
}

/// Until there is news, or may be, and it may be told.
async fn until_due(news: &mut watch::Receiver<()>, is_news: &mut bool, not_before: Instant) {
    if !*is_news {
        // The sender lives as long as somebody listens; without it there is the heartbeat.
        let _ = timeout(HEARTBEAT, news.changed()).await;
        *is_news = true;
    }
    sleep_until(not_before).await;
}

impl From<TooManyStreams> for CentralError {
    fn from(error: TooManyStreams) -> CentralError {
        let retry = vec![(header::RETRY_AFTER, HeaderValue::from(RETRY_AFTER_SECONDS))];
        CentralError { headers: retry, ..CentralError::new(Code::TooManyRequests, error) }
    }
}
