//! The target list of a job, packed (DESIGN §6.4).
//!
//! The list is frozen when the job starts, in the order of the device keys. It is kept in blocks of
//! [`BLOCK_DEVICES`]; a device's place in the list is its *ordinal*, counted from 0.

use crate::DeviceSeq;
use crate::twin::meta::{put_varint, take_varint};

/// Devices in one block; only the last block of a list may hold fewer.
pub const BLOCK_DEVICES: usize = 1000;

/// Packs ascending keys: each as the distance from the one before.
pub fn pack(devices: &[DeviceSeq]) -> Vec<u8> {
    let mut out = Vec::with_capacity(devices.len() * 2);
    let mut last = 0;
    for device in devices {
        put_varint(&mut out, (device.0 - last) as u64);
        last = device.0;
    }
    out
}

/// The keys that [`pack`] packed.
pub fn unpack(mut bytes: &[u8]) -> Vec<DeviceSeq> {
    let mut devices = Vec::with_capacity(BLOCK_DEVICES);
    let mut last = 0i64;
    while let Some(distance) = take_varint(&mut bytes) {
        last = last.wrapping_add(distance as i64);
        devices.push(DeviceSeq(last));
    }
    devices
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn round_trip(mut keys in proptest::collection::vec(1i64..i64::MAX, 0..50)) {
            keys.sort_unstable();
            let devices: Vec<_> = keys.into_iter().map(DeviceSeq).collect();
            prop_assert_eq!(unpack(&pack(&devices)), devices);
        }

        #[test]
        fn any_bytes_unpack(bytes: Vec<u8>) {
            unpack(&bytes);
        }
    }
}
