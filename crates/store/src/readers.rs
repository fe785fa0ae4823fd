//! Read connections: a few, kept open, each used by one read at a time.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::Mutex;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use tokio::sync::Semaphore;

use crate::StoreError;

/// Reads at the same time; the next one waits.
const READS_MAX: usize = 8;
/// Of these, reads that go through the whole fleet or a whole job.
const SELECTIONS_MAX: usize = 2;

pub(crate) struct Readers {
    path: PathBuf,
    idle: Arc<Mutex<Vec<Connection>>>,
    free: Semaphore,
    /// Long reads, so that they leave room for others.
    selections: Semaphore,
    inline: bool,
}

impl Readers {
    pub fn new(path: &Path, inline: bool) -> Readers {
        Readers {
            path: path.to_owned(),
            idle: Arc::default(),
            free: Semaphore::new(READS_MAX),
            selections: Semaphore::new(SELECTIONS_MAX),
            inline,
        }
    }

    /// As [`Readers::read`], for a read that goes through the whole fleet or a whole job: a few at a time.
    pub async fn select<T, E, F>(&self, read: F) -> Result<T, E>
    where
        F: FnOnce(&Connection) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let _permit = self.selections.acquire().await.map_err(|_| StoreError::Closed)?;
        self.read(read).await
    }

    /// Runs `read` on a connection that sees the state of the last commit, and only that, however many statements
    /// it runs.
    pub async fn read<T, E, F>(&self, read: F) -> Result<T, E>
    where
        F: FnOnce(&Connection) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let _permit = self.free.acquire().await.map_err(|_| StoreError::Closed)?;
        let idle = Arc::clone(&self.idle);
        let path = self.path.clone();
        let work = move || {
            let taken = idle.lock().pop();
            let connection = match taken {
                Some(connection) => connection,
                None => open(&path)?,
            };
            connection.execute_batch("BEGIN").map_err(StoreError::from)?;
            let result = read(&connection);
            // Nothing was written: this only lets go of the snapshot. A connection that cannot is not used again.
            if connection.execute_batch("ROLLBACK").is_ok() {
                idle.lock().push(connection);
            }
            result
        };
        if self.inline {
            return work();
        }
        match tokio::task::spawn_blocking(work).await {
            Ok(result) => result,
            Err(error) => Err(StoreError::Database(format!("a read did not end: {error}")).into()),
        }
    }
}

/// Statements are prepared once for all parameters, and so many kept. Without the guarantee SQLite prepares
/// `id = ?` on a table with partial indices anew for each value: it might imply the condition of one of them.
pub(crate) fn keep_statements(connection: &Connection, most: usize) -> rusqlite::Result<()> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.set_prepared_statement_cache_capacity(most);
    Ok(())
}

fn open(path: &Path) -> Result<Connection, StoreError> {
    let connection =
        Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.execute_batch("PRAGMA query_only=ON; PRAGMA cache_size=-8192; PRAGMA busy_timeout=5000;")?;
    keep_statements(&connection, 64)?;
    Ok(connection)
}
