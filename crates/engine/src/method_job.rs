//! Working through a method job.
//!
//! A pass over the open batch calls every device that is reachable. Devices that are absent fail at once where the
//! job says so, else they stay pending; when one becomes reachable it is called then, until the job's deadline
//! (iot-hub §1.10, iot-central §5.2). Attempts are recorded in groups before they are sent, outcomes in groups as they
//! come, both in one transaction, which says what may be begun next.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bellwether_model::job::{Gate, Job, Offline, Outcome};
use bellwether_model::method::MethodCall;
use bellwether_model::{DeviceSeq, Time};
use bellwether_store::{Ending, Progress, Requirement, StoreError, Target, TargetStanding};
use futures::stream::FuturesUnordered;
use futures::{FutureExt, StreamExt};
use tokio::sync::SemaphorePermit;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};

use crate::calls::{Answered, Call, Calls};
use crate::runner::{ActiveJob, LONGEST_SLEEP, requirement};
use crate::{CallError, DeviceNews, Engine};

/// Devices looked at, and attempts and outcomes recorded, at a time.
const DEVICES_AT_A_TIME: usize = 1000;
/// Devices of which there was news, before looking at everything is the cheaper way.
const HEARD_OF_MAX: usize = 8192;
/// Seconds until a device of which nothing could be sent is looked at again.
const TAKEN_BACK_PAUSE: i64 = 1;

struct MethodJob<'a> {
    /// Its place among the jobs that run at once; given back when it begins no more.
    slot: Option<SemaphorePermit<'a>>,
    engine: &'a Engine,
    job: &'a Job,
    task: &'a ActiveJob,
    requirement: Arc<Requirement>,
    calls: Calls,
    news: Receiver<DeviceNews>,
    /// What may be begun, as the last transaction left it.
    gate: Gate,
    /// The next ordinal of the pass over the open batch; `None` when the pass is over.
    pass: Option<u64>,
    /// Reachable devices that are to be begun.
    candidates: VecDeque<DeviceSeq>,
    /// Devices of which there was news.
    heard_of: BTreeSet<DeviceSeq>,
    in_flight: FuturesUnordered<Call>,
    called: BTreeSet<DeviceSeq>,
    endings: VecDeque<Ending>,
    /// Devices of which nothing could be sent after all.
    taken_back: BTreeSet<DeviceSeq>,
    /// When they are looked at again.
    look_again_at: Option<Time>,
    /// Devices are waited for that may come back after our own start.
    may_return: bool,
}

impl Engine {
    pub(crate) async fn run_method_job<'a>(
        &'a self,
        job: &'a Job,
        calls: &[MethodCall],
        task: &'a ActiveJob,
        slot: Option<SemaphorePermit<'a>>,
    ) -> Result<(), StoreError> {
        // Listen before the pass looks, so that nothing is missed in between.
        let news = self.news.subscribe();
        let gate = self.store.gate(job.key).await?;
        let mut run = MethodJob {
            slot,
            engine: self,
            job,
            task,
            requirement: Arc::new(requirement(&job.spec)),
            calls: Calls::new(&self.world, job, calls),
            news,
            gate,
            pass: Some(gate.from),
            candidates: VecDeque::new(),
            heard_of: BTreeSet::new(),
            in_flight: FuturesUnordered::new(),
            called: BTreeSet::new(),
            endings: VecDeque::new(),
            taken_back: BTreeSet::new(),
            look_again_at: None,
            may_return: false,
        };
        run.work().await
    }
}

impl MethodJob<'_> {
    async fn work(&mut self) -> Result<(), StoreError> {
        loop {
            // A long pass looks up now and then.
            if self.task.changed.notified().now_or_never().is_some() {
                self.look_up().await?;
            }
            let past_deadline = self.job.deadline.is_some_and(|deadline| self.engine.now() >= deadline);
            if self.gate.open && !self.engine.is_stopping() && past_deadline {
                self.close_at_deadline().await;
            }
            if self.may_begin() {
                self.find_candidates().await?;
            }
            if self.write().await {
                return Ok(());
            }
            let stopping = self.engine.is_stopping();
            if self.in_flight.is_empty() && !self.may_begin() && self.endings.is_empty() {
                return Ok(());
            }
            if self.has_work() {
                continue;
            }
            let until_next = self.next_look().map_or(LONGEST_SLEEP, |time| {
                Duration::from_micros(time.micros_since(self.engine.now())).min(LONGEST_SLEEP)
            });
            let may_begin = self.may_begin();
            self.task.waits_for_devices.store(may_begin && self.room() > 0 && self.gate.room > 0, Ordering::Relaxed);
            tokio::select! {
                Some(answered) = self.in_flight.next() => {
                    self.answered(answered);
                    self.drain_answers();
                }
                news = self.news.recv(), if may_begin => self.hear(news),
                () = self.task.changed.notified() => self.look_up().await?,
                () = self.engine.stopping.cancelled(), if !stopping => {}
                () = self.engine.abandoning.cancelled() => self.abandon(),
                () = tokio::time::sleep(until_next), if may_begin => {}
            }
            self.task.waits_for_devices.store(false, Ordering::Relaxed);
        }
    }

    fn may_begin(&self) -> bool {
        self.gate.open && self.slot.is_some() && !self.engine.is_stopping()
    }

    /// How many more calls may be out.
    fn room(&self) -> usize {
        self.engine.settings.calls_in_flight.saturating_sub(self.called.len())
    }

    /// Is there something to do without waiting?
    fn has_work(&self) -> bool {
        let room = self.room() > 0 && self.gate.room > 0;
        let more = !self.candidates.is_empty() || ((self.pass.is_some() || !self.heard_of.is_empty()) && room);
        !self.endings.is_empty() || (more && self.may_begin() && room)
    }

    /// When something is to be done though nothing happens.
    fn next_look(&self) -> Option<Time> {
        let returned = Some(self.engine.grace_ends()).filter(|_| self.may_return);
        [self.look_again_at, self.job.deadline, returned].into_iter().flatten().min()
    }

    /// Looks at devices of which there was news, then goes on with the pass while there is room: a part at a time,
    /// for a list may be long and nobody in it present.
    async fn find_candidates(&mut self) -> Result<(), StoreError> {
        self.hear_all();
        let now = self.engine.now();
        if self.look_again_at.is_some_and(|time| now >= time) {
            self.look_again_at = None;
            self.heard_of.append(&mut self.taken_back);
        }
        if self.may_return && now >= self.engine.grace_ends() {
            self.may_return = false;
            self.pass = Some(self.gate.from);
        }
        let (engine, key) = (self.engine, self.job.key);
        if !self.heard_of.is_empty() && self.candidates.len() < DEVICES_AT_A_TIME {
            let later = self.heard_of.iter().nth(DEVICES_AT_A_TIME).copied();
            let later = later.map(|device| self.heard_of.split_off(&device)).unwrap_or_default();
            let devices: Vec<_> = std::mem::replace(&mut self.heard_of, later).into_iter().collect();
            let targets = engine
                .persist(|| engine.store.targets_among(key, devices.clone(), Arc::clone(&self.requirement)))
                .await;
            self.consider(targets.ok_or(StoreError::Closed)?);
        }
        if let Some(from) = self.pass
            && self.candidates.len() < self.room().min(DEVICES_AT_A_TIME)
        {
            let most = self.gate.until.saturating_sub(from).min(DEVICES_AT_A_TIME as u64) as usize;
            let targets =
                engine.persist(|| engine.store.targets_from(key, from, most, Arc::clone(&self.requirement))).await;
            let targets = targets.ok_or(StoreError::Closed)?;
            self.pass = targets.last().map(|last| last.ordinal + 1);
            self.consider(targets);
        }
        Ok(())
    }

    fn consider(&mut self, targets: Vec<Target>) {
        // A device of a later batch is looked at when that opens.
        let gate = self.gate;
        for target in targets.into_iter().filter(|target| gate.holds(target.ordinal)) {
            let device = target.device;
            match target.standing {
                TargetStanding::Open if self.engine.world.port.reachable(device) => self.candidates.push_back(device),
                TargetStanding::Open => self.absent(&target),
                TargetStanding::Begun => {}
                TargetStanding::Disabled => self.end(device, Outcome::disabled()),
                TargetStanding::Deleted => self.end(device, Outcome::deleted()),
                TargetStanding::Mismatch(outcome) => self.end(device, outcome),
            }
        }
    }

    fn absent(&mut self, target: &Target) {
        match self.job.spec.offline {
            // News of it will come.
            Offline::WaitUntilDeadline => {}
            Offline::FailNow if self.is_on_its_way(target) => self.may_return = true,
            Offline::FailNow => self.end(target.device, Outcome::not_online()),
        }
    }

    /// Our own start cut, or may have cut, the device's connection a moment ago: it has not come back yet, or is back
    /// and does not listen for methods yet.
    fn is_on_its_way(&self, target: &Target) -> bool {
        let back = self.engine.presences.get(target.device);
        let may_be_cut = || !self.engine.presence_known || target.state_updated == self.engine.started;
        let cut = back.map_or_else(may_be_cut, |presence| presence.connected);
        cut && self.engine.now() < self.engine.grace_ends()
    }

    fn end(&mut self, device: DeviceSeq, outcome: Outcome) {
        self.endings.push_back(Ending { device, outcome: Some(outcome) });
    }

    /// Records outcomes and attempts together, then sends the calls. Returns whether the job has ended.
    async fn write(&mut self) -> bool {
        let endings: Vec<Ending> = self.endings.drain(..self.endings.len().min(DEVICES_AT_A_TIME)).collect();
        let room = if self.may_begin() { self.room().min(DEVICES_AT_A_TIME) } else { 0 };
        // Each outcome may make room for another device.
        let allowed = usize::try_from(self.gate.room).unwrap_or(usize::MAX).saturating_add(endings.len());
        let take = room.min(allowed).min(self.candidates.len());
        let candidates: Vec<DeviceSeq> = self.candidates.drain(..take).collect();
        let mut over = false;
        if !endings.is_empty() || !candidates.is_empty() {
            let (engine, key) = (self.engine, self.job.key);
            // Whoever stops the job waits for this, so that nothing is sent after it was said to be stopped.
            let _sending = self.task.sending.lock().await;
            let write = || {
                let requirement = Arc::clone(&self.requirement);
                let (endings, candidates) = (endings.clone(), candidates.clone());
                engine.store.record_and_begin(key, endings, candidates, requirement, engine.epoch, engine.now())
            };
            // None: the store is closed, nothing can be done any more.
            let Some(progress) = engine.persist(write).await else { return true };
            over = progress.over;
            self.go_on(progress, candidates, endings);
        }
        self.drain_answers();
        over
    }

    fn go_on(&mut self, progress: Progress, candidates: Vec<DeviceSeq>, endings: Vec<Ending>) {
        let Progress { begun, gate, .. } = progress;
        if gate.open && gate.from != self.gate.from {
            // The next batch is open.
            self.pass = Some(gate.from);
            self.candidates.clear();
        } else if gate.open && gate.room == 0 {
            // They have to wait until another device has ended.
            let held_back = candidates.into_iter().filter(|device| begun.binary_search(device).is_err());
            held_back.rev().for_each(|device| self.candidates.push_front(device));
        } else if gate.open {
            // They are not what they were when they were looked up: they are looked at again.
            self.heard_of.extend(candidates.into_iter().filter(|device| begun.binary_search(device).is_err()));
        }
        self.enter(gate);
        // There may have been news of a device between its attempt and its being taken back. It is looked at
        // again after a pause, for what could not be sent a moment ago most often cannot be sent now.
        let taken_back = endings.into_iter().filter(|ending| ending.outcome.is_none());
        self.taken_back.extend(taken_back.map(|ending| ending.device));
        if !self.taken_back.is_empty() && self.look_again_at.is_none() {
            self.look_again_at = Some(self.engine.now().plus_seconds(TAKEN_BACK_PAUSE));
        }
        for device in begun {
            self.called.insert(device);
            let mut call = self.calls.send(device);
            // A call goes out when it is first polled: here, not when its turn among the others comes.
            match (&mut call).now_or_never() {
                Some(answered) => self.answered(answered),
                None => self.in_flight.push(call),
            }
        }
    }

    /// Goes by what may be begun now. A job that begins no more gives its slot back.
    fn enter(&mut self, gate: Gate) {
        self.gate = gate;
        if !gate.open {
            self.candidates.clear();
            self.slot = None;
        }
    }

    fn answered(&mut self, Answered { device, answers, times, error }: Answered) {
        self.called.remove(&device);
        let sent_nothing = answers.is_empty();
        let outcome = match error {
            None => Some(Outcome::answered(answers, self.job.spec.success)),
            Some(CallError::NotConnected) if sent_nothing => match self.job.spec.offline {
                Offline::FailNow => Some(Outcome::not_online()),
                Offline::WaitUntilDeadline => None,
            },
            Some(CallError::NotConnected | CallError::ConnectionLost) => {
                Some(Outcome::connection_lost().after(answers))
            }
            Some(CallError::TimedOut) => Some(Outcome::timed_out().after(answers)),
            Some(CallError::Malformed(reason)) => Some(Outcome::malformed_answer(&reason).after(answers)),
        };
        let outcome = outcome.map(|outcome| outcome.timed(times));
        self.endings.push_back(Ending { device, outcome });
    }

    fn drain_answers(&mut self) {
        while let Some(Some(answered)) = self.in_flight.next().now_or_never() {
            self.answered(answered);
        }
    }

    fn hear(&mut self, news: Result<DeviceNews, RecvError>) {
        match news {
            Ok(DeviceNews::Reachable(device) | DeviceNews::Withdrawn(device)) => {
                self.heard_of.insert(device);
                if self.heard_of.len() > HEARD_OF_MAX {
                    self.heard_of.clear();
                    self.pass = Some(self.gate.from);
                }
            }
            // Too much news to be told one by one: look at everything again. The engine holds the sender as long as
            // it lives.
            Err(RecvError::Lagged(_) | RecvError::Closed) => self.pass = Some(self.gate.from),
        }
    }

    fn hear_all(&mut self) {
        loop {
            match self.news.try_recv() {
                Ok(news) => self.hear(Ok(news)),
                Err(TryRecvError::Lagged(missed)) => self.hear(Err(RecvError::Lagged(missed))),
                Err(TryRecvError::Empty | TryRecvError::Closed) => return,
            }
        }
    }

    async fn close_at_deadline(&mut self) {
        let (engine, key) = (self.engine, self.job.key);
        engine.persist(|| engine.store.close_at_deadline(key, engine.now())).await;
        self.enter(Gate { open: false, ..self.gate });
    }

    /// The job was changed from outside: cancelled, stopped or resumed. One that is resumed while calls of it are
    /// out goes on here if there is a slot, else when they have ended.
    async fn look_up(&mut self) -> Result<(), StoreError> {
        let (engine, key) = (self.engine, self.job.key);
        let gate = engine.persist(|| engine.store.gate(key)).await.ok_or(StoreError::Closed)?;
        self.enter(gate);
        if gate.open && self.slot.is_none() {
            self.slot = engine.slots.try_acquire().ok();
            self.pass = Some(gate.from);
        }
        Ok(())
    }

    /// The program stops and no longer waits for answers.
    fn abandon(&mut self) {
        for device in std::mem::take(&mut self.called) {
            self.end(device, Outcome::unknown());
        }
        self.in_flight.clear();
    }
}
