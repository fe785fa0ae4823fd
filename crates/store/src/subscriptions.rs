//! Stored MQTT sessions: what a device stays subscribed to while it is away (device-protocol §2.5).

use bellwether_model::DeviceSeq;
use rusqlite::{OptionalExtension, params};
use serde::{Deserialize, Serialize};

use crate::{Store, StoreError};

/// One topic filter with its granted quality of service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscription {
    /// As the device wrote it.
    pub filter: String,
    /// 0 or 1.
    pub qos: u8,
}

impl Store {
    /// What the device is subscribed to; `None` when it has no stored session.
    pub async fn subscriptions(&self, device: DeviceSeq) -> Result<Option<Vec<Subscription>>, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached("SELECT filters FROM subscription WHERE device = ?1")?;
            let text: Option<String> = statement.query_row([device.0], |row| row.get(0)).optional()?;
            Ok(text.map(|text| serde_json::from_str(&text)).transpose()?)
        })
        .await
    }

    /// Stores the session of a device, or forgets it (`None`). A device that was deleted meanwhile gets none.
    pub async fn save_subscriptions(
        &self,
        device: DeviceSeq,
        subscriptions: Option<Vec<Subscription>>,
    ) -> Result<(), StoreError> {
        self.interactive(move |connection| {
            match subscriptions {
                Some(subscriptions) => {
                    let filters = serde_json::to_string(&subscriptions)?;
                    let sql = "INSERT INTO subscription (device, filters)
                               SELECT seq, ?2 FROM device WHERE seq = ?1 AND deleted IS NULL
                               ON CONFLICT (device) DO UPDATE SET filters = excluded.filters";
                    connection.prepare_cached(sql)?.execute(params![device.0, filters])?;
                }
                None => {
                    connection.prepare_cached("DELETE FROM subscription WHERE device = ?1")?.execute([device.0])?;
                }
            }
            Ok(())
        })
        .await
    }
}
