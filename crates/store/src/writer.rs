//! The one writer (DESIGN §6.1).
//!
//! One thread owns the only write connection. It takes what waits, interactive work first, then pieces of jobs, then what nobody waits for, runs each piece so
//! that it can be rolled back alone, commits once with `synchronous=FULL`, and only then answers. A piece that
//! fails is rolled back; a commit that fails fails them all. So many callers share one flush to disk, and an
//! answer always follows it.
//!
//! The first piece of a transaction needs no savepoint, for rolling it back is rolling back all there is. That
//! matters: under a savepoint SQLite copies every page before it changes it, and the first piece is most often
//! the chunk of a job.

use std::collections::VecDeque;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};
use rusqlite::Connection;
use tokio::sync::oneshot;

use crate::StoreError;

/// A transaction takes no further piece after this long, so that an interactive call waits for little more.
const TRANSACTION_TARGET: Duration = Duration::from_millis(20);

/// Whose work it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Priority {
    /// Somebody waits for it.
    Interactive,
    /// A piece of a job; jobs take turns because each waits for its piece before it brings the next.
    Job,
    /// Nobody waits for it: it is begun only when nothing else waits, and shares no transaction that was begun for
    /// something else.
    Background,
}

/// Tells the caller how it ended; called after the commit.
type Answer = Box<dyn FnOnce(Result<(), StoreError>) + Send>;
/// Runs in the transaction. The second argument says how its changes are taken back if it fails.
type Piece = Box<dyn FnOnce(&Connection, Undo) -> Answer + Send>;

/// How a piece that fails is rolled back.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Undo {
    /// With the transaction, which holds nothing else yet.
    Transaction,
    /// To a savepoint of its own.
    Savepoint,
}

#[derive(Default)]
struct Queue {
    interactive: VecDeque<Piece>,
    jobs: VecDeque<Piece>,
    background: VecDeque<Piece>,
    closed: bool,
}

#[derive(Default)]
struct Shared {
    queue: Mutex<Queue>,
    work: Condvar,
}

/// See the module's text.
pub(crate) struct Writer {
    place: Place,
}

enum Place {
    /// On a thread of its own.
    Thread { shared: Arc<Shared>, thread: Mutex<Option<JoinHandle<()>>> },
    /// Where the caller runs, one transaction a piece: for the simulated world, where nothing may happen at
    /// the same time. Other tasks may have their turn before a piece and between its commit and its answer, as
    /// they have with the thread.
    Inline(Mutex<InlinePlace>),
}

struct InlinePlace {
    connection: Connection,
    /// Commits until the writer fails for good, as if the machine had stopped there.
    commits_left: Option<u32>,
    /// State of a generator of small numbers: the same in each run.
    turns: u32,
}

impl InlinePlace {
    /// How many turns others have now: 0 to 3.
    fn turns(&mut self) -> u32 {
        self.turns = self.turns.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        self.turns >> 30
    }
}

impl Writer {
    /// A writer on a thread of its own; `after_commit` runs there after each commit.
    pub fn threaded(connection: Connection, after_commit: impl Fn() + Send + 'static) -> std::io::Result<Writer> {
        let shared = Arc::new(Shared::default());
        let for_thread = Arc::clone(&shared);
        let thread = std::thread::Builder::new().name("store-writer".to_owned()).spawn(move || {
            let _closing = CloseAtEnd(&for_thread);
            write_loop(&connection, &for_thread, &after_commit);
        })?;
        Ok(Writer { place: Place::Thread { shared, thread: Mutex::new(Some(thread)) } })
    }

    /// A writer that works in the caller's thread.
    pub fn inline(connection: Connection) -> Writer {
        Writer { place: Place::Inline(Mutex::new(InlinePlace { connection, commits_left: None, turns: 0 })) }
    }

    /// See [`crate::Store::crash_after`].
    pub fn crash_after(&self, commits: u32) {
        match &self.place {
            Place::Inline(place) => place.lock().commits_left = Some(commits),
            Place::Thread { .. } => {}
        }
    }

    /// Runs `piece` in a transaction and returns what it returned once that is on disk.
    pub async fn write<T, E, F>(&self, priority: Priority, piece: F) -> Result<T, E>
    where
        F: FnOnce(&Connection) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (send, receive) = oneshot::channel();
        let piece: Piece = Box::new(move |connection, undo| {
            let result = run_alone(connection, undo, piece);
            Box::new(move |committed| {
                // A caller that no longer waits needs no answer.
                let _ = send.send(committed.map_err(E::from).and(result));
            })
        });
        match &self.place {
            Place::Thread { shared, .. } => {
                let mut queue = shared.queue.lock();
                if queue.closed {
                    return Err(StoreError::Closed.into());
                }
                match priority {
                    Priority::Interactive => queue.interactive.push_back(piece),
                    Priority::Job => queue.jobs.push_back(piece),
                    Priority::Background => queue.background.push_back(piece),
                }
                drop(queue);
                shared.work.notify_one();
            }
            Place::Inline(place) => {
                let (before, after) = {
                    let mut place = place.lock();
                    (place.turns(), place.turns())
                };
                yield_turns(before).await;
                commit_inline(&mut place.lock(), piece)?;
                yield_turns(after).await;
            }
        }
        receive.await.unwrap_or_else(|_| Err(self.why_not_run().into()))
    }

    /// Why a piece got no answer.
    fn why_not_run(&self) -> StoreError {
        match &self.place {
            Place::Thread { shared, .. } if !shared.queue.lock().closed => {
                StoreError::Database("the transaction could not be begun, or ended early".to_owned())
            }
            Place::Thread { .. } | Place::Inline(_) => StoreError::Closed,
        }
    }

    /// Takes no more work, finishes what waits and closes the connection.
    pub fn close(&self) {
        if let Place::Thread { shared, thread } = &self.place {
            shared.queue.lock().closed = true;
            shared.work.notify_one();
            if let Some(thread) = thread.lock().take() {
                // A panic of the writer was reported when it happened.
                let _ = thread.join();
            }
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.close();
    }
}

/// However the writer ends, nobody waits for it afterwards.
struct CloseAtEnd<'a>(&'a Shared);

impl Drop for CloseAtEnd<'_> {
    fn drop(&mut self) {
        let mut queue = self.0.queue.lock();
        queue.closed = true;
        queue.interactive.clear();
        queue.jobs.clear();
        queue.background.clear();
    }
}

/// Others have so many turns.
async fn yield_turns(turns: u32) {
    for _ in 0..turns {
        tokio::task::yield_now().await;
    }
}

fn commit_inline(place: &mut InlinePlace, piece: Piece) -> Result<(), StoreError> {
    match &mut place.commits_left {
        Some(0) => return Err(StoreError::Closed),
        Some(left) => *left -= 1,
        None => {}
    }
    commit_pieces(&place.connection, vec![piece], || None);
    Ok(())
}

fn write_loop(connection: &Connection, shared: &Shared, after_commit: &dyn Fn()) {
    loop {
        let first = {
            let mut queue = shared.queue.lock();
            loop {
                let waiting: Vec<Piece> = queue.interactive.drain(..).collect();
                if !waiting.is_empty() {
                    break waiting;
                }
                let next = queue.jobs.pop_front();
                if let Some(piece) = next.or_else(|| queue.background.pop_front()) {
                    break vec![piece];
                }
                if queue.closed {
                    return;
                }
                shared.work.wait(&mut queue);
            }
        };
        commit_pieces(connection, first, || {
            let mut queue = shared.queue.lock();
            let interactive = queue.interactive.pop_front();
            interactive.or_else(|| queue.jobs.pop_front())
        });
        after_commit();
    }
}

/// Runs `pieces`, then as many more as `next` gives until the transaction is long enough, commits once and
/// answers all.
fn commit_pieces(connection: &Connection, pieces: Vec<Piece>, next: impl Fn() -> Option<Piece>) {
    let began = Instant::now();
    let mut answers: Vec<Answer> = Vec::new();
    let run = || -> Result<(), StoreError> {
        connection.execute_batch("BEGIN IMMEDIATE")?;
        for piece in pieces {
            let undo = if answers.is_empty() { Undo::Transaction } else { Undo::Savepoint };
            answers.push(piece(connection, undo));
            still_open(connection)?;
        }
        while began.elapsed() < TRANSACTION_TARGET {
            let Some(piece) = next() else { break };
            answers.push(piece(connection, Undo::Savepoint));
            still_open(connection)?;
        }
        connection.execute_batch("COMMIT")?;
        Ok(())
    };
    let committed = run();
    if let Err(error) = &committed {
        tracing::error!(%error, "a transaction of the store failed");
        // After a failed COMMIT the transaction may still be open; after a failed BEGIN there is none.
        if !connection.is_autocommit() {
            let _ = connection.execute_batch("ROLLBACK");
        }
    }
    for answer in answers {
        answer(committed.clone());
    }
}

/// On some input and output errors SQLite ends the whole transaction by itself; what followed would be committed
/// piece by piece, and then be reported as failed.
fn still_open(connection: &Connection) -> Result<(), StoreError> {
    if connection.is_autocommit() {
        return Err(StoreError::Database("the transaction ended early".to_owned()));
    }
    Ok(())
}

fn run_alone<T, E: From<StoreError>>(
    connection: &Connection,
    undo: Undo,
    piece: impl FnOnce(&Connection) -> Result<T, E>,
) -> Result<T, E> {
    let batch = |sql| connection.execute_batch(sql).map_err(|error| E::from(StoreError::from(error)));
    let (before, after, failed) = match undo {
        Undo::Transaction => (None, None, "ROLLBACK; BEGIN IMMEDIATE"),
        Undo::Savepoint => (Some("SAVEPOINT piece"), Some("RELEASE piece"), "ROLLBACK TO piece; RELEASE piece"),
    };
    before.map(batch).transpose()?;
    let result = piece(connection);
    match &result {
        Ok(_) => after.map(batch).transpose()?,
        Err(_) => Some(batch(failed)?),
    };
    result
}
