//! How many requests a second are taken (iot-central §12: 20, and 1 query; here as many as come unless set).

use std::num::NonZeroU32;
use std::time::Duration;

use axum::http::{HeaderValue, header};
use bellwether_model::access::Permission;
use governor::clock::{Clock, MonotonicClock};
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};

use super::error::{CentralError, Code};

/// Limits of all callers together, as IoT Central has them for an application. Only requests that were let in count:
/// who has no token takes nothing from those who have.
pub struct RequestRates<C: Clock = MonotonicClock> {
    clock: C,
    requests: Option<Limiter<C>>,
    queries: Option<Limiter<C>>,
}

type Limiter<C> = RateLimiter<NotKeyed, InMemoryState, C, NoOpMiddleware<<C as Clock>::Instant>>;

impl RequestRates {
    /// Requests and, of these, queries a second; `None`: as many as come. A second's worth may come at once.
    pub fn new(requests: Option<NonZeroU32>, queries: Option<NonZeroU32>) -> RequestRates {
        RequestRates::with_clock(requests, queries, MonotonicClock)
    }
}

impl<C: Clock + Clone> RequestRates<C> {
    fn with_clock(requests: Option<NonZeroU32>, queries: Option<NonZeroU32>, clock: C) -> RequestRates<C> {
        let limiter = |rate: Option<NonZeroU32>| {
            rate.map(|rate| RateLimiter::direct_with_clock(Quota::per_second(rate), clock.clone()))
        };
        RequestRates { requests: limiter(requests), queries: limiter(queries), clock }
    }

    /// Takes a request for something that needs `permission`.
    ///
    /// # Errors
    /// 429 with the seconds after which one would be taken.
    pub(super) fn take(&self, permission: Permission) -> Result<(), CentralError> {
        if permission == Permission::QueryData {
            self.take_from(self.queries.as_ref(), "queries")?;
        }
        self.take_from(self.requests.as_ref(), "requests")
    }

    fn take_from(&self, limiter: Option<&Limiter<C>>, what: &str) -> Result<(), CentralError> {
        let Some(until) = limiter.and_then(|limiter| limiter.check().err()) else { return Ok(()) };
        let seconds = whole_seconds(until.wait_time_from(self.clock.now()));
        let mut error = CentralError::new(
            Code::TooManyRequests,
            format!("more {what} a second than this server takes; try again in {seconds} s"),
        );
        error.headers.push((header::RETRY_AFTER, HeaderValue::from(seconds)));
        Err(error)
    }
}

/// At least one: a caller that is told zero comes again at once.
fn whole_seconds(wait: Duration) -> u64 {
    (wait.as_secs() + u64::from(wait.subsec_nanos() > 0)).max(1)
}

#[cfg(test)]
mod tests {
    use governor::clock::FakeRelativeClock;

    use super::*;

    #[test]
    fn a_seconds_worth_at_once_then_one_after_the_other() {
        let clock = FakeRelativeClock::default();
        let rates = RequestRates::with_clock(NonZeroU32::new(4), NonZeroU32::new(1), clock.clone());
        let take = |permission| rates.take(permission).map_err(|error| (error.code, error.headers[0].1.clone()));
        let later = || Err((Code::TooManyRequests, HeaderValue::from(1)));
        assert_eq!(take(Permission::QueryData), Ok(()));
        assert_eq!(take(Permission::QueryData), later());
        // The query that was refused took no place among the requests.
        for _ in 0..3 {
            assert_eq!(take(Permission::ViewJobs), Ok(()));
        }
        assert_eq!(take(Permission::ViewJobs), later());
        clock.advance(Duration::from_millis(250));
        assert_eq!(take(Permission::ViewJobs), Ok(()));
        assert_eq!(take(Permission::ViewJobs), later());
        clock.advance(Duration::from_millis(750));
        assert_eq!(take(Permission::QueryData), Ok(()));
    }

    #[test]
    fn without_a_limit() {
        let rates = RequestRates::new(None, None);
        for _ in 0..1000 {
            assert!(rates.take(Permission::QueryData).is_ok());
        }
    }

    #[test]
    fn seconds_are_rounded_up() {
        for (wait, seconds) in [(0, 1), (1, 1), (1000, 1), (1001, 2), (59_999, 60)] {
            assert_eq!(whole_seconds(Duration::from_millis(wait)), seconds);
        }
    }
}
