//! Commands that are called on one device over the REST API (iot-central §7.3).

use std::sync::Arc;
use std::time::Duration;

use bellwether_model::identity::{Device, Status};
use bellwether_model::method::{BadCall, MethodCall, component_method};
use bellwether_store::{CommandCall, StoreError};

use crate::{Engine, InvokeError, TooOften, guid};

/// A command to call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandRequest {
    /// The component; `None` is the device itself.
    pub component: Option<String>,
    /// The command.
    pub name: String,
    /// JSON text; `None` when none was given.
    pub request: Option<String>,
    /// Seconds to wait for a device that is not connected, 0 to 30.
    pub connection_timeout: u16,
    /// Seconds to wait for the answer, 5 to 30.
    pub response_timeout: u16,
}

/// Why a command has no answer.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CommandError {
    /// The device is blocked.
    #[error("the device is blocked")]
    Blocked,
    /// The name or the request breaks a rule.
    #[error(transparent)]
    Bad(#[from] BadCall),
    /// See there. Of a command that was sent the history shows that there is no answer.
    #[error(transparent)]
    Invoke(#[from] InvokeError),
    /// More are called a second than the installation allows. Nothing was sent.
    #[error(transparent)]
    TooOften(#[from] TooOften),
}

impl From<StoreError> for CommandError {
    fn from(error: StoreError) -> Self {
        CommandError::Invoke(error.into())
    }
}

impl Engine {
    /// Calls a command. The call is written down before it is sent and its answer before it is returned, whatever
    /// the device's status says; one that was not sent leaves no trace.
    ///
    /// # Errors
    /// See [`CommandError`]. The call is never repeated.
    pub async fn run_command(&self, device: &Device, request: CommandRequest) -> Result<CommandCall, CommandError> {
        if self.is_stopping() {
            return Err(InvokeError::Stopping.into());
        }
        if device.status == Status::Disabled {
            return Err(CommandError::Blocked);
        }
        let method = component_method(request.component.as_deref(), &request.name);
        let payload = request.request.as_deref().unwrap_or("null");
        let call = MethodCall::new(method.clone(), payload, request.response_timeout)?;
        self.wait_for(device.seq, request.connection_timeout).await?;
        // Only what can be sent counts.
        self.rates.commands.take()?;
        let mut command = CommandCall {
            id: guid::random(self.world.entropy.draw()),
            method,
            connection_timeout: request.connection_timeout,
            response_timeout: request.response_timeout,
            request: request.request.is_some().then(|| call.payload.clone()),
            answer: None,
        };
        let key = self.store.begin_command(device.seq, command.clone(), self.now()).await?;
        let timeout = Duration::from_secs(request.response_timeout.into());
        let answer = match self.world.port.call(device.seq, Arc::new(call), timeout).await {
            Ok(answer) => answer,
            Err(error) => {
                let error = InvokeError::from(error);
                if matches!(error, InvokeError::NotOnline) {
                    self.store.take_command_back(key).await?;
                }
                return Err(error.into());
            }
        };
        self.store.end_command(key, answer.clone()).await?;
        command.answer = Some(answer);
        Ok(command)
    }
}
