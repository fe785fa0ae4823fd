//! The one place where the program reads the clock and draws randomness for the engine.

use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bellwether_engine::{Clock, Entropy};
use bellwether_model::Time;

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    /// Microseconds since 1970; zero on a machine whose clock stands before that.
    fn now(&self) -> Time {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Time(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
    }
}

/// The system's random bytes.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    /// Waits rather than hand out bytes that somebody could guess. That they can be had at all was seen at
    /// start, where they are drawn with an error that is told.
    fn draw(&self) -> [u8; 32] {
        let mut bytes = [0; 32];
        while getrandom::fill(&mut bytes).is_err() {
            thread::sleep(Duration::from_millis(1));
        }
        bytes
    }
}
