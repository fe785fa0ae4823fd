//! What a session waits for, one piece after the other: credentials, the store, the twin.

use std::sync::Arc;

use bellwether_engine::{ChangeTwinError, Registrant};
use bellwether_model::identity::Device;
use bellwether_model::provisioning::{Failure, Reply};
use bellwether_model::twin::TwinError;
use bellwether_model::{DeviceId, DeviceSeq, Time};
use bellwether_store::Subscription;
use futures::FutureExt;
use futures::future::BoxFuture;
use rmqtt_codec::v3::Packet;
use tracing::{debug, error};

use crate::credentials::{self, Rules};
use crate::gateway::Shared;
use crate::protocol::command::{RegistrationRequest, TwinRequest};
use crate::protocol::connect::{ConnectRequest, Refusal};
use crate::protocol::registrant::RegistrantRequest;
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
    /// It was let in for the first time, or announces another model than the one known (`None`: no other).
    Introduce(Option<String>),
    Twin(TwinRequest),
}

/// What came of it.
pub(crate) enum Done {
    Authenticated(Result<Admission, Refusal>),
    /// When the credentials end.
    RegistrantAuthenticated(Result<Time, Refusal>),
    Registration(Result<Reply, Failure>),
    Saved {
        then: Option<Packet>,
    },
    Introduced,
    SaveFailed,
    Read {
        rid: Box<str>,
        result: Result<String, TwinFailure>,
    },
    Reported {
        rid: Option<Box<str>>,
        result: Result<i64, TwinFailure>,
    },
}

/// A CONNECT whose credentials are good.
pub(crate) struct Admission {
    pub device: DeviceSeq,
    /// Something is to be written down about this connection.
    pub introduction: Option<Work>,
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
    Ok(Admission {
        device: device.seq,
        introduction: introduction(shared, &device, request.model_id.as_deref()).await?,
        admitted: Admitted { ends, stored },
        stamp,
        request,
    })
}

/// What the connection of this device is to write down: little, and seldom anything at all. A device that
/// announces no model keeps the one that it announced before.
async fn introduction(shared: &Shared, device: &Device, announced: Option<&str>) -> Result<Option<Work>, Refusal> {
    let other_model = announced.is_some_and(|model_id| model_id != device.model_id);
    let mut is_news = other_model || !device.provisioned;
    if let (false, None, Some(model_id)) = (is_news, &device.profile.template, announced) {
        // Its template may have been made meanwhile.
        let template = shared.engine.store().template_of_model(model_id.to_owned()).await.map_err(not_checked)?;
        is_news = template.is_some();
    }
    Ok(is_news.then(|| Work::Introduce(announced.map(str::to_owned))))
}

/// Checks the credentials of a device that asks for its hub.
pub(crate) fn authenticate_registrant(
    shared: Arc<Shared>,
    request: Arc<RegistrantRequest>,
) -> BoxFuture<'static, Done> {
    async move {
        let admitted = shared.engine.admit_registrant(&registrant(&shared, &request)).await;
        Done::RegistrantAuthenticated(admitted.map_err(|failure| match failure.code / 1000 {
            400 | 401 => {
                // MQTT has one code for all of it; the log can say more.
                debug!(
                    scope = &*request.scope,
                    registration = &*request.id,
                    reason = failure.message,
                    "not registered"
                );
                Refusal::NotAuthorized("the credentials are not good for a registration")
            }
            _ => Refusal::Unavailable,
        }))
    }
    .boxed()
}

/// There is no room for another registration.
pub(crate) fn registrant_unavailable() -> BoxFuture<'static, Done> {
    futures::future::ready(Done::RegistrantAuthenticated(Err(Refusal::Unavailable))).boxed()
}

/// Does what a device asks of provisioning.
pub(crate) fn registration(shared: Arc<Shared>, request: RegistrationRequest) -> BoxFuture<'static, Done> {
    async move {
        Done::Registration(match request {
            RegistrationRequest::Register { who, body } => {
                shared.engine.register(&registrant(&shared, &who), &body).await
            }
            RegistrationRequest::Poll { who, operation_id } => {
                shared.engine.registration_result(&registrant(&shared, &who), &operation_id).await
            }
        })
    }
    .boxed()
}

fn registrant<'a>(shared: &Shared, request: &'a RegistrantRequest) -> Registrant<'a> {
    Registrant {
        scope: &request.scope,
        id: &request.id,
        token: request.token.as_deref(),
        allowance: shared.settings.clock_allowance,
    }
}

fn not_checked(error: bellwether_store::StoreError) -> Refusal {
    error!(error = &error as &dyn std::error::Error, "a CONNECT could not be checked");
    Refusal::Unavailable
}

impl Work {
    /// Is it done also when the device is gone meanwhile?
    pub fn outlives_connection(&self) -> bool {
        match self {
            Work::Twin(TwinRequest::Report { .. }) | Work::Introduce(_) => true,
            Work::Twin(TwinRequest::Read { .. }) | Work::Save { .. } => false,
        }
    }

    /// Does it.
    pub fn begin(self, shared: Arc<Shared>, device: DeviceSeq) -> BoxFuture<'static, Done> {
        match self {
            Work::Save { rows, then } => async move { save(&shared, device, rows, then).await }.boxed(),
            Work::Introduce(model_id) => async move {
                if let Err(error) = shared.engine.device_introduced(device, model_id).await {
                    error!(error = &error as &dyn std::error::Error, "a device's first connection could not be stored");
                }
                Done::Introduced
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
