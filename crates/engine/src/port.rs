//! How the engine reaches what it does not know: devices, the clock, randomness.

use std::sync::Arc;
use std::time::Duration;

use bellwether_model::method::{MethodAnswer, MethodCall};
use bellwether_model::{DeviceSeq, Time};
use futures::future::BoxFuture;

/// The devices as the engine sees them. The gateway implements it; a simulated world may.
pub trait DevicePort: Send + Sync + 'static {
    /// Is the device connected and subscribed to direct methods?
    fn reachable(&self, device: DeviceSeq) -> bool;

    /// Sends one call and resolves with its answer, after `timeout` at the latest. Never sends it twice.
    fn call(
        &self,
        device: DeviceSeq,
        call: Arc<MethodCall>,
        timeout: Duration,
    ) -> BoxFuture<'static, Result<MethodAnswer, CallError>>;

    /// Tells a device, if it is connected and listens, of a change of its desired properties. `patch` is JSON
    /// object text without `$version`. Never waits.
    fn desired_changed(&self, device: DeviceSeq, patch: &Arc<str>, version: i64);

    /// Closes the device's connection: it was disabled or deleted, or its keys changed.
    fn close(&self, device: DeviceSeq);
}

/// Why a call has no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// The device is not there; nothing was sent.
    #[error("the device is not connected or does not listen for methods")]
    NotConnected,
    /// The call was sent, then the connection went.
    #[error("the connection was lost after the call was sent")]
    ConnectionLost,
    /// The call was sent, no answer came in time.
    #[error("the device did not answer in time")]
    TimedOut,
    /// The answer breaks the protocol.
    #[error("the device's answer is not valid: {0}")]
    Malformed(String),
}

/// Tells the time.
pub trait Clock: Send + Sync + 'static {
    /// Now.
    fn now(&self) -> Time;
}

/// Where keys come from.
pub trait Entropy: Send + Sync + 'static {
    /// 32 bytes that nobody can guess.
    fn draw(&self) -> [u8; 32];
}
