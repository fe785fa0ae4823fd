//! The books of a running job: how many devices stand where, which batch is open, and whether another device may
//! be begun. Pure: the store reads it, moves it and writes it in one transaction (DESIGN §6.8).

use crate::Time;

use super::{
    Amount, Class, Counters, Delivery, DeviceJobState, JobEvent, JobState, Refused, Success, Tally, Threshold,
};

/// With a threshold at most so many devices are in flight, or as many as may fail before it is exceeded, and one.
const IN_FLIGHT_BESIDE_THRESHOLD: u64 = 16;

/// A batch that was opened: devices that stand next to each other in the target list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Batch {
    /// From 1.
    pub number: u64,
    /// Ordinal of its first device.
    pub first: u64,
    /// Devices in it.
    pub size: u64,
    /// Counted as succeeded.
    pub succeeded: u64,
    /// Counted as failed.
    pub failed: u64,
    /// When its devices could first be begun.
    pub opened: Time,
    /// When the last of its devices ended, or the job did before.
    pub ended: Option<Time>,
}

impl Batch {
    fn is_done(&self) -> bool {
        self.succeeded + self.failed == self.size
    }

    /// The ordinal after its last device.
    pub fn end(&self) -> u64 {
        self.first + self.size
    }
}

/// Why a job does not pause after a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoPause {
    /// It has one batch only, the whole list.
    #[error("the job has no batches")]
    NoBatches,
    /// No batch of it is open.
    #[error("the job is {0}; only one that runs has an open batch")]
    NotOpen(JobState),
    /// Nothing comes after it.
    #[error("the open batch is the last one")]
    LastBatch,
    /// There is nothing to withdraw.
    #[error("the job does not pause after this batch")]
    NotAsked,
}

/// Which devices may be begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gate {
    /// False: none any more, unless the job is resumed.
    pub open: bool,
    /// The first ordinal of the open batch.
    pub from: u64,
    /// The ordinal after the last of the open batch.
    pub until: u64,
    /// How many may be begun before another has ended.
    pub room: u64,
}

impl Gate {
    /// May the device with this ordinal be begun, once there is room?
    pub fn holds(&self, ordinal: u64) -> bool {
        self.open && (self.from..self.until).contains(&ordinal)
    }
}

/// See the module's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ledger {
    /// Where the job stands.
    pub state: JobState,
    /// Its batches and threshold.
    pub delivery: Delivery,
    /// What counts as succeeded.
    pub success: Success,
    /// `None` until the target list is frozen.
    pub counters: Option<Counters>,
    /// The open batch, or the last one; without batches the whole list. `None` until the target list is frozen.
    pub batch: Option<Batch>,
    /// Batches that ended since the ledger was read: the store keeps them.
    pub ended_batches: Vec<Batch>,
    /// When the batch of this number has ended the job stops instead of opening the next; `None`: it does not.
    pub pause_after: Option<u64>,
    /// It stopped so since the ledger was read: the store tells of it.
    pub paused: bool,
    /// The first ordinal that a job without calls has not done.
    pub next_ordinal: u64,
    /// What became of the devices that were not begun when the job closed.
    pub rest: Option<Class>,
    /// When the job reached a state that it does not leave.
    pub ended: Option<Time>,
    /// Why it failed as such, or was cancelled by its threshold.
    pub reason: Option<String>,
}

impl Ledger {
    /// Of a job that was just accepted.
    pub fn new(delivery: Delivery, success: Success) -> Ledger {
        Ledger {
            state: JobState::Queued,
            delivery,
            success,
            counters: None,
            batch: None,
            ended_batches: Vec::new(),
            pause_after: None,
            paused: false,
            next_ordinal: 0,
            rest: None,
            ended: None,
            reason: None,
        }
    }

    /// Which devices may be begun now.
    pub fn gate(&self) -> Gate {
        let batch = self.batch.filter(|_| self.is_open());
        let (from, until) = batch.map_or((0, 0), |batch| (batch.first, batch.end()));
        Gate { open: batch.is_some(), from, until, room: self.room() }
    }

    /// May devices of the list still be begun?
    pub fn is_open(&self) -> bool {
        self.state == JobState::Running && self.rest.is_none()
    }

    /// How many devices may be begun before another has ended.
    pub fn room(&self) -> u64 {
        let Some(counters) = self.counters.filter(|_| self.is_open()) else { return 0 };
        let in_flight_max = match self.failures() {
            Some(Failures { seen, borne, .. }) => {
                borne.saturating_sub(seen).saturating_add(1).max(IN_FLIGHT_BESIDE_THRESHOLD)
            }
            None => u64::MAX,
        };
        in_flight_max.saturating_sub(counters.running)
    }

    /// The start time was seen to lie ahead.
    ///
    /// # Errors
    /// The job does not wait.
    pub fn postpone(&mut self) -> Result<(), Refused> {
        self.step(JobEvent::Postpone)
    }

    /// The start time has come.
    ///
    /// # Errors
    /// The job was not scheduled.
    pub fn due(&mut self) -> Result<(), Refused> {
        self.step(JobEvent::Due)
    }

    /// The target list holds so many devices: the job runs and its first batch is open. Without devices it has ended.
    /// A job that was marked as scheduled a moment ago is due all the same.
    ///
    /// # Errors
    /// The job does not wait any more.
    pub fn freeze(&mut self, targets: u64, now: Time) -> Result<(), Refused> {
        let due = self.state.step(JobEvent::Due).unwrap_or(self.state);
        self.state = due.step(JobEvent::Start { targets })?;
        self.counters = Some(Counters { targets, ..Counters::default() });
        if targets == 0 {
            self.ended = Some(now);
        } else {
            self.open_batch(1, 0, now);
        }
        Ok(())
    }

    /// The targets could not be found out.
    ///
    /// # Errors
    /// The job does not wait any more.
    pub fn fail(&mut self, reason: String, now: Time) -> Result<(), Refused> {
        self.step(JobEvent::Fail)?;
        self.reason = Some(reason);
        self.ended = Some(now);
        Ok(())
    }

    /// An attempt is recorded. False, and nothing changed: no device may be begun now.
    pub fn begin(&mut self) -> bool {
        let may = self.room() > 0;
        if may && let Some(counters) = &mut self.counters {
            counters.running += 1;
        }
        may
    }

    /// Nothing was sent to a device that was begun: it is one to be begun again. When the job closed meanwhile, it
    /// ends as the others that were not begun did, which is returned.
    pub fn take_back(&mut self, now: Time) -> Option<Class> {
        if let Some(counters) = &mut self.counters {
            counters.running = counters.running.saturating_sub(1);
            if let Some(class) = self.rest {
                counters.count(class, self.success, 1);
            }
        }
        self.finish_if_done(now);
        self.rest
    }

    /// A device that stood at `before` ends. False, and nothing changed, when it has its outcome already, or was not
    /// begun and the job takes no more. A failure too many cancels the job; the last device of a batch opens the
    /// next, or stops the job where somebody wants to look first; the last of all completes the job.
    pub fn end(&mut self, before: DeviceJobState, class: Class, now: Time) -> bool {
        let pending = match before {
            DeviceJobState::Pending => true,
            DeviceJobState::Running => false,
            DeviceJobState::Ended(_) => return false,
        };
        let open = self.is_open();
        let Some(counters) = self.counters.as_mut().filter(|_| open || !pending) else { return false };
        if !pending {
            counters.running = counters.running.saturating_sub(1);
        }
        let tally = class.tally(self.success);
        counters.count(class, self.success, 1);
        if let Some(batch) = &mut self.batch {
            match tally {
                Tally::Succeeded => batch.succeeded += 1,
                Tally::Failed => batch.failed += 1,
                Tally::Cancelled => {}
            }
        }
        let too_many = self.rest.is_none() && tally == Tally::Failed;
        if let Some(failures) = self.failures().filter(|failures| too_many && failures.seen > failures.borne) {
            self.reason = Some(failures.text());
            // A job whose list is frozen and that is not closed can be cancelled.
            let _ = self.cancel(now);
        }
        self.move_on(now);
        true
    }

    /// An operator stops the job for now. What is in flight still ends.
    ///
    /// # Errors
    /// It has ended, or is stopped.
    pub fn stop(&mut self) -> Result<(), Refused> {
        self.step(JobEvent::Stop)
    }

    /// An operator lets a stopped job go on. One that paused after a batch opens the next.
    ///
    /// # Errors
    /// It is not stopped.
    pub fn resume(&mut self, now: Time) -> Result<(), Refused> {
        self.step(JobEvent::Resume { frozen: self.counters.is_some() })?;
        if let Some(batch) = self.batch.filter(|batch| batch.ended.is_some() && self.rest.is_none()) {
            self.ended_batches.push(batch);
            self.open_batch(batch.number + 1, batch.end(), now);
        }
        Ok(())
    }

    /// An operator wants to look at the open batch before the next one opens. Returns its number.
    ///
    /// # Errors
    /// No batch is open, or none comes after it.
    pub fn pause_after_batch(&mut self) -> Result<u64, NoPause> {
        let batch = pausable(&self.delivery, self.state, self.rest, self.counters, self.batch)?;
        self.pause_after = Some(batch);
        Ok(batch)
    }

    /// An operator does not want to any more.
    ///
    /// # Errors
    /// The job does not pause, or has paused already.
    pub fn withdraw_pause(&mut self) -> Result<(), NoPause> {
        self.pause_after.take().map(|_| ()).ok_or(NoPause::NotAsked)
    }

    /// The job ends; what is in flight is still recorded, the rest is never begun.
    ///
    /// # Errors
    /// It has ended.
    pub fn cancel(&mut self, now: Time) -> Result<(), Refused> {
        self.step(JobEvent::Cancel)?;
        self.ended = Some(now);
        if self.rest.is_none() {
            self.close_rest(Class::Cancelled, now);
        }
        Ok(())
    }

    /// The deadline has come: what was not begun ends [`Class::NeverReached`]. Returns whether that changed
    /// anything. A stopped job looks at its deadline when it is resumed.
    pub fn deadline(&mut self, now: Time) -> bool {
        let open = self.is_open();
        if open {
            self.close_rest(Class::NeverReached, now);
            self.finish_if_done(now);
        }
        open
    }

    fn step(&mut self, event: JobEvent) -> Result<(), Refused> {
        self.state = self.state.step(event)?;
        Ok(())
    }

    /// Gives every device that was not begun this outcome; they get no rows of their own.
    fn close_rest(&mut self, class: Class, now: Time) {
        if let Some(counters) = &mut self.counters {
            let pending = counters.pending();
            counters.count(class, self.success, pending);
            self.rest = Some(class);
        }
        self.pause_after = None;
        if let Some(batch) = &mut self.batch {
            // It may have ended before, and the next has not opened.
            batch.ended = batch.ended.or(Some(now));
        }
    }

    fn finish_if_done(&mut self, now: Time) {
        let done = self.counters.is_some_and(|counters| counters.pending() == 0 && counters.running == 0);
        if done && let Ok(state) = self.state.step(JobEvent::Finish) {
            self.state = state;
            self.ended = Some(now);
            if let Some(batch) = &mut self.batch {
                batch.ended = Some(now);
            }
        }
    }

    /// After an ending: the job is done, or the next batch opens, or the job pauses between the two.
    fn move_on(&mut self, now: Time) {
        self.finish_if_done(now);
        if let Some(batch) = self.batch.filter(Batch::is_done)
            && self.rest.is_none()
            && !self.state.is_final()
        {
            let ended = Batch { ended: Some(now), ..batch };
            if self.pause_after == Some(batch.number) {
                (self.batch, self.pause_after, self.paused) = (Some(ended), None, true);
                // One that somebody stopped meanwhile is stopped.
                let _ = self.step(JobEvent::Stop);
            } else {
                self.ended_batches.push(ended);
                self.open_batch(batch.number + 1, batch.end(), now);
            }
        }
    }

    fn open_batch(&mut self, number: u64, first: u64, now: Time) {
        let targets = self.counters.map_or(0, |counters| counters.targets);
        let size = self.delivery.batch_size(targets).min(targets.saturating_sub(first));
        self.batch = Some(Batch { number, first, size, succeeded: 0, failed: 0, opened: now, ended: None });
    }

    fn failures(&self) -> Option<Failures> {
        Failures::of(&self.delivery, self.counters, self.batch)
    }
}

/// The number of the batch after which a job that stands so may pause.
pub(super) fn pausable(
    delivery: &Delivery,
    state: JobState,
    rest: Option<Class>,
    counters: Option<Counters>,
    batch: Option<Batch>,
) -> Result<u64, NoPause> {
    if delivery.batch.is_none() {
        return Err(NoPause::NoBatches);
    }
    let is_open = state == JobState::Running && rest.is_none();
    match (batch.filter(|_| is_open), counters) {
        (Some(batch), Some(counters)) if batch.end() < counters.targets => Ok(batch.number),
        (Some(_), Some(_)) => Err(NoPause::LastBatch),
        (_, _) => Err(NoPause::NotOpen(state)),
    }
}

/// Failures beside what is borne: what a threshold looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failures {
    /// The threshold.
    pub threshold: Threshold,
    /// Devices that count as failed.
    pub seen: u64,
    /// Among so many.
    pub devices: u64,
    /// So many may fail; one more cancels the job.
    pub borne: u64,
    /// The batch that is open, or the last one.
    pub batch: u64,
}

impl Failures {
    /// Of a job that stands so; `None` without a threshold, and until the target list is frozen.
    pub fn of(delivery: &Delivery, counters: Option<Counters>, batch: Option<Batch>) -> Option<Failures> {
        let (threshold, counters, batch) = (delivery.threshold?, counters?, batch?);
        let (seen, devices) =
            if threshold.per_batch { (batch.failed, batch.size) } else { (counters.failed, counters.targets) };
        let borne = delivery.failures_borne(devices)?;
        Some(Failures { threshold, seen, devices, borne, batch: batch.number })
    }

    fn text(&self) -> String {
        let Failures { seen, devices, batch, .. } = self;
        let limit = match self.threshold.amount {
            Amount::Number(n) => format!("{n} failed devices"),
            Amount::Percentage(p) => format!("{p} percent failed devices"),
        };
        if self.threshold.per_batch {
            let text = format!("{seen} of {devices} devices of batch {batch} failed");
            format!("the cancellation threshold of {limit} in a batch was exceeded: {text}")
        } else {
            format!("the cancellation threshold of {limit} was exceeded: {seen} of {devices} devices failed")
        }
    }
}

#[cfg(test)]
mod tests;
