//! From samples to figures.

use std::time::Duration;

use crate::Anything;

/// Sorted samples.
pub struct Samples(Vec<Duration>);

impl Samples {
    /// There must be one at least.
    pub fn new(mut samples: Vec<Duration>) -> Result<Samples, Anything> {
        if samples.is_empty() {
            return Err("no samples".into());
        }
        samples.sort_unstable();
        Ok(Samples(samples))
    }

    /// How many.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// The smallest sample that is not under this share of all, in milliseconds.
    pub fn share(&self, share: f64) -> f64 {
        let rank = (share * self.0.len() as f64).ceil() as usize;
        milliseconds(self.0[rank.clamp(1, self.0.len()) - 1])
    }

    /// The middle one, in milliseconds.
    pub fn median(&self) -> f64 {
        self.share(0.5)
    }

    /// The largest, in milliseconds.
    pub fn max(&self) -> f64 {
        self.share(1.0)
    }
}

/// As a number.
pub fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

/// What else the machine did in the last minute.
pub fn load() -> String {
    let all = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    all.split(' ').next().unwrap_or_default().to_owned()
}
