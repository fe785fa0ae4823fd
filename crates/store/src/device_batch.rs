//! Many devices made in one transaction.

use bellwether_model::Time;
use bellwether_model::twin::{Twin, TwinChange, TwinError};
use rusqlite::OptionalExtension;

use crate::devices::create;
use crate::{DeviceError, NewDevice, Records, Store, StoreError, twins};

/// The first device that cannot be made. None was.
#[derive(Debug, Clone)]
pub struct DeviceRefused {
    /// Its place among those that were to be made.
    pub at: usize,
    /// Why.
    pub why: DeviceError,
}

impl Store {
    /// Makes devices, all of them or none: `rule` decides in the transaction from the records whether they may be made,
    /// and what their twins begin with.
    pub async fn create_devices<E, F>(&self, new: Vec<NewDevice>, now: Time, rule: F) -> Result<(), E>
    where
        F: FnOnce(&Records<'_>) -> Result<TwinChange, E> + Send + 'static,
        E: From<StoreError> + From<DeviceRefused> + From<TwinError> + Send + 'static,
    {
        self.for_job(move |connection| {
            let initial = rule(&Records::inside(connection))?;
            let mut twin = Twin::fresh(now);
            if !initial.is_nothing() {
                twin.apply(&initial, now)?;
            }
            for (at, new) in new.into_iter().enumerate() {
                let device = match create(connection, new, now) {
                    Ok(device) => device,
                    Err(DeviceError::Store(error)) => return Err(error.into()),
                    Err(why) => return Err(DeviceRefused { at, why }.into()),
                };
                if !initial.is_nothing() {
                    twins::save(connection, device.seq, &twin)?;
                }
            }
            Ok(())
        })
        .await
    }

    /// For each of these names: does a living device have it?
    pub async fn are_registered(&self, ids: Vec<String>) -> Result<Vec<bool>, StoreError> {
        self.read(move |connection| {
            let sql = "SELECT 1 FROM device WHERE id = ?1 AND deleted IS NULL";
            let mut statement = connection.prepare_cached(sql)?;
            let one = |id: &String| Ok(statement.query_row([id], |_| Ok(())).optional()?.is_some());
            ids.iter().map(one).collect()
        })
        .await
    }
}
