//! Saved jobs: what the wizard keeps to be gone on with later.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A job that was saved and not run. Nothing of it but the shape is checked before it is run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct JobDraft {
    /// Its name on the wire; the server sets it.
    #[serde(default)]
    pub id: String,
    /// Changes with it; send it back as `If-Match`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
    /// Its name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// The organization whose users see it; absent: that of whoever saved it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organizations: Option<Vec<String>>,
    /// Who saved it last; the server sets it.
    #[serde(default)]
    pub owner: String,
    /// When it was saved last; the server sets it.
    #[serde(default)]
    #[schema(format = DateTime)]
    pub saved: String,
    /// The job as far as it goes: the members of a job or a scheduled job to make, any of them missing.
    pub job: serde_json::Value,
}
