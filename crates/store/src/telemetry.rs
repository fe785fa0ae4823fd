//! The last values of telemetry, one row a device.

use std::sync::Arc;

use bellwether_model::DeviceSeq;
use bellwether_model::telemetry::LastValues;
use rusqlite::{Connection, OptionalExtension, params};

use crate::{Store, StoreError};

fn last_values(connection: &Connection, device: DeviceSeq) -> Result<LastValues, StoreError> {
    let mut statement = connection.prepare_cached("SELECT latest FROM telemetry WHERE device = ?1")?;
    let text: Option<String> = statement.query_row([device.0], |row| row.get(0)).optional()?;
    Ok(text.as_deref().map(serde_json::from_str).transpose()?.unwrap_or_default())
}

impl Store {
    /// The last values of a device, as they were last written down.
    pub async fn last_values(&self, device: DeviceSeq) -> Result<LastValues, StoreError> {
        self.read(move |connection| last_values(connection, device)).await
    }

    /// Writes down what arrived, many devices at a time. What arrived from a device that was deleted since is dropped.
    pub async fn save_last_values(&self, arrived: Vec<(DeviceSeq, Arc<LastValues>)>) -> Result<(), StoreError> {
        self.for_job(move |connection| {
            let sql = "INSERT OR REPLACE INTO telemetry (device, latest)
                       SELECT ?1, ?2 WHERE EXISTS (SELECT 1 FROM device WHERE seq = ?1 AND deleted IS NULL)";
            let mut statement = connection.prepare_cached(sql)?;
            for (device, arrived) in arrived {
                let mut values = last_values(connection, device)?;
                values.merge(LastValues::clone(&arrived));
                statement.execute(params![device.0, serde_json::to_string(&values)?])?;
            }
            Ok(())
        })
        .await
    }
}
