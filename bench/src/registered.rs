//! A fleet put where the store keeps it, without the store: registering many devices is another figure.

use std::ops::RangeInclusive;
use std::path::Path;

use bellwether_model::Time;
use bellwether_model::twin::Twin;
use rusqlite::Connection;

use crate::Anything;

/// The key of every device, in base64.
pub const KEY: &str = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
/// What it is made of.
pub const KEY_BYTES: &[u8; 32] = b"0123456789abcdef0123456789abcdef";

/// About 400 bytes of documents a device; `n` is its number.
pub const TAGS: &str = "json_object('site', 'plant-7', 'building', CAST(n % 50 AS TEXT), 'floor', n % 9, 'line', \
     'line-' || (n % 200), 'owner', 'team-' || (n % 31), 'serial', printf('%012d', n))";
/// See [`TAGS`].
pub const DESIRED: &str = "json_object('firmware', json_object('channel', 'beta', 'version', '4.2.' || (n % 10)), \
     'telemetry', json_object('intervalSeconds', 30 + n % 30, 'enabled', json('true')))";
/// See [`TAGS`].
pub const REPORTED: &str = "json_object('firmware', json_object('version', '4.2.' || (n % 10), 'installed', \
     '2026-03-01T02:00:00Z'), 'battery', n % 100, 'signal', -60 - n % 30, 'uptimeHours', n % 9000)";

/// The id of device `number`.
pub fn id(number: u64) -> String {
    format!("device-{number:07}")
}

/// Registers the devices of these numbers; a number is also the device's key in the store.
pub fn fill(path: &Path, numbers: RangeInclusive<u64>) -> Result<(), Anything> {
    let connection = Connection::open(path)?;
    // One version wrote each section: the metadata of a fresh twin.
    let fresh = Twin::fresh(Time(1_772_330_400_000_000));
    let (first, last) = (numbers.start(), numbers.end());
    let numbers = format!("WITH RECURSIVE seq(n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM seq WHERE n < {last})");
    connection.execute_batch(&format!(
        "PRAGMA busy_timeout=60000; PRAGMA synchronous=OFF;
         {numbers}
         INSERT INTO device (seq, id, generation, etag, disabled, status_updated, primary_key, secondary_key,
             iot_edge, model_id, connected, state_updated, last_activity)
         SELECT n, printf('device-%07d', n), 1, 1, 0, 0, '{KEY}', '{KEY}', 0, '', 0, 0, 0 FROM seq;"
    ))?;
    connection.execute(
        &format!("{numbers} INSERT INTO twin SELECT n, 2, 1, 1, 1, {TAGS}, {DESIRED}, {REPORTED}, ?1 FROM seq"),
        [fresh.meta],
    )?;
    connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")?;
    Ok(())
}
