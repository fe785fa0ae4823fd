//! The real clock, and a fleet nobody of which is connected.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bellwether_engine::{CallError, Clock, DevicePort, Entropy, World};
use bellwether_model::method::{MethodAnswer, MethodCall};
use bellwether_model::{DeviceSeq, Time};
use futures::FutureExt;
use futures::future::BoxFuture;

struct Nobody;

impl DevicePort for Nobody {
    fn reachable(&self, _: DeviceSeq) -> bool {
        false
    }

    fn call(
        &self,
        _: DeviceSeq,
        _: Arc<MethodCall>,
        _: Duration,
    ) -> BoxFuture<'static, Result<MethodAnswer, CallError>> {
        async { Err(CallError::NotConnected) }.boxed()
    }

    fn desired_changed(&self, _: DeviceSeq, _: &Arc<str>, _: i64) {}

    fn close(&self, _: DeviceSeq) {}
}

struct WallClock;

impl Clock for WallClock {
    fn now(&self) -> Time {
        now()
    }
}

struct NoEntropy;

impl Entropy for NoEntropy {
    fn draw(&self) -> [u8; 32] {
        [0; 32]
    }
}

/// The time by the machine's clock.
pub fn now() -> Time {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Time(since.as_micros() as i64)
}

/// A world without devices.
pub fn world() -> World {
    world_of(Arc::new(Nobody))
}

/// A world with the devices behind `port`.
pub fn world_of(port: Arc<dyn DevicePort>) -> World {
    World { port, clock: Arc::new(WallClock), entropy: Arc::new(NoEntropy) }
}
