//! Signing in with a password: the session of a browser.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Who signs in.
#[derive(Debug, Deserialize, ToSchema)]
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
    /// The server's time.
    #[schema(format = DateTime)]
    pub time: String,
    /// Devices from which on a job asks for their number to be typed.
    pub confirm_devices: u64,
}

/// A user changes the own password.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ChangePassword {
    /// The one that holds.
    pub current_password: String,
    /// The one that is to hold: 12 to 256 characters.
    pub new_password: String,
}

/// A password that was made for a user. It is shown this once and has to be changed at the first sign-in.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PasswordMade {
    /// The password.
    pub password: String,
}
