//! The audit log: what a person or a token changed.

use serde::Serialize;
use utoipa::ToSchema;

/// One change.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AuditEntry {
    /// Grows with time.
    pub number: i64,
    /// When.
    #[schema(format = DateTime)]
    pub time: String,
    /// Who: `user:{id}`, `token:{id}`, `policy:{name}` of the hub face, `system`.
    pub actor: String,
    /// The mail address of a user, as it was then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor_name: Option<String>,
    /// What was done: `create`, `update`, `delete`, `stop`, `resume`, `cancel`, `rerun`, `run`, `signIn`, `signInFailed`, …
    pub action: String,
    /// The kind of thing: `device`, `deviceGroup`, `deviceTemplate`, `job`, `scheduledJob`, `user`, …
    pub kind: String,
    /// Its id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The organization that it belongs to; absent for the root.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organization: Option<String>,
    /// Where the call came from: an address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// What more there is to say, in a sentence; never a secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}
