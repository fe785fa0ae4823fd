//! The last values of telemetry: in memory as they arrive, written down now and then (DESIGN §3.8).

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bellwether_model::DeviceSeq;
use bellwether_model::telemetry::{LastValue, LastValues, Message};
use bellwether_store::StoreError;
use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::Engine;

const SHARDS: usize = 64;
/// How often what arrived is written down.
const SAVED_EVERY: Duration = Duration::from_secs(60);
/// Devices in one write.
const DEVICES_IN_ONE_WRITE: usize = 500;
/// About the most bytes that wait to be written down. What arrives above that is not kept: the device's next message
/// brings the values again, and a disk that does not follow must not take the memory.
const UNSAVED_BYTES_MAX: usize = 64 * 1024 * 1024;
/// With this much waiting, writing down begins early.
const UNSAVED_BYTES_HIGH: usize = UNSAVED_BYTES_MAX / 4;

/// What arrived and is not on disk. It lies over what is.
pub(crate) struct LiveTelemetry {
    shards: Vec<Mutex<Shard>>,
    bytes: AtomicUsize,
    high: Notify,
}

#[derive(Default)]
struct Shard {
    arrived: BTreeMap<DeviceSeq, LastValues>,
    /// Being written down; read until it is.
    saving: BTreeMap<DeviceSeq, Arc<LastValues>>,
}

impl LiveTelemetry {
    pub fn new() -> LiveTelemetry {
        LiveTelemetry {
            shards: (0..SHARDS).map(|_| Mutex::default()).collect(),
            bytes: AtomicUsize::new(0),
            high: Notify::new(),
        }
    }

    fn shard(&self, device: DeviceSeq) -> &Mutex<Shard> {
        &self.shards[device.0 as usize % SHARDS]
    }

    /// Returns whether there was room.
    fn arrived(&self, device: DeviceSeq, values: LastValues) -> bool {
        if values.is_empty() {
            return true;
        }
        if self.bytes.load(Ordering::Relaxed) + values.bytes() > UNSAVED_BYTES_MAX {
            return false;
        }
        let mut shard = self.shard(device).lock();
        let stands = shard.arrived.entry(device).or_default();
        let before = stands.bytes();
        stands.merge(values);
        let after = stands.bytes();
        drop(shard);
        let total = self.bytes.fetch_add(after, Ordering::Relaxed) + after;
        self.bytes.fetch_sub(before, Ordering::Relaxed);
        if total > UNSAVED_BYTES_HIGH {
            self.high.notify_one();
        }
        true
    }

    /// The last value that is not on disk yet. One that is may be newer, by the device's own time.
    fn get(&self, device: DeviceSeq, component: Option<&str>, name: &str) -> Option<LastValue> {
        let shard = self.shard(device).lock();
        let saving = shard.saving.get(&device).and_then(|values| values.get(component, name));
        let arrived = shard.arrived.get(&device).and_then(|values| values.get(component, name));
        newer(saving, arrived).cloned()
    }

    /// Up to `most` devices of one shard, to be written down and then reported with [`LiveTelemetry::saved`].
    fn take(&self, shard: usize, most: usize) -> Vec<(DeviceSeq, Arc<LastValues>)> {
        let mut shard = self.shards[shard].lock();
        let mut taken = Vec::new();
        while taken.len() < most
            && let Some((device, values)) = shard.arrived.pop_first()
        {
            let values = Arc::new(values);
            shard.saving.insert(device, Arc::clone(&values));
            taken.push((device, values));
        }
        taken
    }

    /// These are on disk, or (`failed`) they are not and wait again.
    fn saved(&self, taken: Vec<(DeviceSeq, Arc<LastValues>)>, failed: bool) {
        for (device, values) in taken {
            let mut shard = self.shard(device).lock();
            shard.saving.remove(&device);
            let mut freed = values.bytes();
            if failed {
                let later = shard.arrived.remove(&device).unwrap_or_default();
                freed += later.bytes();
                let mut values = LastValues::clone(&values);
                values.merge(later);
                self.bytes.fetch_add(values.bytes(), Ordering::Relaxed);
                shard.arrived.insert(device, values);
            }
            self.bytes.fetch_sub(freed, Ordering::Relaxed);
        }
    }
}

/// Which of two values holds: the device's time says it, and of equal ones the one that arrived later.
fn newer<'a>(earlier: Option<&'a LastValue>, later: Option<&'a LastValue>) -> Option<&'a LastValue> {
    match (earlier, later) {
        (Some(earlier), Some(later)) if earlier.time > later.time => Some(earlier),
        (earlier, later) => later.or(earlier),
    }
}

impl Engine {
    /// A device sent a message. Only the last values in it are kept, and not at once on disk: after a crash those of
    /// the last minute are missing.
    pub fn telemetry(&self, device: DeviceSeq, message: &Message<'_>) {
        let kept = self.telemetry.arrived(device, LastValues::of(message, self.now()));
        if !kept {
            tracing::debug!(device = device.0, "a last value was not kept: too much waits to be written down");
        }
    }

    /// The last value of a telemetry of a device, of a component or of the device itself.
    ///
    /// # Errors
    /// The store failed.
    pub async fn last_value(
        &self,
        device: DeviceSeq,
        component: Option<&str>,
        name: &str,
    ) -> Result<Option<LastValue>, StoreError> {
        // In this order, so that what is written down in between is seen twice and not missed.
        let live = self.telemetry.get(device, component, name);
        let stored = self.store.last_values(device).await?;
        Ok(newer(stored.get(component, name), live.as_ref()).cloned())
    }

    pub(crate) async fn save_telemetry_now_and_then(self: Arc<Self>) {
        loop {
            tokio::select! {
                () = self.stopping.cancelled() => return,
                () = tokio::time::sleep(SAVED_EVERY) => {}
                () = self.telemetry.high.notified() => {}
            }
            if !self.save_telemetry().await {
                // Not at once again, however much waits.
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
    }

    /// Writes down what arrived. Returns whether that was possible.
    pub(crate) async fn save_telemetry(&self) -> bool {
        for shard in 0..SHARDS {
            loop {
                let taken = self.telemetry.take(shard, DEVICES_IN_ONE_WRITE);
                if taken.is_empty() {
                    break;
                }
                let result = self.store.save_last_values(taken.clone()).await;
                let devices = taken.len();
                self.telemetry.saved(taken, result.is_err());
                if let Err(error) = result {
                    tracing::warn!(%error, devices, "telemetry could not be written down; the next round tries again");
                    return false;
                }
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use bellwether_model::Time;

    use super::*;

    fn values(text: &str, time: i64) -> LastValues {
        LastValues::of(&Message { body: text.as_bytes(), ..Message::default() }, Time(time))
    }

    fn shown(live: &LiveTelemetry, device: DeviceSeq) -> Option<String> {
        live.get(device, None, "t").and_then(|value| value.json).map(String::from)
    }

    #[test]
    fn what_is_being_saved_is_read_and_counted_until_it_is() {
        let (live, device) = (LiveTelemetry::new(), DeviceSeq(3));
        assert!(live.arrived(device, values(r#"{"t":1}"#, 1)));
        let taken = live.take(3, 10);
        assert_eq!(shown(&live, device).as_deref(), Some("1"));
        assert!(live.arrived(device, values(r#"{"t":2}"#, 2)));
        live.saved(taken, true);
        assert_eq!(shown(&live, device).as_deref(), Some("2"), "the later one holds, also when the write failed");
        let taken = live.take(3, 10);
        assert_eq!(taken.len(), 1);
        live.saved(taken, false);
        assert_eq!(shown(&live, device), None);
        assert_eq!(live.bytes.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn memory_is_bounded() {
        let live = LiveTelemetry::new();
        let text = format!("{{\"t\":\"{}\"}}", "x".repeat(30_000));
        let kept = (0..3000).filter(|n| live.arrived(DeviceSeq(*n), values(&text, 1))).count();
        assert!((2000..2300).contains(&kept), "{kept}");
        for shard in 0..SHARDS {
            live.saved(live.take(shard, usize::MAX), false);
        }
        assert_eq!(live.bytes.load(Ordering::Relaxed), 0);
        assert!(live.arrived(DeviceSeq(1), values(&text, 1)));
    }
}
