//! The mailbox of one session: what other tasks want its device to get, and the calls that wait for answers.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use bellwether_engine::CallError;
use bellwether_model::DeviceSeq;
use bellwether_model::method::{MethodAnswer, MethodCall};
use futures::task::AtomicWaker;
use parking_lot::Mutex;
use tokio::sync::oneshot;

use crate::protocol::command::CloseReason;
use crate::protocol::subscriptions::Subscriptions;
use crate::settings::QueueLimits;

const METHODS: u8 = 1;
const DESIRED: u8 = 2;
const CLOSED: u8 = 4;

/// What waits to be written to a device.
#[derive(Debug)]
pub enum Outbound {
    /// A direct method call.
    Call {
        /// Its number, unique in this process.
        number: u64,
        /// Name and payload.
        call: Arc<MethodCall>,
    },
    /// A change of the desired section.
    Desired {
        /// JSON object text without `$version`.
        patch: Arc<str>,
        /// The section's version with the change.
        version: i64,
    },
}

impl Outbound {
    fn bytes(&self) -> usize {
        match self {
            Outbound::Call { call, .. } => call.name.len() + call.payload.len(),
            Outbound::Desired { patch, .. } => patch.len(),
        }
    }
}

/// How a call ended.
pub type CallResult = Result<MethodAnswer, CallError>;

/// The session's end of this is its task, which alone takes from the queue.
#[derive(Debug)]
pub struct Link {
    /// Tells this session from earlier and later ones of the device.
    pub session: u64,
    /// The device.
    pub device: DeviceSeq,
    limits: QueueLimits,
    flags: AtomicU8,
    waker: AtomicWaker,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    queue: VecDeque<Outbound>,
    queued_bytes: usize,
    /// By number. Empty, and without memory, while nobody calls.
    calls: HashMap<u64, Call>,
    closing: Option<CloseReason>,
}

#[derive(Debug)]
struct Call {
    /// It was handed to the socket: the device may have got it.
    sent: bool,
    result: oneshot::Sender<CallResult>,
}

impl Link {
    /// The mailbox of a session that has no subscriptions yet.
    pub fn new(session: u64, device: DeviceSeq, limits: QueueLimits) -> Link {
        Link { session, device, limits, flags: AtomicU8::new(0), waker: AtomicWaker::new(), state: Mutex::default() }
    }

    /// Makes known what the device is subscribed to. Returns whether methods became deliverable by it.
    pub fn subscribed(&self, subscriptions: &Subscriptions) -> bool {
        let methods = if subscriptions.any_method() { METHODS } else { 0 };
        let desired = if subscriptions.desired.is_some() { DESIRED } else { 0 };
        let after = |flags: u8| Some(flags & CLOSED | methods | desired);
        let (Ok(before) | Err(before)) = self.flags.fetch_update(Ordering::AcqRel, Ordering::Acquire, after);
        methods != 0 && before & METHODS == 0
    }

    /// Would a method call reach the device?
    pub fn reachable(&self) -> bool {
        self.flags.load(Ordering::Acquire) & (METHODS | CLOSED) == METHODS
    }

    /// Queues a notification, if the device is subscribed. Never waits.
    pub fn desired_changed(&self, patch: &Arc<str>, version: i64) {
        if self.flags.load(Ordering::Acquire) & (DESIRED | CLOSED) == DESIRED {
            self.push(Outbound::Desired { patch: Arc::clone(patch), version }, None);
        }
    }

    /// Queues a call; what comes of it arrives at the receiver. `None` when the session is closed.
    pub fn call(&self, number: u64, call: Arc<MethodCall>) -> Option<oneshot::Receiver<CallResult>> {
        if !self.reachable() {
            return None;
        }
        let (sender, receiver) = oneshot::channel();
        let call = Outbound::Call { number, call };
        self.push(call, Some((number, sender))).then_some(receiver)
    }

    fn push(&self, item: Outbound, call: Option<(u64, oneshot::Sender<CallResult>)>) -> bool {
        let bytes = item.bytes();
        let mut state = self.state.lock();
        if state.closing.is_some() {
            return false;
        }
        if state.queue.len() >= self.limits.messages_max || state.queued_bytes + bytes > self.limits.bytes_max {
            drop(state);
            self.close(CloseReason::Overflow);
            return false;
        }
        state.queued_bytes += bytes;
        state.queue.push_back(item);
        if let Some((number, result)) = call {
            state.calls.insert(number, Call { sent: false, result });
        }
        drop(state);
        self.waker.wake();
        true
    }

    /// The next thing to write. A call is counted as sent from here on; one that nobody waits for any more is
    /// passed over.
    pub fn take(&self) -> Option<Outbound> {
        let mut state = self.state.lock();
        while let Some(item) = state.queue.pop_front() {
            state.queued_bytes -= item.bytes();
            if state.queue.is_empty() {
                state.queue = VecDeque::new();
            }
            match &item {
                Outbound::Desired { .. } => return Some(item),
                Outbound::Call { number, .. } => {
                    if let Some(call) = state.calls.get_mut(number) {
                        call.sent = true;
                        return Some(item);
                    }
                }
            }
        }
        None
    }

    /// Ends a call. Nothing happens when it is not known: answered before, given up, or of another session.
    pub fn end_call(&self, number: u64, result: CallResult) {
        if let Some(call) = self.forget(number) {
            // Nobody may wait any more.
            let _ = call.result.send(result);
        }
    }

    /// The caller waits no longer. Returns whether the call had been sent; `None` when it had ended.
    pub fn give_up(&self, number: u64) -> Option<bool> {
        self.forget(number).map(|call| call.sent)
    }

    fn forget(&self, number: u64) -> Option<Call> {
        let mut state = self.state.lock();
        let call = state.calls.remove(&number);
        if state.calls.is_empty() {
            state.calls = HashMap::new();
        }
        call
    }

    /// Asks the session to end. The first reason stands. Calls end at once: those that were not handed to the
    /// socket as not connected, the others as lost (device-protocol §2.6).
    pub fn close(&self, reason: CloseReason) {
        self.flags.fetch_or(CLOSED, Ordering::AcqRel);
        let mut state = self.state.lock();
        if state.closing.is_some() {
            return;
        }
        state.closing = Some(reason);
        state.queue = VecDeque::new();
        state.queued_bytes = 0;
        let calls = std::mem::take(&mut state.calls);
        drop(state);
        for call in calls.into_values() {
            let error = if call.sent { CallError::ConnectionLost } else { CallError::NotConnected };
            let _ = call.result.send(Err(error));
        }
        self.waker.wake();
    }

    /// Why the session was asked to end.
    pub fn closing(&self) -> Option<CloseReason> {
        if self.flags.load(Ordering::Acquire) & CLOSED == 0 {
            return None;
        }
        self.state.lock().closing.clone()
    }

    /// Wakes this task when there is something to take or a reason to close. Look for both afterwards.
    pub fn register(&self, waker: &std::task::Waker) {
        self.waker.register(waker);
    }

    /// Is there something to take?
    pub fn has_outbound(&self) -> bool {
        !self.state.lock().queue.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call() -> Arc<MethodCall> {
        Arc::new(MethodCall {
            name: "reboot".into(),
            payload: "null".into(),
            response_timeout: 30,
            connect_timeout: None,
        })
    }

    fn link(messages_max: usize, bytes_max: usize) -> Link {
        let link = Link::new(1, DeviceSeq(1), QueueLimits { messages_max, bytes_max });
        let filters = ["$iothub/methods/POST/#", "$iothub/twin/PATCH/properties/desired/#"];
        assert!(link.subscribed(&Subscriptions::from_rows(filters.map(|f| (f, 0)), "d")));
        link
    }

    fn patch(text: &str) -> Arc<str> {
        text.into()
    }

    #[test]
    fn only_subscribers_get_something() {
        let link = Link::new(1, DeviceSeq(1), QueueLimits::default());
        link.desired_changed(&patch("{}"), 2);
        assert!(link.call(1, call()).is_none());
        assert!(!link.has_outbound() && !link.reachable());
        assert!(!link.subscribed(&Subscriptions::default()));
    }

    #[test]
    fn in_order() {
        let link = link(8, 1000);
        let _receiver = link.call(1, call());
        link.desired_changed(&patch("{}"), 2);
        assert!(matches!(link.take(), Some(Outbound::Call { number: 1, .. })));
        assert!(matches!(link.take(), Some(Outbound::Desired { version: 2, .. })));
        assert!(link.take().is_none());
    }

    #[test]
    fn an_answer_counts_once() {
        let link = link(8, 1000);
        let mut receiver = link.call(1, call()).unwrap();
        let answer = || Ok(MethodAnswer { status: 200, payload: "null".into() });
        link.end_call(2, answer());
        assert!(receiver.try_recv().is_err());
        link.end_call(1, answer());
        link.end_call(1, Err(CallError::TimedOut));
        assert_eq!(receiver.try_recv().unwrap().unwrap().status, 200);
    }

    #[test]
    fn given_up_calls_are_not_sent() {
        let link = link(8, 1000);
        let _receiver = link.call(1, call());
        link.give_up(1);
        assert!(link.take().is_none());
    }

    #[test]
    fn the_end_tells_sent_from_unsent() {
        let link = link(8, 1000);
        let mut sent = link.call(1, call()).unwrap();
        assert!(link.take().is_some());
        let mut unsent = link.call(2, call()).unwrap();
        link.close(CloseReason::TakenOver);
        link.close(CloseReason::LinkLost);
        assert_eq!(link.closing(), Some(CloseReason::TakenOver));
        assert!(matches!(sent.try_recv(), Ok(Err(CallError::ConnectionLost))));
        assert!(matches!(unsent.try_recv(), Ok(Err(CallError::NotConnected))));
        assert!(!link.reachable() && link.call(3, call()).is_none() && link.take().is_none());
    }

    #[test]
    fn overflow_closes() {
        for link in [link(2, 1000), link(100, 25)] {
            link.desired_changed(&patch("{\"a\":100}"), 2);
            link.desired_changed(&patch("{\"a\":100}"), 3);
            assert_eq!(link.closing(), None);
            assert!(link.call(1, call()).is_none());
            assert_eq!(link.closing(), Some(CloseReason::Overflow));
        }
    }
}
