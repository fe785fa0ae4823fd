//! How long a connection may be silent (device-protocol §2.4).

use std::time::Duration;

/// The longest silence that is ever allowed: 29.45 minutes.
pub const SILENCE_MAX: Duration = Duration::from_secs(1767);

/// The silence after which a connection with this keep alive (seconds) is closed: one and a half times the
/// keep alive, at most [`SILENCE_MAX`], which also stands for 0.
pub fn silence_allowed(keep_alive: u16) -> Duration {
    match keep_alive {
        0 => SILENCE_MAX,
        seconds => Duration::from_millis(u64::from(seconds) * 1500).min(SILENCE_MAX),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table() {
        for (keep_alive, millis) in [
            (0, 1_767_000),
            (1, 1_500),
            (60, 90_000),
            (230, 345_000),
            (1177, 1_765_500),
            (1178, 1_767_000),
            (1179, 1_767_000),
            (u16::MAX, 1_767_000),
        ] {
            assert_eq!(silence_allowed(keep_alive), Duration::from_millis(millis), "{keep_alive}");
        }
    }
}
