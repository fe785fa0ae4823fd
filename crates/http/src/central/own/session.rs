//! Signing in with a password: the session of a browser.

use axum::http::{HeaderValue, header};
use bellwether_engine::{Admitted, MakePasswordError, SignedIn};
use bellwether_model::access::{Assignment, Permission};
use bellwether_model::ids::UserId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::ApiState;
use crate::central::call::{Answer, Call};
use crate::central::error::{CentralError, Code};

/// The port of MQTT over TLS that a device host has when it names none.
const MQTTS_PORT: u16 = 8883;

/// Who signs in.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct SignIn {
    /// The user's mail address; case does not matter.
    pub email: String,
    /// The user's password.
    pub password: String,
}

/// Who is signed in, and what this server is.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Session {
    /// The user's id.
    pub user_id: String,
    /// The user's mail address.
    pub email: String,
    /// What the user may do, and where.
    pub roles: Vec<SessionRole>,
    /// The permissions that any of the roles gives: names as in the role's description.
    pub permissions: Vec<String>,
    /// To be sent as `x-csrf-token` with every call that changes something.
    pub csrf_token: String,
    /// The password was made by somebody else and has to be changed first.
    pub must_change_password: bool,
    /// This server.
    pub server: ServerFacts,
}

impl Session {
    /// The session that a request came with.
    pub fn of(state: &ApiState, admitted: &Admitted, session: &SignedIn) -> Session {
        let engine = &state.engine;
        let roles = &admitted.caller.roles;
        let (device_host_name, device_port) = host_and_port(engine.device_host());
        let is_permitted =
            |permission: &Permission| roles.iter().any(|assignment| assignment.role.permits(*permission));
        Session {
            user_id: session.user.to_string(),
            email: session.email.clone(),
            roles: roles.iter().map(SessionRole::from).collect(),
            permissions: Permission::ALL
                .into_iter()
                .filter(is_permitted)
                .map(|permission| permission.name().to_owned())
                .collect(),
            csrf_token: session.csrf_token.clone(),
            must_change_password: session.must_change_password,
            server: ServerFacts {
                version: env!("CARGO_PKG_VERSION").to_owned(),
                id_scope: engine.id_scope().to_owned(),
                device_host: engine.device_host().to_owned(),
                device_host_name,
                device_port,
                time: engine.now().to_millis_text(),
                confirm_devices: state.confirm_devices,
            },
        }
    }
}

/// The parts of `host[:port]`; an IPv6 address stands in brackets where a port follows.
fn host_and_port(text: &str) -> (String, u16) {
    let bare = |host: &str| host.trim_start_matches('[').trim_end_matches(']').to_owned();
    let parts = text.rsplit_once(':').filter(|(host, _)| !host.contains(':') || host.ends_with(']'));
    let parts = parts.and_then(|(host, port)| Some((bare(host), port.parse().ok()?)));
    parts.unwrap_or_else(|| (bare(text), MQTTS_PORT))
}

impl From<&Assignment> for SessionRole {
    fn from(assignment: &Assignment) -> SessionRole {
        SessionRole {
            role: assignment.role.id().to_owned(),
            display_name: assignment.role.display_name().to_owned(),
            organization: assignment.organization.clone(),
        }
    }
}

/// A role where it holds.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SessionRole {
    /// The role's id.
    pub role: String,
    /// The role's name.
    pub display_name: String,
    /// The organization; absent for the whole application.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organization: Option<String>,
}

/// What a page has to know of the server.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ServerFacts {
    /// The program's version.
    pub version: String,
    /// What devices register with.
    pub id_scope: String,
    /// The host, with a port where it is not the usual one, that devices connect to.
    pub device_host: String,
    /// The same host without a port, for programs that take none.
    pub device_host_name: String,
    /// The port of it, for MQTT over TLS.
    pub device_port: u16,
    /// The server's time.
    #[schema(format = DateTime)]
    pub time: String,
    /// Devices from which on a job asks for their number to be typed (field §5).
    pub confirm_devices: u64,
}

/// A user changes the own password.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ChangePassword {
    /// The one that holds.
    pub current_password: String,
    /// The one that is to hold: 12 to 256 characters.
    pub new_password: String,
}

/// A password that was made for a user. It is shown this once and has to be changed at the first sign-in.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PasswordMade {
    /// The password.
    pub password: String,
}

/// `POST /users/{userId}/password`: a new password, shown once.
pub(crate) async fn make_password(call: Call) -> Result<Answer, CentralError> {
    let id: UserId = call.param(0).parse().map_err(CentralError::bad_request)?;
    let password = call.engine().make_password(call.caller.clone(), id).await?;
    let mut answer = Answer::one(&PasswordMade { password })?;
    answer.headers.push((header::CACHE_CONTROL, HeaderValue::from_static("no-store")));
    Ok(answer)
}

impl From<MakePasswordError> for CentralError {
    fn from(error: MakePasswordError) -> CentralError {
        match error {
            MakePasswordError::NotFound => CentralError::new(Code::NotFound, error),
            MakePasswordError::NoPerson => CentralError::unprocessable(error),
            MakePasswordError::Roles(error) => error.into(),
            MakePasswordError::Hash(error) => error.into(),
            MakePasswordError::Store(error) => error.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_and_ports() {
        for (text, host, port) in [
            ("hub.example", "hub.example", 8883),
            ("hub.example:8884", "hub.example", 8884),
            ("192.0.2.1:1", "192.0.2.1", 1),
            ("[::1]:8884", "::1", 8884),
            ("[::1]", "::1", 8883),
            ("2001:db8::1", "2001:db8::1", 8883),
        ] {
            assert_eq!(host_and_port(text), (host.to_owned(), port), "{text}");
        }
    }
}
