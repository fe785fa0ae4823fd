//! A way through a frozen list in the order of the device keys, with how each device stands: beside other lists, a
//! stretch of keys at a time.

use bellwether_model::job::{Class, DeviceJobState, Ledger};
use bellwether_model::{DeviceSeq, JobKey};
use rusqlite::Connection;

use crate::StoreError;
use crate::job_rows::state_of;
use crate::targets::block;

/// The list of a job, as far as it has not been gone through.
pub(crate) struct Walk<'a> {
    connection: &'a Connection,
    job: JobKey,
    /// Selects the rows of devices that stand otherwise.
    sql: &'static str,
    /// How a device stands that has none of these rows.
    otherwise: DeviceJobState,
    /// Of the block at hand, in descending order.
    left: Vec<DeviceSeq>,
    next_block: u64,
    /// Those that are being looked at.
    at_hand: Vec<DeviceSeq>,
}

const ROWS: &str = "SELECT device, state FROM device_job WHERE job = ?1 AND device BETWEEN ?2 AND ?3 ORDER BY device";
/// Few beside all: whatever counts as failed has a code, and nothing else has one.
const FAILED_ROWS: &str = "SELECT device, state FROM device_job INDEXED BY device_job_failed
     WHERE job = ?1 AND device BETWEEN ?2 AND ?3 AND code IS NOT NULL ORDER BY device";

impl<'a> Walk<'a> {
    /// Through the whole list.
    pub fn of(connection: &'a Connection, job: JobKey, ledger: &Ledger) -> Result<Walk<'a>, StoreError> {
        let counters = ledger.counters.unwrap_or_default();
        // Where every device has an outcome of its own, those that did not fail have succeeded.
        let all_have_ended = ledger.rest.is_none() && counters.succeeded + counters.failed == counters.targets;
        let (sql, otherwise) = match ledger.rest {
            _ if all_have_ended => (FAILED_ROWS, DeviceJobState::Ended(Class::Succeeded)),
            Some(class) => (ROWS, DeviceJobState::Ended(class)),
            None => (ROWS, DeviceJobState::Pending),
        };
        let (left, at_hand) = (Vec::new(), Vec::new());
        let mut walk = Walk { connection, job, sql, otherwise, left, next_block: 0, at_hand };
        walk.refill()?;
        Ok(walk)
    }

    /// The device that comes next.
    pub fn first(&self) -> Option<DeviceSeq> {
        self.left.last().copied()
    }

    fn refill(&mut self) -> Result<(), StoreError> {
        if self.left.is_empty()
            && let Some(block) = block(self.connection, self.job, self.next_block)?
        {
            self.left = block;
            self.left.reverse();
            self.next_block += 1;
        }
        Ok(())
    }

    /// Goes on to the first device whose key is not smaller than `end`; `visit` is told how those before it stand.
    pub fn below(&mut self, end: i64, mut visit: impl FnMut(DeviceSeq, DeviceJobState)) -> Result<(), StoreError> {
        self.at_hand.clear();
        while let Some(device) = self.first().filter(|device| device.0 < end) {
            self.at_hand.push(device);
            self.left.pop();
            self.refill()?;
        }
        let (Some(first), Some(last)) = (self.at_hand.first(), self.at_hand.last()) else { return Ok(()) };
        let mut statement = self.connection.prepare_cached(self.sql)?;
        let mut rows = statement.query([self.job.0, first.0, last.0])?;
        let mut row = rows.next()?;
        for device in &self.at_hand {
            // Both ascend, and every row is of a device in the list.
            let own = match row {
                Some(found) if found.get::<_, i64>(0)? == device.0 => Some(state_of(found.get(1)?)?),
                Some(_) | None => None,
            };
            if own.is_some() {
                row = rows.next()?;
            }
            visit(*device, own.unwrap_or(self.otherwise));
        }
        Ok(())
    }
}
