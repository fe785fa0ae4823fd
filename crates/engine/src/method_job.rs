//! Working through a method job.
//!
//! A pass over the target list calls every device that is reachable. Devices that are absent stay pending; when
//! one becomes reachable it is called then, until the job's deadline (iot-hub §1.10). Attempts are recorded in
//! groups before they are sent, outcomes in groups as they come; both share one commit.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use bellwether_model::job::{Job, Outcome};
use bellwether_model::method::{MethodAnswer, MethodCall};
use bellwether_model::{DeviceSeq, Time};
use bellwether_store::{BlockTarget, Ending, StoreError, TargetStanding};
use futures::StreamExt;
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::sync::{Notify, SemaphorePermit};

use crate::{CallError, DeviceNews, Engine};

/// Attempts recorded in one transaction.
const ATTEMPTS_IN_ONE_WRITE: usize = 1000;
/// Seconds until a device of which nothing could be sent is looked at again.
const TAKEN_BACK_PAUSE: i64 = 1;
/// The longest sleep before the deadline is looked at again: the clock may be set meanwhile.
const LONGEST_SLEEP: Duration = Duration::from_secs(30);

type Call = BoxFuture<'static, (DeviceSeq, Result<MethodAnswer, CallError>)>;

struct MethodJob<'a> {
    /// Its place among the jobs that run at once; given back when it begins no more.
    slot: Option<SemaphorePermit<'a>>,
    engine: &'a Engine,
    job: &'a Job,
    call: Arc<MethodCall>,
    news: Receiver<DeviceNews>,
    /// The next block of the pass; `None` when the pass is over.
    pass: Option<u64>,
    /// Reachable devices that are to be begun.
    candidates: VecDeque<DeviceSeq>,
    /// Devices of which there was news.
    heard_of: BTreeSet<DeviceSeq>,
    in_flight: FuturesUnordered<Call>,
    called: BTreeSet<DeviceSeq>,
    endings: Vec<Ending>,
    /// Devices of which nothing could be sent after all.
    taken_back: BTreeSet<DeviceSeq>,
    /// When they are looked at again.
    look_again_at: Option<Time>,
    /// No device may be begun any more: cancelled, or past the deadline.
    closed: bool,
}

impl Engine {
    pub(crate) async fn run_method_job<'a>(
        &'a self,
        job: &Job,
        call: &MethodCall,
        changed: &Notify,
        slot: Option<SemaphorePermit<'a>>,
    ) -> Result<(), StoreError> {
        let mut run = MethodJob {
            slot,
            engine: self,
            job,
            call: Arc::new(call.clone()),
            // Listen before the pass looks, so that nothing is missed in between.
            news: self.news.subscribe(),
            pass: Some(0),
            candidates: VecDeque::new(),
            heard_of: BTreeSet::new(),
            in_flight: FuturesUnordered::new(),
            called: BTreeSet::new(),
            endings: Vec::new(),
            taken_back: BTreeSet::new(),
            look_again_at: None,
            closed: job.rest.is_some(),
        };
        run.work(changed).await
    }
}

impl MethodJob<'_> {
    async fn work(&mut self, changed: &Notify) -> Result<(), StoreError> {
        loop {
            let stopping = self.engine.is_stopping();
            if !self.closed && !stopping && self.is_past_deadline() {
                self.close_at_deadline().await;
            }
            if !self.closed && !stopping {
                self.find_candidates().await?;
            }
            if self.write().await {
                return Ok(());
            }
            if self.in_flight.is_empty() && (stopping || self.closed) && self.endings.is_empty() {
                return Ok(());
            }
            if self.has_work() {
                continue;
            }
            let next = [self.look_again_at, self.job.deadline].into_iter().flatten().min();
            let until_next =
                next.map_or(LONGEST_SLEEP, |time| Duration::from_micros(time.micros_since(self.engine.now())));
            tokio::select! {
                Some((device, result)) = self.in_flight.next() => {
                    self.answered(device, result);
                    self.drain_answers();
                }
                news = self.news.recv(), if !self.closed && !stopping => self.hear(news),
                () = changed.notified(), if !self.closed => self.look_again().await?,
                () = self.engine.stopping.cancelled(), if !stopping => {}
                () = self.engine.abandoning.cancelled() => self.abandon(),
                () = tokio::time::sleep(until_next.min(LONGEST_SLEEP)), if !self.closed && !stopping => {}
            }
        }
    }

    fn is_past_deadline(&self) -> bool {
        self.job.deadline.is_some_and(|deadline| self.engine.now() >= deadline)
    }

    fn room(&self) -> usize {
        self.engine.settings.calls_in_flight.saturating_sub(self.called.len())
    }

    /// Is there something to do without waiting?
    fn has_work(&self) -> bool {
        let stopping = self.engine.is_stopping();
        let more = self.pass.is_some() || !self.candidates.is_empty() || !self.heard_of.is_empty();
        !self.endings.is_empty() || (more && !self.closed && !stopping && self.room() > 0)
    }

    /// Looks at devices of which there was news, then goes on with the pass while there is room.
    async fn find_candidates(&mut self) -> Result<(), StoreError> {
        self.hear_all();
        if self.look_again_at.is_some_and(|time| self.engine.now() >= time) {
            self.look_again_at = None;
            self.heard_of.append(&mut self.taken_back);
        }
        if !self.heard_of.is_empty() && self.candidates.len() < ATTEMPTS_IN_ONE_WRITE {
            let devices: Vec<DeviceSeq> = std::mem::take(&mut self.heard_of).into_iter().collect();
            let (engine, key) = (self.engine, self.job.key);
            let targets = engine.persist(|| engine.store.targets_among(key, devices.clone())).await;
            self.consider(targets.ok_or(StoreError::Closed)?);
        }
        while let Some(number) = self.pass
            && self.candidates.len() < self.room().min(ATTEMPTS_IN_ONE_WRITE)
        {
            let (engine, key) = (self.engine, self.job.key);
            let block = engine.persist(|| engine.store.target_block(key, number)).await;
            match block.ok_or(StoreError::Closed)? {
                Some(targets) => {
                    self.pass = Some(number + 1);
                    self.consider(targets);
                }
                None => self.pass = None,
            }
        }
        Ok(())
    }

    fn consider(&mut self, targets: Vec<BlockTarget>) {
        for BlockTarget { device, standing } in targets {
            match standing {
                TargetStanding::Open if self.engine.world.port.reachable(device) => self.candidates.push_back(device),
                // Absent: news of it will come.
                TargetStanding::Open | TargetStanding::Begun => {}
                TargetStanding::Disabled => self.end(device, Outcome::disabled()),
                TargetStanding::Deleted => self.end(device, Outcome::deleted()),
            }
        }
    }

    fn end(&mut self, device: DeviceSeq, outcome: Outcome) {
        self.endings.push(Ending { device, outcome: Some(outcome) });
    }

    /// Records attempts and outcomes together, then sends the calls. Returns whether the job has ended.
    async fn write(&mut self) -> bool {
        let endings = std::mem::take(&mut self.endings);
        let room = if self.closed || self.engine.is_stopping() { 0 } else { self.room() };
        let take = room.min(ATTEMPTS_IN_ONE_WRITE).min(self.candidates.len());
        let candidates: Vec<DeviceSeq> = self.candidates.drain(..take).collect();
        let (engine, key) = (self.engine, self.job.key);
        let record = async {
            if endings.is_empty() {
                return Some(false);
            }
            engine.persist(|| engine.store.record_endings(key, endings.clone(), engine.now())).await
        };
        let begin = async {
            if candidates.is_empty() {
                return Some(Vec::new());
            }
            engine.persist(|| engine.store.begin_attempts(key, candidates.clone(), engine.epoch, engine.now())).await
        };
        let (ended, begun) = tokio::join!(record, begin);
        // There may have been news of a device between its attempt and its being taken back. It is looked at
        // again after a pause, for what could not be sent a moment ago most often cannot be sent now.
        let taken_back = endings.into_iter().filter(|ending| ending.outcome.is_none());
        self.taken_back.extend(taken_back.map(|ending| ending.device));
        if !self.taken_back.is_empty() && self.look_again_at.is_none() {
            self.look_again_at = Some(engine.now().plus_seconds(TAKEN_BACK_PAUSE));
        }
        for device in begun.unwrap_or_default() {
            self.send(device);
        }
        // A call goes out when it is first polled.
        self.drain_answers();
        // None: the store is closed, nothing can be done any more.
        ended.unwrap_or(true)
    }

    fn send(&mut self, device: DeviceSeq) {
        let timeout = Duration::from_secs(self.call.response_timeout.into());
        let timeout = match self.job.deadline {
            Some(deadline) => timeout.min(Duration::from_micros(deadline.micros_since(self.engine.now()))),
            None => timeout,
        };
        let call = self.engine.world.port.call(device, Arc::clone(&self.call), timeout);
        self.called.insert(device);
        self.in_flight.push(Box::pin(async move { (device, call.await) }));
    }

    fn answered(&mut self, device: DeviceSeq, result: Result<MethodAnswer, CallError>) {
        self.called.remove(&device);
        let outcome = match result {
            Ok(answer) => Some(Outcome::answered(answer)),
            Err(CallError::NotConnected) => None,
            Err(CallError::ConnectionLost) => Some(Outcome::connection_lost()),
            Err(CallError::TimedOut) => Some(Outcome::timed_out()),
            Err(CallError::Malformed(reason)) => Some(Outcome::malformed_answer(&reason)),
        };
        self.endings.push(Ending { device, outcome });
    }

    fn drain_answers(&mut self) {
        use futures::FutureExt;
        while let Some(Some((device, result))) = self.in_flight.next().now_or_never() {
            self.answered(device, result);
        }
    }

    fn hear(&mut self, news: Result<DeviceNews, RecvError>) {
        match news {
            Ok(DeviceNews::Reachable(device) | DeviceNews::Withdrawn(device)) => {
                self.heard_of.insert(device);
            }
            // Too much news to be told one by one: look at everything again.
            Err(RecvError::Lagged(_)) => self.pass = Some(0),
            Err(RecvError::Closed) => self.closed = true,
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
        self.close();
    }

    /// The job was changed from outside: it was cancelled.
    async fn look_again(&mut self) -> Result<(), StoreError> {
        let (engine, key) = (self.engine, self.job.key);
        let job = engine.persist(|| engine.store.job_by_key(key)).await.ok_or(StoreError::Closed)?;
        if job.is_none_or(|job| job.state.is_final()) {
            self.close();
        }
        Ok(())
    }

    fn close(&mut self) {
        self.closed = true;
        self.candidates.clear();
        self.slot = None;
    }

    /// The program stops and no longer waits for answers.
    fn abandon(&mut self) {
        for device in std::mem::take(&mut self.called) {
            self.end(device, Outcome::unknown());
        }
        self.in_flight.clear();
    }
}
