//! Who is connected and was heard of when: live in memory, written down now and then (DESIGN §3.8).

use std::collections::HashMap;

use bellwether_model::identity::Presence;
use bellwether_model::{DeviceSeq, Time};
use parking_lot::Mutex;

const SHARDS: usize = 64;

/// What is live about devices; a device that is not in here is as its row says.
pub(crate) struct LivePresences {
    shards: Vec<Mutex<HashMap<DeviceSeq, Entry>>>,
}

#[derive(Clone, Copy)]
struct Entry {
    presence: Presence,
    unsaved: bool,
}

impl LivePresences {
    pub fn new() -> LivePresences {
        LivePresences { shards: (0..SHARDS).map(|_| Mutex::default()).collect() }
    }

    fn shard(&self, device: DeviceSeq) -> &Mutex<HashMap<DeviceSeq, Entry>> {
        &self.shards[device.0 as usize % SHARDS]
    }

    pub fn get(&self, device: DeviceSeq) -> Option<Presence> {
        self.shard(device).lock().get(&device).map(|entry| entry.presence)
    }

    /// How many devices are connected.
    pub fn connected_count(&self) -> u64 {
        let connected = |shard: &Mutex<HashMap<DeviceSeq, Entry>>| {
            shard.lock().values().filter(|entry| entry.presence.connected).count() as u64
        };
        self.shards.iter().map(connected).sum()
    }

    pub fn connected(&self, device: DeviceSeq, now: Time) {
        let presence = Presence { connected: true, state_updated: now, last_activity: now };
        self.shard(device).lock().insert(device, Entry { presence, unsaved: true });
    }

    pub fn disconnected(&self, device: DeviceSeq, now: Time) {
        if let Some(entry) = self.shard(device).lock().get_mut(&device) {
            entry.presence.connected = false;
            entry.presence.state_updated = now;
            entry.unsaved = true;
        }
    }

    pub fn active(&self, device: DeviceSeq, now: Time) {
        if let Some(entry) = self.shard(device).lock().get_mut(&device) {
            entry.presence.last_activity = now;
            entry.unsaved = true;
        }
    }

    /// Up to `most` presences of one shard that are not written down; the caller writes them and reports with
    /// [`LivePresences::saved`].
    pub fn unsaved(&self, shard: usize, most: usize) -> Vec<(DeviceSeq, Presence)> {
        let entries = self.shards[shard].lock();
        let unsaved = entries.iter().filter(|(_, entry)| entry.unsaved);
        unsaved.take(most).map(|(device, entry)| (*device, entry.presence)).collect()
    }

    /// These are on disk; a device that is gone and has not changed since needs no entry any more.
    pub fn saved(&self, saved: &[(DeviceSeq, Presence)]) {
        for (device, presence) in saved {
            let mut entries = self.shard(*device).lock();
            if let Some(entry) = entries.get_mut(device)
                && entry.presence == *presence
            {
                entry.unsaved = false;
                if !presence.connected {
                    entries.remove(device);
                }
            }
        }
    }

    /// How many shards there are.
    pub fn shards(&self) -> usize {
        self.shards.len()
    }
}
