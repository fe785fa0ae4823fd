//! Which devices are connected, and the engine's way to them.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bellwether_engine::{CallError, DevicePort};
use bellwether_model::DeviceSeq;
use bellwether_model::method::{MethodAnswer, MethodCall};
use futures::FutureExt;
use futures::future::BoxFuture;
use parking_lot::{Mutex, RwLock};

use crate::link::{CallResult, Link};
use crate::protocol::command::CloseReason;
use crate::settings::QueueLimits;

const SHARDS: usize = 256;

/// All sessions of a gateway, by device. One connection per identity (device-protocol §2.6).
pub struct Sessions {
    epoch: i64,
    limits: QueueLimits,
    next_call: AtomicU64,
    next_session: AtomicU64,
    /// Closings asked for by the engine, of all shards.
    revocations: AtomicU64,
    shards: Box<[Shard]>,
}

#[derive(Default)]
struct Shard {
    links: RwLock<HashMap<DeviceSeq, Arc<Link>>>,
    /// Held while a session enters or leaves and the engine hears of it, so that it hears in that order.
    /// Never taken by [`DevicePort`]: the engine may call back.
    order: Mutex<()>,
    revocations: AtomicU64,
}

/// What had been revoked when an identity was read from the store.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Stamp {
    All(u64),
    Shard(usize, u64),
}

/// The identity may have been revoked since it was read: read it again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stale;

impl Sessions {
    /// No sessions yet. `epoch` is the number of this start of the server: together with a counter it is the
    /// `$rid` of calls, so that an answer from before a restart never matches (DESIGN §6.7).
    pub fn new(epoch: i64, limits: QueueLimits) -> Arc<Sessions> {
        Arc::new(Sessions {
            epoch,
            limits,
            next_call: AtomicU64::new(1),
            next_session: AtomicU64::new(1),
            revocations: AtomicU64::new(0),
            shards: (0..SHARDS).map(|_| Shard::default()).collect(),
        })
    }

    fn shard_index(device: DeviceSeq) -> usize {
        // Keys are given out in order, so their low bits spread evenly.
        usize::try_from(device.0.rem_euclid(SHARDS as i64)).unwrap_or(0)
    }

    fn shard(&self, device: DeviceSeq) -> &Shard {
        &self.shards[Self::shard_index(device)]
    }

    fn link(&self, device: DeviceSeq) -> Option<Arc<Link>> {
        self.shard(device).links.read().get(&device).cloned()
    }

    /// How many devices are connected.
    pub fn connected(&self) -> usize {
        self.shards.iter().map(|shard| shard.links.read().len()).sum()
    }

    /// A number for a new session.
    pub(crate) fn session_number(&self) -> u64 {
        self.next_session.fetch_add(1, Ordering::Relaxed)
    }

    /// Call before reading the identity of a device that is about to [`enter`](Self::enter); with its key if
    /// that is known.
    pub(crate) fn stamp(&self, device: Option<DeviceSeq>) -> Stamp {
        match device {
            None => Stamp::All(self.revocations.load(Ordering::SeqCst)),
            Some(device) => {
                Stamp::Shard(Self::shard_index(device), self.shard(device).revocations.load(Ordering::SeqCst))
            }
        }
    }

    /// Makes `session` the one session of the device and closes an older one. `heard` runs before anything else
    /// happens to the device's presence.
    ///
    /// # Errors
    /// [`Stale`]: something was revoked after `stamp`, perhaps this identity. Nothing happened.
    pub(crate) fn enter(
        &self,
        session: u64,
        device: DeviceSeq,
        stamp: Stamp,
        heard: impl FnOnce(),
    ) -> Result<Arc<Link>, Stale> {
        let shard = self.shard(device);
        let link = Arc::new(Link::new(session, device, self.limits));
        let _order = shard.order.lock();
        let older = {
            let mut links = shard.links.write();
            // A revocation is counted before its session is looked for: if it is not counted here yet, it
            // will find this session.
            let fresh = match stamp {
                Stamp::All(count) => self.revocations.load(Ordering::SeqCst) == count,
                Stamp::Shard(index, count) => {
                    index == Self::shard_index(device) && shard.revocations.load(Ordering::SeqCst) == count
                }
            };
            if !fresh {
                return Err(Stale);
            }
            links.insert(device, Arc::clone(&link))
        };
        if let Some(older) = older {
            older.close(CloseReason::TakenOver);
        }
        heard();
        Ok(link)
    }

    /// The session has ended. `heard` runs only if it was still the device's session.
    pub(crate) fn leave(&self, link: &Link, heard: impl FnOnce()) {
        let shard = self.shard(link.device);
        let _order = shard.order.lock();
        let mut links = shard.links.write();
        if links.get(&link.device).is_some_and(|current| current.session == link.session) {
            links.remove(&link.device);
            drop(links);
            heard();
        }
    }

    /// Closes every session.
    pub(crate) fn close_all(&self) {
        for shard in &self.shards {
            let links: Vec<Arc<Link>> = shard.links.read().values().cloned().collect();
            for link in links {
                link.close(CloseReason::ShuttingDown);
            }
        }
    }

    /// The `$rid` of call `number`: no `/`, `&`, `#` or `+` in it (device-protocol §5).
    pub(crate) fn request_id(&self, number: u64) -> String {
        format!("{:x}-{number:x}", self.epoch)
    }

    /// The call that an answer's `$rid` names, if this process gave it out.
    pub(crate) fn call_number(&self, rid: &str) -> Option<u64> {
        let (epoch, number) = rid.split_once('-')?;
        let number = u64::from_str_radix(number, 16).ok()?;
        (i64::from_str_radix(epoch, 16).ok()? == self.epoch).then_some(number)
    }
}

/// Forgets a call when its caller is gone.
struct Waiting {
    link: Arc<Link>,
    number: u64,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.link.give_up(self.number);
    }
}

async fn wait(link: Arc<Link>, number: u64, call: Arc<MethodCall>, timeout: Duration) -> CallResult {
    let Some(answer) = link.call(number, call) else { return Err(CallError::NotConnected) };
    let waiting = Waiting { link, number };
    match tokio::time::timeout(timeout, answer).await {
        Ok(Ok(result)) => result,
        // The link is dropped with its session, after all calls ended.
        Ok(Err(_)) => Err(CallError::ConnectionLost),
        // What never left the queue was not sent: it may be tried again without harm.
        Err(_) => match waiting.link.give_up(number) {
            Some(false) => Err(CallError::NotConnected),
            Some(true) | None => Err(CallError::TimedOut),
        },
    }
}

impl DevicePort for Sessions {
    fn reachable(&self, device: DeviceSeq) -> bool {
        self.shard(device).links.read().get(&device).is_some_and(|link| link.reachable())
    }

    fn call(
        &self,
        device: DeviceSeq,
        call: Arc<MethodCall>,
        timeout: Duration,
    ) -> BoxFuture<'static, Result<MethodAnswer, CallError>> {
        match self.link(device) {
            None => futures::future::ready(Err(CallError::NotConnected)).boxed(),
            Some(link) => wait(link, self.next_call.fetch_add(1, Ordering::Relaxed), call, timeout).boxed(),
        }
    }

    fn desired_changed(&self, device: DeviceSeq, patch: &Arc<str>, version: i64) {
        if let Some(link) = self.shard(device).links.read().get(&device) {
            link.desired_changed(patch, version);
        }
    }

    fn close(&self, device: DeviceSeq) {
        let shard = self.shard(device);
        self.revocations.fetch_add(1, Ordering::SeqCst);
        shard.revocations.fetch_add(1, Ordering::SeqCst);
        if let Some(link) = self.link(device) {
            link.close(CloseReason::Revoked);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::subscriptions::Subscriptions;

    const DEVICE: DeviceSeq = DeviceSeq(700);

    fn sessions() -> Arc<Sessions> {
        Sessions::new(0x1f, QueueLimits::default())
    }

    fn call() -> Arc<MethodCall> {
        Arc::new(MethodCall { name: "m".into(), payload: "1".into(), response_timeout: 30, connect_timeout: None })
    }

    fn enter(sessions: &Sessions) -> Arc<Link> {
        let link = sessions.enter(sessions.session_number(), DEVICE, sessions.stamp(None), || ()).unwrap();
        link.subscribed(&Subscriptions::from_rows([("$iothub/methods/POST/#", 0)], "d"));
        link
    }

    #[test]
    fn request_ids_belong_to_this_start() {
        let sessions = sessions();
        assert_eq!(sessions.request_id(255), "1f-ff");
        assert_eq!(sessions.call_number("1f-ff"), Some(255));
        for other in ["1e-ff", "ff", "", "-", "1f-", "1f-x", "1f-ff-1", "c3f7bb07-0f5c"] {
            assert_eq!(sessions.call_number(other), None, "{other}");
        }
    }

    #[test]
    fn a_newer_session_takes_over() {
        let sessions = sessions();
        let (older, newer) = (enter(&sessions), enter(&sessions));
        assert_eq!(older.closing(), Some(CloseReason::TakenOver));
        assert_eq!((newer.closing(), sessions.connected()), (None, 1));
        sessions.leave(&older, || panic!("the device is still connected"));
        assert!(sessions.reachable(DEVICE));
        let mut heard = false;
        sessions.leave(&newer, || heard = true);
        assert!(heard && !sessions.reachable(DEVICE) && sessions.connected() == 0);
    }

    #[test]
    fn a_revocation_between_reading_and_entering() {
        let sessions = sessions();
        let (all, shard) = (sessions.stamp(None), sessions.stamp(Some(DEVICE)));
        sessions.close(DeviceSeq(701));
        let enter = |stamp| sessions.enter(1, DEVICE, stamp, || ()).map(|link| link.session);
        assert_eq!(enter(all), Err(Stale));
        assert_eq!(enter(shard), Ok(1));
        sessions.close(DEVICE);
        assert_eq!(enter(shard), Err(Stale));
        assert_eq!(enter(sessions.stamp(Some(DeviceSeq(701)))), Err(Stale));
    }

    #[test]
    fn revoked() {
        let sessions = sessions();
        let link = enter(&sessions);
        sessions.close(DEVICE);
        assert_eq!(link.closing(), Some(CloseReason::Revoked));
        assert!(!sessions.reachable(DEVICE));
    }

    #[tokio::test(start_paused = true)]
    async fn calls() {
        let sessions = sessions();
        let timeout = Duration::from_secs(5);
        assert_eq!(sessions.call(DEVICE, call(), timeout).await, Err(CallError::NotConnected));
        let link = enter(&sessions);
        assert_eq!(sessions.call(DEVICE, call(), timeout).await, Err(CallError::NotConnected));
        assert!(link.take().is_none(), "nobody waits for it any more");

        let waiting = tokio::spawn(sessions.call(DEVICE, call(), timeout));
        tokio::task::yield_now().await;
        assert!(link.take().is_some());
        assert_eq!(waiting.await.unwrap(), Err(CallError::TimedOut));

        let waiting = tokio::spawn(sessions.call(DEVICE, call(), timeout));
        tokio::task::yield_now().await;
        assert!(link.take().is_some());
        enter(&sessions);
        assert_eq!(waiting.await.unwrap(), Err(CallError::ConnectionLost));
    }
}
