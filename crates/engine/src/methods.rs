//! Direct calls: one device, now (iot-hub §4).

use std::sync::Arc;
use std::time::Duration;

use bellwether_model::DeviceId;
use bellwether_model::DeviceSeq;
use bellwether_model::identity::Status;
use bellwether_model::method::{MethodAnswer, MethodCall};
use bellwether_store::StoreError;
use tokio::sync::broadcast::error::RecvError;

use crate::{CallError, DeviceNews, Engine};

/// Why a direct call has no answer.
#[derive(Debug, Clone, thiserror::Error)]
pub enum InvokeError {
    /// Not registered, or disabled.
    #[error("the device is not registered or is disabled")]
    DeviceNotFound,
    /// Not connected within the connect timeout; nothing was sent.
    #[error("the device is not connected or does not listen for methods")]
    NotOnline,
    /// The connection went after the call was sent.
    #[error("the connection to the device was lost after the call was sent")]
    ConnectionLost,
    /// No answer within the response timeout.
    #[error("the device did not answer in time")]
    TimedOut,
    /// The answer breaks the protocol.
    #[error("the device's answer is not valid: {0}")]
    Malformed(String),
    /// The program is about to stop.
    #[error("the server is stopping")]
    Stopping,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<CallError> for InvokeError {
    fn from(error: CallError) -> Self {
        match error {
            CallError::NotConnected => InvokeError::NotOnline,
            CallError::ConnectionLost => InvokeError::ConnectionLost,
            CallError::TimedOut => InvokeError::TimedOut,
            CallError::Malformed(reason) => InvokeError::Malformed(reason),
        }
    }
}

impl Engine {
    /// Calls a method on one device. A device that is absent is waited for as long as the connect timeout says;
    /// the response timeout is the time for everything (iot-hub §4).
    ///
    /// # Errors
    /// See [`InvokeError`]. The call is never repeated.
    pub async fn invoke_method(&self, id: &DeviceId, call: MethodCall) -> Result<MethodAnswer, InvokeError> {
        if self.is_stopping() {
            return Err(InvokeError::Stopping);
        }
        let device = self.store.device(id).await?.ok_or(InvokeError::DeviceNotFound)?;
        if device.status == Status::Disabled {
            return Err(InvokeError::DeviceNotFound);
        }
        let began = self.now();
        self.wait_for(device.seq, call.connect_timeout.unwrap_or(0)).await?;
        let waited = Duration::from_micros(self.now().micros_since(began));
        let timeout = Duration::from_secs(call.response_timeout.into()).saturating_sub(waited);
        Ok(self.world.port.call(device.seq, Arc::new(call), timeout).await?)
    }

    /// Waits for a device to be reachable, for so many seconds at most.
    pub(crate) async fn wait_for(&self, device: DeviceSeq, seconds: u16) -> Result<(), InvokeError> {
        let patience = Duration::from_secs(seconds.into());
        let reached = tokio::time::timeout(patience, self.until_reachable(device)).await;
        if reached.is_err() && !self.world.port.reachable(device) {
            return Err(InvokeError::NotOnline);
        }
        Ok(())
    }

    async fn until_reachable(&self, device: DeviceSeq) {
        // Listen before looking, so that nothing is missed in between.
        let mut news = self.news.subscribe();
        while !self.world.port.reachable(device) {
            loop {
                match news.recv().await {
                    Ok(DeviceNews::Reachable(reached)) if reached == device => break,
                    Ok(DeviceNews::Reachable(_) | DeviceNews::Withdrawn(_)) => {}
                    Err(RecvError::Lagged(_)) => break,
                    // The engine holds the sender as long as it lives.
                    Err(RecvError::Closed) => return std::future::pending().await,
                }
            }
        }
    }
}
