//! How often something may be done (iot-central §12; as often as it comes unless set).

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use bellwether_model::Time;
use governor::clock::Clock as GovernorClock;
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use parking_lot::Mutex;

use crate::{Clock, Limits};

/// More of something than its limit allows. Nothing was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("more {what} a {per} than the {most} that the setting {setting} allows; try again in {seconds} s")]
pub struct TooOften {
    /// What is done, in the plural.
    what: &'static str,
    per: &'static str,
    most: NonZeroU32,
    /// The setting, named as its flag without `--`.
    setting: &'static str,
    /// Whole seconds, at least one, after which it would be taken: who is told zero comes again at once.
    pub seconds: u32,
}

/// A limit on how often something is done by all callers together. What is allowed in its span of time may come at once.
pub struct Rate {
    what: &'static str,
    setting: &'static str,
    per: &'static str,
    limiter: Option<(NonZeroU32, Limiter)>,
    clock: Steady,
}

type Limiter = RateLimiter<NotKeyed, InMemoryState, Steady, NoOpMiddleware<Nanos>>;

impl Rate {
    fn per_second(what: &'static str, setting: &'static str, most: Option<NonZeroU32>, clock: &Arc<dyn Clock>) -> Rate {
        Rate::new(what, setting, ("second", Quota::per_second), most, clock)
    }

    fn per_minute(what: &'static str, setting: &'static str, most: Option<NonZeroU32>, clock: &Arc<dyn Clock>) -> Rate {
        Rate::new(what, setting, ("minute", Quota::per_minute), most, clock)
    }

    fn new(
        what: &'static str,
        setting: &'static str,
        (per, quota): (&'static str, fn(NonZeroU32) -> Quota),
        most: Option<NonZeroU32>,
        clock: &Arc<dyn Clock>,
    ) -> Rate {
        let clock = Steady::new(Arc::clone(clock));
        let limiter = most.map(|most| (most, RateLimiter::direct_with_clock(quota(most), clock.clone())));
        Rate { what, setting, per, limiter, clock }
    }

    /// Counts one.
    ///
    /// # Errors
    /// It is one too many.
    pub fn take(&self) -> Result<(), TooOften> {
        let Some((most, limiter)) = &self.limiter else { return Ok(()) };
        let Err(until) = limiter.check() else { return Ok(()) };
        let seconds = whole_seconds(until.wait_time_from(self.clock.now()));
        Err(TooOften { what: self.what, per: self.per, most: *most, setting: self.setting, seconds })
    }
}

fn whole_seconds(wait: Duration) -> u32 {
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    u32::try_from(seconds.max(1)).unwrap_or(u32::MAX)
}

/// The rates of an installation.
pub struct Rates {
    /// Requests to the central face.
    pub requests: Rate,
    /// Of these, queries.
    pub queries: Rate,
    pub(crate) property_updates: Rate,
    pub(crate) commands: Rate,
    pub(crate) registrations: Rate,
}

impl Rates {
    pub(crate) fn new(limits: &Limits, clock: &Arc<dyn Clock>) -> Rates {
        let per_second = |what, setting, most| Rate::per_second(what, setting, most, clock);
        Rates {
            requests: per_second("requests", "central-requests-per-second", limits.requests_per_second),
            queries: per_second("queries", "central-queries-per-second", limits.queries_per_second),
            property_updates: per_second(
                "property updates",
                "central-property-updates-per-second",
                limits.property_updates_per_second,
            ),
            commands: per_second("commands", "central-commands-per-second", limits.commands_per_second),
            registrations: Rate::per_minute(
                "registrations",
                "registrations-per-minute",
                limits.registrations_per_minute,
                clock,
            ),
        }
    }
}

/// The engine's clock as rates need it: never back. What a machine's clock is set back by is no time in which nothing
/// is let through.
#[derive(Clone)]
struct Steady {
    clock: Arc<dyn Clock>,
    /// What the clock said last, and how much time has gone by.
    seen: Arc<Mutex<(Time, Duration)>>,
}

impl Steady {
    fn new(clock: Arc<dyn Clock>) -> Steady {
        let seen = Arc::new(Mutex::new((clock.now(), Duration::ZERO)));
        Steady { clock, seen }
    }
}

impl GovernorClock for Steady {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        let mut seen = self.seen.lock();
        let now = self.clock.now();
        seen.1 = seen.1.saturating_add(Duration::from_micros(now.micros_since(seen.0)));
        seen.0 = now;
        seen.1.into()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI64, Ordering};

    use super::*;

    struct Hands(AtomicI64);

    impl Hands {
        fn turn(&self, millis: i64) {
            self.0.fetch_add(millis * 1000, Ordering::Relaxed);
        }
    }

    impl Clock for Hands {
        fn now(&self) -> Time {
            Time(self.0.load(Ordering::Relaxed))
        }
    }

    fn hands() -> (Arc<Hands>, Arc<dyn Clock>) {
        let hands = Arc::new(Hands(AtomicI64::new(1_795_176_000_000_000)));
        (Arc::clone(&hands), hands)
    }

    /// How many are taken now, 10,000 at most, and the seconds of the first refusal.
    fn taken(rate: &Rate) -> (usize, Option<u32>) {
        for count in 0..10_000 {
            if let Err(refused) = rate.take() {
                return (count, Some(refused.seconds));
            }
        }
        (10_000, None)
    }

    #[test]
    fn a_seconds_worth_at_once_then_one_after_the_other() {
        let (hands, clock) = hands();
        let rate = Rate::per_second("things", "things-per-second", NonZeroU32::new(4), &clock);
        assert_eq!(taken(&rate), (4, Some(1)));
        hands.turn(249);
        assert_eq!(taken(&rate), (0, Some(1)));
        hands.turn(1);
        assert_eq!(taken(&rate), (1, Some(1)));
        hands.turn(60_000);
        assert_eq!(taken(&rate), (4, Some(1)));
        let refused = rate.take().unwrap_err().to_string();
        assert_eq!(
            refused,
            "more things a second than the 4 that the setting things-per-second allows; try again in 1 s"
        );
    }

    #[test]
    fn a_minutes_worth() {
        let (hands, clock) = hands();
        let rate = Rate::per_minute("things", "things-per-minute", NonZeroU32::new(4), &clock);
        assert_eq!(taken(&rate), (4, Some(15)));
        hands.turn(1500);
        assert_eq!(taken(&rate), (0, Some(14)));
        hands.turn(13_500);
        assert_eq!(taken(&rate), (1, Some(15)));
    }

    #[test]
    fn a_clock_that_is_set_back_lets_through_at_the_same_rate() {
        let (hands, clock) = hands();
        let rate = Rate::per_second("things", "things-per-second", NonZeroU32::new(1), &clock);
        assert_eq!(taken(&rate), (1, Some(1)));
        hands.turn(-3_600_000);
        assert_eq!(taken(&rate), (0, Some(1)));
        hands.turn(1000);
        assert_eq!(taken(&rate), (1, Some(1)));
    }

    #[test]
    fn without_a_limit() {
        assert_eq!(taken(&Rate::per_second("things", "things-per-second", None, &hands().1)), (10_000, None));
    }

    #[test]
    fn seconds_are_rounded_up() {
        for (wait, seconds) in [(0, 1), (1, 1), (1000, 1), (1001, 2), (59_999, 60)] {
            assert_eq!(whole_seconds(Duration::from_millis(wait)), seconds);
        }
    }
}
