//! Limits on how much there may be: what is told of one that is reached, and the limit on devices.
//!
//! Records are few, and whoever adds one counts them. Devices are many: they are counted once, and from then on triggers
//! of the only connection that writes keep the count. It is of every transaction, is rolled back with it, and costs
//! nothing where there is no limit.

use rusqlite::{Connection, OptionalExtension};

use crate::{Store, StoreError};

/// There would be more of something than the installation allows. Nothing was added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there would be {wanted} {what}, and the setting {setting} allows {most}")]
pub struct LimitReached {
    /// What is counted, in the plural.
    pub what: &'static str,
    /// The setting, named as its flag without `--`.
    pub setting: &'static str,
    /// How many there would be.
    pub wanted: u64,
    /// How many there may be.
    pub most: u64,
}

impl LimitReached {
    /// May there be `wanted`? `most` is `None` where there is no limit.
    ///
    /// # Errors
    /// There may not.
    pub fn check(what: &'static str, setting: &'static str, wanted: usize, most: Option<usize>) -> Result<(), Self> {
        match most {
            Some(most) if wanted > most => {
                Err(LimitReached { what, setting, wanted: wanted as u64, most: most as u64 })
            }
            Some(_) | None => Ok(()),
        }
    }
}

impl Store {
    /// From now on no device is made where there are `most` living ones; `None` takes the limit away.
    pub async fn limit_devices(&self, most: Option<usize>) -> Result<(), StoreError> {
        self.interactive(move |connection| {
            connection.execute_batch(
                "DROP TABLE IF EXISTS temp.device_limit;
                 DROP TRIGGER IF EXISTS temp.device_limit_made;
                 DROP TRIGGER IF EXISTS temp.device_limit_deleted;",
            )?;
            let Some(most) = most else { return Ok(()) };
            connection.execute_batch(
                "CREATE TEMP TABLE device_limit (devices INTEGER NOT NULL, most INTEGER NOT NULL);
                 CREATE TEMP TRIGGER device_limit_made AFTER INSERT ON main.device WHEN NEW.deleted IS NULL
                 BEGIN UPDATE device_limit SET devices = devices + 1; END;
                 CREATE TEMP TRIGGER device_limit_deleted AFTER UPDATE OF deleted ON main.device
                 WHEN OLD.deleted IS NULL AND NEW.deleted IS NOT NULL
                 BEGIN UPDATE device_limit SET devices = devices - 1; END;",
            )?;
            let sql = "INSERT INTO temp.device_limit (devices, most)
                       SELECT (SELECT count(*) FROM device WHERE deleted IS NULL), ?1";
            connection.execute(sql, [i64::try_from(most).unwrap_or(i64::MAX)])?;
            Ok(())
        })
        .await
    }
}

/// Is there room for one more device, in the transaction that makes it?
pub(crate) fn room_for_a_device(connection: &Connection) -> Result<Result<(), LimitReached>, StoreError> {
    let sql = "SELECT 1 FROM temp.sqlite_schema WHERE type = 'table' AND name = 'device_limit'";
    let limited = connection.prepare_cached(sql)?.query_row([], |_| Ok(())).optional()?;
    if limited.is_none() {
        return Ok(Ok(()));
    }
    let sql = "SELECT devices, most FROM temp.device_limit";
    let (devices, most): (i64, i64) =
        connection.prepare_cached(sql)?.query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let (devices, most) = (devices.try_into().unwrap_or(0), most.try_into().unwrap_or(usize::MAX));
    Ok(LimitReached::check("devices", "devices-max", devices + 1, Some(most)))
}
