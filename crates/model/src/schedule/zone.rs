//! Time zones by their IANA names. Their rules are part of the program, not of the machine, so that the same
//! definition means the same everywhere; they are as old as the program's release.

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use serde::{Deserialize, Serialize};

use crate::Time;

static ZONES: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// A time zone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Zone(TimeZone);

/// No time zone is called so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not the name of a time zone, like Europe/Berlin")]
pub struct BadZone;

impl Zone {
    /// Coordinated universal time: the zone of everything that comes over REST.
    pub const UTC: Zone = Zone(TimeZone::UTC);

    /// The name, as the time zone database writes it.
    pub fn name(&self) -> &str {
        // A zone is only made from its name.
        self.0.iana_name().unwrap_or("UTC")
    }

    /// The names of all zones, in the order of the alphabet.
    pub fn names() -> Vec<String> {
        ZONES.available().map(|name| name.to_string()).collect()
    }

    /// What the clocks on the walls show at this time; `None` beyond the years that a calendar can reckon with.
    pub(super) fn wall_clock(&self, time: Time) -> Option<DateTime> {
        let timestamp = Timestamp::from_microsecond(time.0).ok()?;
        Some(self.0.to_datetime(timestamp))
    }

    /// When the clocks show this. A time that they skip when they go forward moves on by what was skipped; of one
    /// that they show twice the first counts.
    pub(super) fn time(&self, wall: DateTime) -> Option<Time> {
        let timestamp = self.0.to_ambiguous_timestamp(wall).compatible().ok()?;
        Some(Time(timestamp.as_microsecond()))
    }

    #[cfg(test)]
    pub(super) fn inner(&self) -> &TimeZone {
        &self.0
    }
}

impl FromStr for Zone {
    type Err = BadZone;

    fn from_str(name: &str) -> Result<Zone, BadZone> {
        let zone = ZONES.get(name).map_err(|_| BadZone)?;
        if zone.is_unknown() || zone.iana_name().is_none() { Err(BadZone) } else { Ok(Zone(zone)) }
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl TryFrom<String> for Zone {
    type Error = BadZone;

    fn try_from(name: String) -> Result<Zone, BadZone> {
        name.parse()
    }
}

impl From<Zone> for String {
    fn from(zone: Zone) -> String {
        zone.name().to_owned()
    }
}
