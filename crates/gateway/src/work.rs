//! What a session waits for, one piece after the other: credentials, the store, the twin.

use std::sync::Arc;

use bellwether_engine::ChangeTwinError;
use bellwether_model::twin::TwinError;
use bellwether_model::{DeviceId, DeviceSeq};
use bellwether_store::Subscription;
use futures::FutureExt;
use futures::future::BoxFuture;
use rmqtt_codec::v3::Packet;
use tracing::error;

use crate::credentials::{self, Rules};
use crate::gateway::Shared;
use crate::protocol::command::TwinRequest;
use crate::protocol::connect::{ConnectRequest, Refusal};
use crate::protocol::session::Admitted;
use crate::protocol::subscriptions::Subscriptions;
use crate::protocol::twin_failure::TwinFailure;
use crate::sessions::Stamp;

/// A piece of work that waits for its turn.
#[derive(Debug)]
pub(crate) enum Work {
    Save {
        rows: Option<Vec<(String, u8)>>,
        then: Option<Packet>,
    },
    /// The model announced is another than the one known.
    Model(String),
    Twin(TwinRequest),
}

/// What came of it.
pub(crate) enum Done {
    Authenticated(Result<Admission, Refusal>),
    Saved { then: Option<Packet> },
    ModelSaved,
    SaveFailed,
    Read { rid: Box<str>, result: Result<String, TwinFailure> },
    Reported { rid: Option<Box<str>>, result: Result<i64, TwinFailure> },
}

/// A CONNECT whose credentials are good.
pub(crate) struct Admission {
    pub device: DeviceSeq,
    /// Announced now, and not what it announced last; empty when it announces none.
    pub new_model: Option<String>,
    pub admitted: Admitted,
    pub stamp: Stamp,
    /// Kept in case that the identity has to be read again.
    pub request: Box<ConnectRequest>,
}

/// Checks a CONNECT against the identity and the policies. `device` is its key where that is known already.
pub(crate) fn authenticate(
    shared: Arc<Shared>,
    request: Box<ConnectRequest>,
    device: Option<DeviceSeq>,
) -> BoxFuture<'static, Done> {
    async move { Done::Authenticated(admission(&shared, request, device).await) }.boxed()
}

/// There is no room for another session.
pub(crate) fn unavailable() -> BoxFuture<'static, Done> {
    futures::future::ready(Done::Authenticated(Err(Refusal::Unavailable))).boxed()
}

async fn admission(
    shared: &Shared,
    request: Box<ConnectRequest>,
    device: Option<DeviceSeq>,
) -> Result<Admission, Refusal> {
    let unknown = Refusal::NotAuthorized("the device is not known");
    if request.module.is_some() {
        return Err(Refusal::NotAuthorized("modules cannot connect"));
    }
    let id: DeviceId = request.device.parse().map_err(|_| unknown)?;
    let stamp = shared.sessions.stamp(device);
    let device = shared.engine.store().device(&id).await.map_err(not_checked)?.ok_or(unknown)?;
    let rules =
        Rules { policies: &shared.policies, hosts: &shared.settings.hosts, allowance: shared.settings.clock_allowance };
    let ends = credentials::check(&device, request.token.as_deref(), rules, shared.engine.now())?;
    let stored = shared.engine.store().subscriptions(device.seq).await.map_err(not_checked)?;
    let stored = stored.map(|rows| {
        let rows = rows.iter().map(|row| (row.filter.as_str(), row.qos));
        Subscriptions::from_rows(rows, &request.device)
    });
    let announced = request.model_id.as_deref().unwrap_or_default();
    Ok(Admission {
        device: device.seq,
        new_model: (announced != device.model_id).then(|| announced.to_owned()),
        admitted: Admitted { ends, stored },
        stamp,
        request,
    })
}

fn not_checked(error: bellwether_store::StoreError) -> Refusal {
    error!(error = &error as &dyn std::error::Error, "a CONNECT could not be checked");
    Refusal::Unavailable
}

impl Work {
    /// Does it change the twin?
    pub fn is_report(&self) -> bool {
        match self {
            Work::Twin(TwinRequest::Report { .. }) => true,
            Work::Twin(TwinRequest::Read { .. }) | Work::Save { .. } | Work::Model(_) => false,
        }
    }

    /// Does it.
    pub fn begin(self, shared: Arc<Shared>, device: DeviceSeq) -> BoxFuture<'static, Done> {
        match self {
            Work::Save { rows, then } => async move { save(&shared, device, rows, then).await }.boxed(),
            Work::Model(model_id) => async move {
                if let Err(error) = shared.engine.store().save_model_id(device, model_id).await {
                    error!(error = &error as &dyn std::error::Error, "a device's model could not be stored");
                }
                Done::ModelSaved
            }
            .boxed(),
            Work::Twin(TwinRequest::Read { rid }) => {
                async move { Done::Read { rid, result: read(&shared, device).await } }.boxed()
            }
            Work::Twin(TwinRequest::Report { rid, patch, if_version }) => async move {
                let result = shared.engine.report(device, &patch, if_version).await;
                Done::Reported { rid, result: result.map_err(refused) }
            }
            .boxed(),
        }
    }
}

async fn save(shared: &Shared, device: DeviceSeq, rows: Option<Vec<(String, u8)>>, then: Option<Packet>) -> Done {
    let rows = rows.map(|rows| rows.into_iter().map(|(filter, qos)| Subscription { filter, qos }).collect());
    match shared.engine.store().save_subscriptions(device, rows).await {
        Ok(()) => Done::Saved { then },
        Err(error) => {
            error!(error = &error as &dyn std::error::Error, "subscriptions could not be stored");
            Done::SaveFailed
        }
    }
}

async fn read(shared: &Shared, device: DeviceSeq) -> Result<String, TwinFailure> {
    match shared.engine.device_twin(device).await {
        Ok(Some(body)) => Ok(body),
        Ok(None) => Err(TwinFailure::not_found()),
        Err(error) => {
            error!(error = &error as &dyn std::error::Error, "a twin could not be read");
            Err(TwinFailure::server())
        }
    }
}

fn refused(error: ChangeTwinError) -> TwinFailure {
    match error {
        ChangeTwinError::NotFound => TwinFailure::not_found(),
        ChangeTwinError::EtagMismatch => TwinFailure::precondition("The version of the reported section is another."),
        ChangeTwinError::Twin(error @ TwinError::Malformed(_)) => TwinFailure::not_json(error.to_string()),
        ChangeTwinError::Twin(error @ (TwinError::Invalid { .. } | TwinError::TooLarge { .. })) => {
            TwinFailure::bad_request(error.to_string())
        }
        ChangeTwinError::Store(error) => {
            error!(error = &error as &dyn std::error::Error, "reported properties could not be stored");
            TwinFailure::server()
        }
    }
}
