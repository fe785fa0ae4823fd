//! The loop around one session: bytes in and out, what waits, and when.
//!
//! A connection that has nothing to do holds the socket, the session's small state and a timer, and no buffer:
//! bytes are read by way of the stack, and buffers are given back when they are empty.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bellwether_engine::CallError;
use bytes::{Buf, BytesMut};
use futures::future::BoxFuture;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::time::{Instant, Sleep};
use tracing::debug;

use crate::gateway::{Place, Shared};
use crate::link::{Link, Outbound};
use crate::protocol::command::{CloseReason, Command};
use crate::protocol::frame;
use crate::protocol::session::Session;
use crate::protocol::telemetry::Said;
use crate::work::{self, Admission, Done, Work};

/// Taken from the socket at a time.
const READ_SIZE: usize = 8 * 1024;

/// Reads in a row before packets are looked at, so that a busy connection leaves room for others.
const READS_IN_A_ROW: usize = 4;

/// More than this waiting to be written: read nothing and take nothing from the mailbox until it is less.
const OUTPUT_HIGH: usize = 64 * 1024;

/// Pieces of work that may wait for their turn; above it nothing is read.
const WORK_MAX: usize = 8;

/// One connection and its session.
pub(crate) struct Connection<S> {
    shared: Arc<Shared>,
    stream: S,
    place: Place,
    session: Session,
    number: u64,
    /// Once CONNACK 0 was sent.
    link: Option<Arc<Link>>,
    input: BytesMut,
    output: BytesMut,
    /// Written, but perhaps still in a buffer of the TLS layer.
    flushing: bool,
    waiting: VecDeque<Work>,
    working: Option<BoxFuture<'static, Done>>,
    timer: Pin<Box<Sleep>>,
    reason: Option<CloseReason>,
}

/// Why the loop woke up. Everything else is found by looking.
enum Event {
    /// Bytes came, or more can be written, or the mailbox has something.
    Progress,
    Done(Done),
    Timer,
    LinkLost,
}

impl<S> Connection<S> {
    /// The device is gone, unless a newer session of it is there.
    fn leave(&mut self) -> Option<Arc<Link>> {
        let link = self.link.take()?;
        link.close(CloseReason::LinkLost);
        self.shared.sessions.leave(&link, || self.shared.engine.device_offline(link.device));
        Some(link)
    }
}

/// However the task ends, nobody waits for a device that has no task.
impl<S> Drop for Connection<S> {
    fn drop(&mut self) {
        self.leave();
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Connection<S> {
    pub fn new(shared: Arc<Shared>, stream: S, place: Place) -> Self {
        let number = shared.sessions.session_number();
        let session = Session::new(number, shared.now(), shared.settings.connect_timeout);
        let timer = Box::pin(tokio::time::sleep(shared.settings.connect_timeout));
        Connection {
            shared,
            stream,
            place,
            session,
            number,
            link: None,
            input: BytesMut::new(),
            output: BytesMut::new(),
            flushing: false,
            waiting: VecDeque::new(),
            working: None,
            timer,
            reason: None,
        }
    }

    /// Runs until the connection is closed.
    pub async fn serve(mut self) {
        // A session that has a mailbox is told through it.
        let closing = self.shared.closing.clone();
        tokio::select! {
            () = self.run_while(|connection| connection.link.is_none()) => {}
            () = closing.cancelled() => self.close(CloseReason::ShuttingDown),
        }
        self.run_while(|_| true).await;
        self.finish().await;
    }

    async fn run_while(&mut self, more: impl Fn(&Self) -> bool) {
        loop {
            self.advance();
            if self.session.is_closed() || !more(self) {
                return;
            }
            match poll_fn(|cx| self.poll_event(cx)).await {
                Event::Progress => {}
                Event::Done(done) => self.done(done),
                Event::Timer => self.tick(),
                Event::LinkLost => self.close(CloseReason::LinkLost),
            }
        }
    }

    /// Does everything that can be done without waiting.
    fn advance(&mut self) {
        if let Some(reason) = self.link.as_ref().and_then(|link| link.closing()) {
            self.close(reason);
        }
        self.take_packets();
        self.take_outbound();
        if self.working.is_none()
            && let Some(link) = &self.link
            && let Some(work) = self.waiting.pop_front()
        {
            self.working = Some(work.begin(Arc::clone(&self.shared), link.device));
        }
        if self.input.is_empty() {
            self.input = BytesMut::new();
        }
        if self.waiting.is_empty() {
            self.waiting = VecDeque::new();
        }
    }

    fn wants_input(&self) -> bool {
        self.session.wants_packets() && self.waiting.len() < WORK_MAX && self.output.len() < OUTPUT_HIGH
    }

    fn take_packets(&mut self) {
        let mut commands = Vec::new();
        let mut heard = false;
        while !self.input.is_empty() && self.wants_input() {
            match frame::next_packet(&mut self.input, self.session.expect()) {
                Ok(None) => break,
                Ok(Some(packet)) => {
                    heard = true;
                    self.session.packet(packet, self.shared.now(), &mut commands);
                }
                Err(error) => self.session.bad_frame(error, &mut commands),
            }
            self.obey(&mut commands);
        }
        if let (true, Some(link)) = (heard, &self.link) {
            self.shared.engine.device_active(link.device);
        }
    }

    fn take_outbound(&mut self) {
        let Some(link) = self.link.clone() else { return };
        let mut commands = Vec::new();
        while self.output.len() < OUTPUT_HIGH
            && let Some(outbound) = link.take()
        {
            match outbound {
                Outbound::Desired { patch, version } => self.session.desired_changed(&patch, version, &mut commands),
                Outbound::Call { number, call } => {
                    let rid = self.shared.sessions.request_id(number);
                    if !self.session.call(&rid, &call, &mut commands) {
                        link.end_call(number, Err(CallError::NotConnected));
                    }
                }
            }
            self.obey(&mut commands);
        }
    }

    fn obey(&mut self, commands: &mut Vec<Command>) {
        for command in commands.drain(..) {
            match command {
                Command::Send(packet) => self.send(packet),
                Command::Authenticate(request) => {
                    self.working = Some(match self.has_room() {
                        true => work::authenticate(Arc::clone(&self.shared), request, None),
                        false => work::unavailable(),
                    });
                }
                Command::AuthenticateRegistrant(request) => {
                    self.working = Some(match self.has_room() {
                        true => work::authenticate_registrant(Arc::clone(&self.shared), request),
                        false => work::registrant_unavailable(),
                    });
                }
                Command::Registration(request) => {
                    self.working = Some(work::registration(Arc::clone(&self.shared), request));
                }
                Command::Subscribed => self.subscribed(),
                Command::SaveSubscriptions { rows, then } => self.waiting.push_back(Work::Save { rows, then }),
                Command::Twin(request) => self.waiting.push_back(Work::Twin(request)),
                Command::Answer { rid, answer } => {
                    if let (Some(link), Some(number)) = (&self.link, self.shared.sessions.call_number(&rid)) {
                        link.end_call(number, answer.map_err(CallError::Malformed));
                    }
                }
                Command::Telemetry { bag, body } => self.telemetry(&bag, &body),
                Command::Will => self.shared.stats.count_telemetry(),
                Command::Close(reason) => {
                    // Whoever waits for this device waits no longer, before the socket is closed.
                    if let Some(link) = &self.link {
                        link.close(reason.clone());
                    }
                    self.reason = Some(reason);
                }
            }
        }
    }

    fn has_room(&self) -> bool {
        !self.place.over && !self.shared.closing.is_cancelled()
    }

    fn telemetry(&self, bag: &str, body: &[u8]) {
        self.shared.stats.count_telemetry();
        if let Some(link) = &self.link {
            let said = Said::read(bag);
            self.shared.engine.telemetry(link.device, &said.message(body));
        }
    }

    fn send(&mut self, packet: rmqtt_codec::v3::Packet) {
        if let Err(error) = frame::encode(packet, &mut self.output) {
            // What a session writes is bounded well below what MQTT can express.
            debug!(%error, "a packet could not be encoded");
        }
    }

    fn subscribed(&self) {
        if let (Some(link), Some(subscriptions)) = (&self.link, self.session.subscriptions())
            && link.subscribed(subscriptions)
        {
            self.shared.engine.device_reachable(link.device);
        }
    }

    fn done(&mut self, done: Done) {
        let mut commands = Vec::new();
        let now = self.shared.now();
        match done {
            Done::Authenticated(Ok(admission)) => return self.admit(admission),
            Done::Authenticated(Err(refusal)) | Done::RegistrantAuthenticated(Err(refusal)) => {
                self.session.refuse(refusal, &mut commands);
            }
            Done::RegistrantAuthenticated(Ok(ends)) => {
                self.shared.stats.count_accepted();
                self.session.admit_registrant(ends, now, &mut commands);
                self.set_timer();
            }
            Done::Registration(result) => self.session.registration_answered(result, now, &mut commands),
            Done::Introduced => {}
            Done::Saved { then } => commands.extend(then.map(Command::Send)),
            Done::SaveFailed => self.session.close(CloseReason::StoreFailed, &mut commands),
            Done::Read { rid, result } => self.session.twin_read(&rid, result, now, &mut commands),
            Done::Reported { rid, result } => self.session.reported(rid.as_deref(), result, now, &mut commands),
        }
        self.obey(&mut commands);
    }

    fn admit(&mut self, admission: Admission) {
        let mut commands = Vec::new();
        let shared = Arc::clone(&self.shared);
        let Admission { device, introduction, admitted, stamp, request } = admission;
        let entered = shared.sessions.enter(self.number, device, stamp, || shared.engine.device_online(device));
        match entered {
            Ok(link) => {
                self.link = Some(link);
                shared.stats.count_accepted();
                self.session.admit(admitted, shared.now(), &mut commands);
                self.obey(&mut commands);
                self.waiting.extend(introduction);
                self.set_timer();
                // Everything may have been closed just before this session entered: nobody else would tell.
                if shared.closing.is_cancelled() {
                    self.close(CloseReason::ShuttingDown);
                }
            }
            Err(crate::sessions::Stale) => {
                self.working = Some(work::authenticate(shared, request, Some(device)));
            }
        }
    }

    fn tick(&mut self) {
        let now = self.shared.now();
        if self.waiting.len() >= WORK_MAX {
            // Nothing was read because of our own slowness. A device that does not read is another matter.
            self.session.excuse_silence(now);
        }
        let mut commands = Vec::new();
        self.session.tick(now, &mut commands);
        self.obey(&mut commands);
        self.set_timer();
    }

    /// The timer is set when it has gone off, not with every packet: it may go off early, never late.
    fn set_timer(&mut self) {
        let next = self.session.next_tick(self.shared.now()).unwrap_or(Duration::from_secs(60));
        self.timer.as_mut().reset(Instant::now() + next);
    }

    fn close(&mut self, reason: CloseReason) {
        let mut commands = Vec::new();
        self.session.close(reason, &mut commands);
        self.obey(&mut commands);
    }

    fn poll_event(&mut self, cx: &mut Context<'_>) -> Poll<Event> {
        if let Some(working) = &mut self.working
            && let Poll::Ready(done) = working.as_mut().poll(cx)
        {
            self.working = None;
            return Poll::Ready(Event::Done(done));
        }
        let was_high = self.output.len() >= OUTPUT_HIGH;
        match self.poll_write(cx) {
            Poll::Ready(Err(_)) => return Poll::Ready(Event::LinkLost),
            Poll::Ready(Ok(())) if was_high => return Poll::Ready(Event::Progress),
            Poll::Ready(Ok(())) | Poll::Pending => {}
        }
        if self.wants_input()
            && let Poll::Ready(read) = self.poll_read(cx)
        {
            return Poll::Ready(if read { Event::Progress } else { Event::LinkLost });
        }
        if let Some(link) = &self.link {
            link.register(cx.waker());
            if link.closing().is_some() || (self.output.len() < OUTPUT_HIGH && link.has_outbound()) {
                return Poll::Ready(Event::Progress);
            }
        }
        ready!(self.timer.as_mut().poll(cx));
        Poll::Ready(Event::Timer)
    }

    /// Writes until nothing is left.
    fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        while !self.output.is_empty() {
            let written = ready!(Pin::new(&mut self.stream).poll_write(cx, &self.output))?;
            if written == 0 {
                return Poll::Ready(Err(std::io::ErrorKind::WriteZero.into()));
            }
            self.output.advance(written);
            self.flushing = true;
        }
        if self.flushing {
            self.output = BytesMut::new();
            ready!(Pin::new(&mut self.stream).poll_flush(cx))?;
            self.flushing = false;
        }
        Poll::Ready(Ok(()))
    }

    /// Reads what there is, some of it at a time; `false` when there will be no more.
    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<bool> {
        let mut any = false;
        for _ in 0..READS_IN_A_ROW {
            let mut scratch = [const { MaybeUninit::<u8>::uninit() }; READ_SIZE];
            let mut read = ReadBuf::uninit(&mut scratch);
            match Pin::new(&mut self.stream).poll_read(cx, &mut read) {
                Poll::Pending if any => return Poll::Ready(true),
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Ok(())) if !read.filled().is_empty() => {
                    self.input.extend_from_slice(read.filled());
                    any = true;
                }
                // What came before the end is looked at first.
                Poll::Ready(Ok(()) | Err(_)) => return Poll::Ready(any),
            }
        }
        Poll::Ready(true)
    }

    /// Leaves, then lets the device have what was written, for a while.
    async fn finish(mut self) {
        let link = self.leave();
        self.log(link.as_ref().map(|link| link.device.0));
        if let Some(link) = link {
            self.finish_work(&link);
        }
        let timeout = self.shared.settings.close_timeout;
        let refused = matches!(self.reason, Some(CloseReason::Refused(_)));
        let last = async {
            poll_fn(|cx| self.poll_write(cx)).await?;
            self.stream.shutdown().await?;
            // Closing while something unread has arrived would take back the CONNACK (a TCP reset).
            while refused && poll_fn(|cx| self.poll_read(cx)).await {
                self.input.clear();
            }
            Ok::<(), std::io::Error>(())
        };
        // The device may be gone, or not read: then there is nobody to close for.
        let _ = tokio::time::timeout(timeout, last).await;
    }

    fn log(&self, device: Option<i64>) {
        match &self.reason {
            Some(CloseReason::Refused(refusal)) => {
                self.shared.stats.count_refused();
                debug!(session = self.number, %refusal, "connection refused");
            }
            Some(reason) => debug!(session = self.number, device, %reason, "connection closed"),
            None => {}
        }
    }

    /// A device may report and disconnect without waiting for an answer: what it reported still counts. Not so
    /// when a newer session of it may have reported already, or when it lost the right to.
    fn finish_work(&mut self, link: &Link) {
        let working = self.working.take();
        let mut waiting = std::mem::take(&mut self.waiting);
        let kept = self.reason.as_ref().is_none_or(CloseReason::keeps_reports);
        // Subscriptions that wait were not acknowledged: nobody was told that they are stored.
        waiting.retain(|work| kept && work.outlives_connection());
        if working.is_none() && waiting.is_empty() {
            return;
        }
        let (shared, device) = (Arc::clone(&self.shared), link.device);
        self.shared.tasks.spawn(async move {
            if let Some(working) = working {
                working.await;
            }
            for work in waiting {
                work.begin(Arc::clone(&shared), device).await;
            }
        });
    }
}
