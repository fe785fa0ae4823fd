//! Commands that were called over the REST API, and what came of them (iot-central §7.3).
//!
//! A call is written down before it is sent: after a crash it stands there without an answer. Kept are the newest
//! calls of each device, for some days; IoT Central publishes no numbers.

use bellwether_model::method::MethodAnswer;
use bellwether_model::{DeviceSeq, Time};
use rusqlite::params;

use crate::{Store, StoreError};

/// Most calls that are kept of one device, over all its commands.
const CALLS_OF_DEVICE_MAX: usize = 100;
/// Seconds that a call is kept.
const SECONDS_KEPT: i64 = 30 * 86_400;
/// Rows that go in one transaction.
const PURGED_AT_ONCE: usize = 1000;

/// A command that is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandCall {
    /// Names the call.
    pub id: String,
    /// The method as the device sees it.
    pub method: String,
    /// Seconds that the device was waited for.
    pub connection_timeout: u16,
    /// Seconds that its answer is waited for.
    pub response_timeout: u16,
    /// JSON text; `None` when none was given.
    pub request: Option<String>,
    /// What the device answered; `None` while it has not, and when it never did.
    pub answer: Option<MethodAnswer>,
}

/// One page of calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandHistory {
    /// The newest first.
    pub calls: Vec<CommandCall>,
    /// Where it ends, when there are more.
    pub next: Option<i64>,
}

impl Store {
    /// Writes down a call that is about to be sent; the oldest ones of the device go. Returns its key.
    pub async fn begin_command(&self, device: DeviceSeq, call: CommandCall, now: Time) -> Result<i64, StoreError> {
        self.interactive(move |connection| {
            let sql = "INSERT INTO command_history
                       (device, method, called, id, connection_timeout, response_timeout, request)
                       VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
            connection.prepare_cached(sql)?.execute(params![
                device.0,
                call.method,
                now.0,
                call.id,
                call.connection_timeout,
                call.response_timeout,
                call.request
            ])?;
            let key = connection.last_insert_rowid();
            let sql = "DELETE FROM command_history WHERE device = ?1 AND key IN
                       (SELECT key FROM command_history WHERE device = ?1 ORDER BY key DESC LIMIT -1 OFFSET ?2)";
            connection.prepare_cached(sql)?.execute(params![device.0, CALLS_OF_DEVICE_MAX as i64])?;
            Ok(key)
        })
        .await
    }

    /// Writes down what the device answered.
    pub async fn end_command(&self, key: i64, answer: MethodAnswer) -> Result<(), StoreError> {
        self.interactive(move |connection| {
            let sql = "UPDATE command_history SET response = ?2, status = ?3 WHERE key = ?1";
            connection.prepare_cached(sql)?.execute(params![key, answer.payload, answer.status])?;
            Ok(())
        })
        .await
    }

    /// Takes back a call that was not sent.
    pub async fn take_command_back(&self, key: i64) -> Result<(), StoreError> {
        self.interactive(move |connection| {
            connection.prepare_cached("DELETE FROM command_history WHERE key = ?1")?.execute([key])?;
            Ok(())
        })
        .await
    }

    /// The calls of one method before `before`, at most `limit`, the newest first.
    pub async fn command_history(
        &self,
        device: DeviceSeq,
        method: String,
        before: Option<i64>,
        limit: usize,
    ) -> Result<CommandHistory, StoreError> {
        self.read(move |connection| {
            let sql = "SELECT key, id, connection_timeout, response_timeout, request, response, status
                       FROM command_history WHERE device = ?1 AND method = ?2 AND key < ?3 ORDER BY key DESC";
            let mut statement = connection.prepare_cached(sql)?;
            let mut rows = statement.query(params![device.0, method, before.unwrap_or(i64::MAX)])?;
            let mut history = CommandHistory { calls: Vec::new(), next: None };
            let mut last = 0;
            while let Some(row) = rows.next()? {
                if history.calls.len() == limit {
                    history.next = Some(last);
                    break;
                }
                last = row.get(0)?;
                let (payload, status): (Option<String>, Option<i64>) = (row.get(5)?, row.get(6)?);
                history.calls.push(CommandCall {
                    id: row.get(1)?,
                    method: method.clone(),
                    connection_timeout: row.get(2)?,
                    response_timeout: row.get(3)?,
                    request: row.get(4)?,
                    answer: status.zip(payload).map(|(status, payload)| MethodAnswer { status, payload }),
                });
            }
            Ok(history)
        })
        .await
    }

    /// Deletes some of the calls that have been kept for long enough. Returns whether there may be more.
    pub async fn purge_command_history(&self, now: Time) -> Result<bool, StoreError> {
        self.for_job(move |connection| {
            let sql = "DELETE FROM command_history WHERE key IN
                       (SELECT key FROM command_history WHERE called < ?1 ORDER BY called LIMIT ?2)";
            let until = now.plus_seconds(-SECONDS_KEPT);
            let gone = connection.prepare_cached(sql)?.execute(params![until.0, PURGED_AT_ONCE as i64])?;
            Ok(gone == PURGED_AT_ONCE)
        })
        .await
    }
}
