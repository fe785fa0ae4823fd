//! Devices that ask for their hub (device-protocol §9).
//!
//! The device is registered before its request is answered, with 202 as clients want it; when it asks again, the
//! answer is read from what stands. Nothing is remembered in between: an operation's id is signed and carries what
//! is needed. A device that registers again and finds everything as it was writes nothing.

mod attestation;
mod groups;

use bellwether_model::provisioning::{
    Decision, DeviceType, EnrollmentGroup, Failure, Outcome, ProvisioningSecret, Reply, Standing, Unauthorized,
    Verdict, decide, registration_id,
};
use bellwether_model::{DeviceId, DeviceSeq, Time};
use bellwether_store::{LimitReached, NewRegistration, Registered, Store, StoreError};
use serde::Deserialize;

use crate::{Engine, Entropy};

pub use attestation::{AttestationError, NewAttestation};
pub use groups::EnrollmentGroupError;

/// Longest body of a registration, in bytes.
const BODY_BYTES_MAX: usize = 64 * 1024;

/// Longest model id in bytes: what the modelling language allows.
const MODEL_ID_BYTES_MAX: usize = 2048;

/// Who asks, as the device says.
#[derive(Clone, Copy)]
pub struct Registrant<'a> {
    /// The ID scope.
    pub scope: &'a str,
    /// The registration id.
    pub id: &'a str,
    /// The shared access signature; `None` when none came.
    pub token: Option<&'a str>,
    /// Seconds that a token is good for beyond its end.
    pub allowance: i64,
}

/// Why a registration inside its transaction is not written.
enum Stop {
    Unauthorized(Unauthorized),
    /// It is refused with an answer of its own.
    Disabled,
    TooMany(LimitReached),
    Store(StoreError),
}

impl From<LimitReached> for Stop {
    fn from(limit: LimitReached) -> Stop {
        Stop::TooMany(limit)
    }
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Stop {
        Stop::Store(error)
    }
}

/// What a device says when it registers. It may say nothing (device-protocol §9.1).
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct Body {
    registration_id: Option<String>,
    payload: Option<serde_json::Value>,
}

/// What provisioning is made with: drawn at the first start, and ever after what it was then.
///
/// # Errors
/// The store failed, or what it kept is damaged.
pub(crate) async fn secret(store: &Store, entropy: &dyn Entropy) -> Result<ProvisioningSecret, StoreError> {
    store.provisioning_secret(entropy.draw(), EnrollmentGroup::first_ones(|| entropy.draw())).await
}

impl Engine {
    /// The ID scope that devices of this installation are given.
    pub fn id_scope(&self) -> &str {
        &self.id_scope
    }

    /// Are these credentials good? Until when?
    ///
    /// # Errors
    /// 400, 401, or our own failure.
    pub async fn admit_registrant(&self, who: &Registrant<'_>) -> Result<Time, Failure> {
        let (_, _, decision) = self.decided(who).await?;
        Ok(decision.ends)
    }

    /// Registers a device: 202, and the operation to ask for later. One that is not known and proves to belong to
    /// a group is made.
    ///
    /// # Errors
    /// 400, 401, 403 where it would be made and there are as many devices as the installation allows, 429 with the time
    /// to wait where more devices register than the installation allows, or our own failure.
    pub async fn register(&self, who: &Registrant<'_>, body: &[u8]) -> Result<Reply, Failure> {
        let model_id = announced(who.id, body)?;
        let (id, standing, decision) = self.decided(who).await?;
        // Only good credentials count: nobody else takes the place of a device.
        self.rates.registrations.take().map_err(|refused| {
            let wait = refused.seconds.max(self.settings.provisioning_retry_after);
            Failure::throttled(refused.to_string(), wait)
        })?;
        let now = self.now();
        match decision.verdict {
            Verdict::Assigned { .. } if self.has_news(&standing, &decision, model_id.as_deref()).await? => {
                let written = self.write_registration(&id, who, model_id, now).await?;
                if let Some(Registered { device, keys_changed: true, .. }) = written {
                    self.world.port.close(device.seq);
                }
            }
            Verdict::Assigned { .. } | Verdict::Disabled { .. } => {}
        }
        Ok(Reply::assigning(&self.provisioning.operation_id(&id, now), self.settings.provisioning_retry_after))
    }

    /// What came of a registration: 200.
    ///
    /// # Errors
    /// 400, 401, 404 when there is no such operation, or our own failure.
    pub async fn registration_result(&self, who: &Registrant<'_>, operation_id: &str) -> Result<Reply, Failure> {
        let (id, standing, decision) = self.decided(who).await?;
        self.provisioning
            .operation_time(&id, operation_id)
            .ok_or_else(|| Failure::not_found("there is no operation of this id"))?;
        Ok(Reply::ended(operation_id, &id, &self.outcome(standing, decision)?))
    }

    /// How a device stands that has registered: 200.
    ///
    /// # Errors
    /// 400, 401, 404 when it has not, or our own failure.
    pub async fn registration_state(&self, who: &Registrant<'_>) -> Result<Reply, Failure> {
        let (id, standing, decision) = self.decided(who).await?;
        Ok(Reply::state(&id, &self.outcome(standing, decision)?))
    }

    /// A device was let in by the hub for the first time, or announces another model than before (`None`: no
    /// other). It is provisioned from then on, and gets the template of its model if it has none
    /// (device-protocol §9.4, §10).
    ///
    /// # Errors
    /// The store failed.
    pub async fn device_introduced(&self, device: DeviceSeq, model_id: Option<String>) -> Result<(), StoreError> {
        self.store.introduce_device(device, model_id).await
    }

    async fn decided(&self, who: &Registrant<'_>) -> Result<(DeviceId, Standing, Decision), Failure> {
        let id = registration_id(who.id).map_err(Failure::bad_request)?;
        if who.scope != self.id_scope {
            return Err(Failure::unauthorized("the ID scope is not that of this server"));
        }
        let standing = self.store.provisioning_standing(&id).await.map_err(|error| failed(&error))?;
        let decision = decide(&standing, who.scope, &id, who.token, self.now(), who.allowance);
        let decision = decision.map_err(|error| Failure::unauthorized(error.to_string()))?;
        Ok((id, standing, decision))
    }

    /// Would a registration change anything?
    async fn has_news(
        &self,
        standing: &Standing,
        decision: &Decision,
        model_id: Option<&str>,
    ) -> Result<bool, Failure> {
        let (Some(device), Some(registration)) = (&standing.device, &standing.registration) else { return Ok(true) };
        let Verdict::Assigned { by } = &decision.verdict else { return Ok(false) };
        let keys_differ = match by {
            Some((group, keys, _)) => device.keys != *keys || registration.group.as_ref() != Some(group),
            None => registration.group.is_some(),
        };
        let other_model = model_id.is_some_and(|model_id| model_id != device.model_id);
        if keys_differ || other_model || !device.provisioned {
            return Ok(true);
        }
        match model_id {
            Some(model_id) if device.profile.template.is_none() => {
                let found = self.store.template_of_model(model_id.to_owned()).await;
                Ok(found.map_err(|error| failed(&error))?.is_some())
            }
            Some(_) | None => Ok(false),
        }
    }

    /// `None` when it is refused with an answer of its own after all.
    async fn write_registration(
        &self,
        id: &DeviceId,
        who: &Registrant<'_>,
        model_id: Option<String>,
        now: Time,
    ) -> Result<Option<Registered>, Failure> {
        let (scope, token, allowance) = (who.scope.to_owned(), who.token.map(str::to_owned), who.allowance);
        let named = id.clone();
        let rule = move |standing: &Standing| {
            let decision = decide(standing, &scope, &named, token.as_deref(), now, allowance);
            match decision.map_err(Stop::Unauthorized)?.verdict {
                Verdict::Disabled { .. } => Err(Stop::Disabled),
                Verdict::Assigned { by: None } => Ok(NewRegistration { keys: None, iot_edge: false, model_id }),
                Verdict::Assigned { by: Some((group, keys, device_type)) } => {
                    let iot_edge = device_type == DeviceType::IotEdge;
                    Ok(NewRegistration { keys: Some((group, keys)), iot_edge, model_id })
                }
            }
        };
        match self.store.register_device(id, now, rule).await {
            Ok(registered) => Ok(Some(registered)),
            Err(Stop::Disabled) => Ok(None),
            Err(Stop::Unauthorized(error)) => Err(Failure::unauthorized(error.to_string())),
            Err(Stop::TooMany(limit)) => Err(Failure::too_many_devices(limit.to_string())),
            Err(Stop::Store(error)) => Err(failed(&error)),
        }
    }

    fn outcome(&self, standing: Standing, decision: Decision) -> Result<Outcome, Failure> {
        match (decision.verdict, standing.registration) {
            (Verdict::Disabled { reason }, _) => Ok(Outcome::Disabled { reason, found: self.now() }),
            (Verdict::Assigned { .. }, Some(registration)) => {
                Ok(Outcome::Assigned { registration, hub: self.settings.assigned_hub.clone() })
            }
            (Verdict::Assigned { .. }, None) => Err(Failure::not_found("the device has not registered")),
        }
    }
}

/// The model that a registration announces.
fn announced(id: &str, body: &[u8]) -> Result<Option<String>, Failure> {
    if body.len() > BODY_BYTES_MAX {
        return Err(Failure::bad_request(format!("the body may have at most {BODY_BYTES_MAX} bytes")));
    }
    let body: Body = match body.trim_ascii() {
        [] => Body::default(),
        [b'{', ..] => serde_json::from_slice(body)
            .map_err(|error| Failure::bad_request(format!("the body is not what it should be: {error}")))?,
        _ => return Err(Failure::bad_request("the body must be a JSON object")),
    };
    if body.registration_id.is_some_and(|named| named != id) {
        return Err(Failure::bad_request("registrationId is another than the one that connected"));
    }
    let model_id = body.payload.as_ref().and_then(|payload| payload.get("modelId")).and_then(|id| id.as_str());
    match model_id {
        Some(model_id) if model_id.len() > MODEL_ID_BYTES_MAX => {
            Err(Failure::bad_request(format!("payload.modelId may have at most {MODEL_ID_BYTES_MAX} bytes")))
        }
        Some("") | None => Ok(None),
        Some(model_id) => Ok(Some(model_id.to_owned())),
    }
}

fn failed(error: &StoreError) -> Failure {
    tracing::error!(error = error as &dyn std::error::Error, "a registration failed");
    Failure::server()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies() {
        for (body, expected) in [
            ("", Ok(None)),
            (" ", Ok(None)),
            ("{}", Ok(None)),
            (r#"{"registrationId":"dev-01"}"#, Ok(None)),
            (r#"{"registrationId":"dev-01","payload":null}"#, Ok(None)),
            (r#"{"registrationId":"dev-01","payload":[1],"tpm":{"endorsementKey":"x"}}"#, Ok(None)),
            (r#"{"payload":{"modelId":"dtmi:a:b;1"}}"#, Ok(Some("dtmi:a:b;1"))),
            (r#"{"payload":{"modelId":7}}"#, Ok(None)),
            (r#"{"payload":{"modelId":""}}"#, Ok(None)),
            (r#"{"registrationId":"dev-02"}"#, Err(400_004)),
            (r#"{"registrationId":7}"#, Err(400_004)),
            ("[]", Err(400_004)),
            ("{", Err(400_004)),
        ] {
            let found = announced("dev-01", body.as_bytes());
            assert_eq!(found.as_ref().map(Option::as_deref).map_err(|failure| failure.code), expected, "{body}");
        }
        assert!(announced("a", &vec![b' '; BODY_BYTES_MAX + 1]).is_err());
        let long = format!(r#"{{"payload":{{"modelId":"{}"}}}}"#, "x".repeat(MODEL_ID_BYTES_MAX + 1));
        assert!(announced("a", long.as_bytes()).is_err());
    }
}
