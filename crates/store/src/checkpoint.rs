//! Moving the write-ahead log into the database file, beside the writer instead of inside its commits
//! (DESIGN §6.10).

use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rusqlite::Connection;

use crate::StoreError;

/// Pages in the log from which on the writer is held back for a moment, so that the log can start from its
/// beginning again: 256 MiB, which only jobs over hundreds of thousands of devices reach in one go. Holding the
/// writer back is what single calls notice most.
const LOG_PAGES_MAX: i64 = 32 * 1024;
/// The log is moved at most so often.
const PAUSE: Duration = Duration::from_millis(250);

/// A thread with a connection of its own that moves the log after commits. Dropped it has ended, and its
/// connection is closed.
pub(crate) struct Checkpointer {
    nudges: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Checkpointer {
    pub fn start(path: &Path) -> Result<Checkpointer, StoreError> {
        let connection = Connection::open(path)?;
        connection.execute_batch("PRAGMA synchronous=FULL; PRAGMA busy_timeout=50; PRAGMA cache_size=-256;")?;
        let (nudges, receive) = sync_channel(1);
        let thread = std::thread::Builder::new()
            .name("store-checkpoint".to_owned())
            .spawn(move || run(&connection, &receive))
            .map_err(|error| StoreError::Database(error.to_string()))?;
        Ok(Checkpointer { nudges: Some(nudges), thread: Some(thread) })
    }

    /// Something was committed. Never waits.
    pub fn nudge(&self) {
        if let Some(nudges) = &self.nudges {
            // A nudge that already waits is enough.
            let _ = nudges.try_send(());
        }
    }
}

impl Drop for Checkpointer {
    fn drop(&mut self) {
        self.nudges = None;
        if let Some(thread) = self.thread.take() {
            // A panic there was reported when it happened.
            let _ = thread.join();
        }
    }
}

/// Ends when the writer, who holds the other end, is gone.
fn run(connection: &Connection, nudges: &Receiver<()>) {
    let mut nudged = false;
    while nudged || nudges.recv().is_ok() {
        if let Err(error) = move_log(connection) {
            tracing::warn!(%error, "the write-ahead log could not be moved; the next commit tries again");
        }
        nudged = false;
        let next = Instant::now() + PAUSE;
        loop {
            match nudges.recv_timeout(next.saturating_duration_since(Instant::now())) {
                Ok(()) => nudged = true,
                Err(RecvTimeoutError::Timeout) => break,
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }
}

fn move_log(connection: &Connection) -> Result<(), rusqlite::Error> {
    if checkpoint(connection, "PASSIVE")? >= LOG_PAGES_MAX {
        // The second pass leaves little for the third, during which nobody writes. Beside a long read it gives
        // up after the busy timeout, for nobody may write while it waits.
        checkpoint(connection, "PASSIVE")?;
        checkpoint(connection, "RESTART")?;
    }
    Ok(())
}

/// Returns the pages in the log.
fn checkpoint(connection: &Connection, mode: &str) -> Result<i64, rusqlite::Error> {
    connection.query_row(&format!("PRAGMA wal_checkpoint({mode})"), [], |row| row.get(1))
}
