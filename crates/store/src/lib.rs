//! What Bellwether keeps, on an embedded SQLite database.
//!
//! Each function is one transaction named for what it does in the domain. An `async fn` that changes something
//! returns when the change is on disk (`synchronous=FULL`; many calls share one flush, see `writer`). Functions
//! return what they found in domain types; only this crate contains SQL.
//!
//! The store narrows, [`bellwether_query`] decides: a selection reads candidates here and asks the evaluator
//! about each.
#![warn(clippy::wildcard_enum_match_arm)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod attempts;
mod audit;
mod batches;
mod central_devices;
mod central_query;
mod checkpoint;
mod chosen;
mod command_history;
mod device_batch;
mod device_bulk;
mod device_count;
mod device_history;
mod devices;
mod documents;
mod each_row;
mod error;
mod failures;
mod family;
mod job_drafts;
mod job_hold;
mod job_list;
mod job_moves;
mod job_news;
mod job_rows;
mod jobs;
mod limit;
mod lists;
mod members;
mod provisioning;
mod readers;
mod records;
mod relationships;
mod requirement;
mod result_detail;
mod result_scan;
mod results;
mod retention;
mod scheduled_list;
mod scheduled_runs;
mod search;
mod select;
mod settings;
mod sign_in;
mod standing;
mod subscriptions;
mod targets;
mod telemetry;
mod twin_chunks;
mod twins;
mod upcoming;
mod walk;
mod writer;

use std::path::Path;
use std::sync::Arc;

use rusqlite::Connection;

pub use attempts::{Ending, Progress, Target, TargetStanding};
pub use audit::{AuditAction, AuditEntry, AuditFilter, AuditPage, AuditPlace, NewAuditEntry, Noted};
pub use batches::{JobBatch, JobBatches};
pub use central_devices::DeviceWrite;
pub use central_query::{CentralRowsError, CentralSelection};
pub use chosen::{BadChoice, Chosen, FirstOf};
pub use command_history::{CommandCall, CommandHistory};
pub use device_batch::DeviceRefused;
pub use device_bulk::{BulkElement, DeviceChangeRefused, DeviceChanged, DeviceEdit};
pub use device_count::{DeviceCount, DeviceStatistics};
pub use device_history::{DeviceJob, DeviceJobsPage};
pub use devices::{DeviceError, NewDevice};
pub use error::StoreError;
pub use failures::FailureReason;
pub use family::{FamilyDevices, FamilyJob, JobFamily};
pub use job_drafts::{DraftOrder, DraftPage, DraftPosition, DraftSelection};
pub use job_hold::HoldStanding;
pub use job_list::{JobOrder, JobOverview, JobOverviewPage, JobPosition, JobSelection};
pub use job_moves::JobMoves;
pub use job_rows::{JobDevice, JobDevicesPage};
pub use jobs::{CreateError, FaceKind, JobFilter, JobsPage, MoveJobError};
pub use limit::LimitReached;
pub use lists::{DeviceField, DeviceSelection, ListPage, ListPosition, TemplateIs};
pub use members::{MemberPage, MemberSelection, ModeledProperties, PropertySection};
pub use provisioning::{NewRegistration, Registered};
pub use records::{EtagMismatch, Record, RecordKind, RecordPage, RecordStamp, Records, Stored, check_etag};
pub use relationships::{RelationshipPage, WriteRelationshipError};
pub use requirement::Requirement;
pub use result_detail::ResultDetail;
pub use result_scan::{Place, ResultFilter};
pub use results::{DeviceResult, ResultView, ResultWindow};
pub use retention::DeletedPosition;
pub use scheduled_list::{ScheduledOrder, ScheduledPage, ScheduledPosition, ScheduledSelection};
pub use scheduled_runs::RunStanding;
pub use search::SearchText;
pub use select::{Position, QueryPage, RunQueryError};
pub use sign_in::StoredPassword;
pub use subscriptions::Subscription;
pub use targets::TargetList;
pub use twin_chunks::{ChunkDone, ChunkPlan, DesiredPush, DeviceChange, PreparedChunk};
pub use twins::ChangeTwinError;
pub use upcoming::UpcomingRun;

use audit::PendingEntry;
use bellwether_model::identity::Presence;
use bellwether_model::{DeviceSeq, JobKey};
use readers::{Readers, keep_statements};
use writer::{Priority, Writer};

mod migrations {
    refinery::embed_migrations!("migrations");
}

/// What is live about a device's presence and lies over the stored row before a query decides (DESIGN §6.11).
/// `None`: nothing is live, the row holds.
pub type LivePresence = Arc<dyn Fn(DeviceSeq) -> Option<Presence> + Send + Sync>;

/// How the store runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Writes on a thread of its own, reads on a pool.
    Threaded,
    /// Everything in the caller's thread, for simulated worlds. Their machines stop between commits and lose no power, so
    /// that no commit waits for the disk.
    Inline,
}

/// The database of one hub.
pub struct Store {
    writer: Writer,
    readers: Readers,
    news: job_news::JobNews,
    /// Who goes through a family of jobs.
    family_turn: tokio::sync::Mutex<()>,
}

impl Store {
    /// Opens the database file, making or migrating it as needed.
    ///
    /// # Errors
    /// The file cannot be opened, is no database of ours, or comes from a newer version.
    pub fn open(path: &Path, mode: Mode) -> Result<Store, StoreError> {
        let mut connection = Connection::open(path)?;
        // The first two only take effect before the first table. Larger pages make the log of a large job shorter.
        connection.execute_batch(
            "PRAGMA page_size=8192;
             PRAGMA auto_vacuum=INCREMENTAL;
             PRAGMA journal_mode=WAL;
             PRAGMA synchronous=FULL;
             PRAGMA wal_autocheckpoint=0;
             PRAGMA journal_size_limit=268435456;
             PRAGMA cache_size=-32768;
             PRAGMA temp_store=MEMORY;
             PRAGMA busy_timeout=60000;",
        )?;
        keep_statements(&connection, 128)?;
        migrations::migrations::runner()
            .run(&mut connection)
            .map_err(|error| StoreError::Damaged(error.to_string()))?;
        let writer = match mode {
            Mode::Inline => {
                connection.execute_batch("PRAGMA synchronous=OFF")?;
                Writer::inline(connection)
            }
            Mode::Threaded => {
                let checkpointer = checkpoint::Checkpointer::start(path)?;
                Writer::threaded(connection, move || checkpointer.nudge())
                    .map_err(|error| StoreError::Database(error.to_string()))?
            }
        };
        Ok(Store {
            writer,
            readers: Readers::new(path, mode == Mode::Inline),
            news: job_news::JobNews::default(),
            family_turn: tokio::sync::Mutex::default(),
        })
    }

    /// Takes no more writes, finishes those that wait.
    pub fn close(&self) {
        self.writer.close();
    }

    /// For simulated worlds ([`Mode::Inline`]): after so many more commits nothing is written any more and
    /// every write fails, as if the machine had stopped at that instant.
    pub fn crash_after(&self, commits: u32) {
        self.writer.crash_after(commits);
    }

    async fn interactive<T, E, F>(&self, piece: F) -> Result<T, E>
    where
        F: FnOnce(&Connection) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.write(Priority::Interactive, piece).await
    }

    async fn for_job<T, E, F>(&self, piece: F) -> Result<T, E>
    where
        F: FnOnce(&Connection) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.write(Priority::Job, piece).await
    }

    async fn write<T, E, F>(&self, priority: Priority, piece: F) -> Result<T, E>
    where
        F: FnOnce(&Connection) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let Some(entry) = PendingEntry::of_this_call() else { return self.writer.write(priority, piece).await };
        let noted = move |connection: &Connection| {
            let done = piece(connection)?;
            entry.write(connection)?;
            Ok(done)
        };
        self.writer.write(priority, noted).await
    }

    /// A piece that moves a job; who listens is told once it is on disk.
    async fn moving<T, E, F>(&self, job: JobKey, piece: F) -> Result<T, E>
    where
        F: FnOnce(&Connection) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let moved = self.for_job(piece).await;
        self.news.tell(job);
        moved
    }

    async fn read<T, E, F>(&self, read: F) -> Result<T, E>
    where
        F: FnOnce(&Connection) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.readers.read(read).await
    }
}

#[cfg(test)]
mod tests;
