//! The description of our own version of the API (OpenAPI 3.1), from which the console's client is made.
//!
//! Every route of the table that our own version has stands here, and nothing else: a test holds both together.

pub(crate) mod access;
mod builder;
pub(crate) mod errors;
pub(crate) mod jobs;
mod operations;
pub(crate) mod schedules;
pub(crate) mod things;

use std::sync::LazyLock;

use utoipa::openapi::OpenApi;

use super::error::CentralError;

/// The whole description.
fn document() -> OpenApi {
    operations::describe().finish()
}

/// The whole description as JSON, made once: whoever asks need not have signed in.
pub fn text() -> Result<String, CentralError> {
    static TEXT: LazyLock<serde_json::Result<String>> = LazyLock::new(|| serde_json::to_string(&document()));
    TEXT.as_ref().cloned().map_err(|error| CentralError::internal(error))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::central::routes::ROUTES;
    use crate::central::version::Version;

    /// Where the console's client is made from.
    const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../console/api/openapi.json");

    #[test]
    fn describes_what_is_served() {
        let paths = document().paths.paths;
        let described: BTreeSet<String> = paths
            .iter()
            .flat_map(|(path, item)| {
                let verbs = [
                    ("GET", &item.get),
                    ("PUT", &item.put),
                    ("POST", &item.post),
                    ("PATCH", &item.patch),
                    ("DELETE", &item.delete),
                ];
                verbs
                    .into_iter()
                    .filter(|(_, operation)| operation.is_some())
                    .map(move |(verb, _)| format!("{verb} {path}"))
            })
            .collect();
        let served: BTreeSet<String> = ROUTES
            .iter()
            .filter(|route| route.versions.contains(Version::Own))
            .map(|route| format!("{} {}", route.method, route.path))
            .chain(["GET", "POST", "DELETE"].map(|verb| format!("{verb} /session")))
            .chain(["PUT /session/password", "GET /openapi.json"].map(str::to_owned))
            .collect();
        let undescribed: Vec<_> = served.difference(&described).collect();
        let unserved: Vec<_> = described.difference(&served).collect();
        assert!(
            undescribed.is_empty() && unserved.is_empty(),
            "not described {undescribed:#?}, not served {unserved:#?}"
        );
    }

    /// `UPDATE=1` writes it.
    #[test]
    fn the_consoles_copy_is_current() {
        let text = format!("{}\n", serde_json::to_string_pretty(&document()).unwrap());
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(FILE, &text).unwrap();
        }
        let kept = std::fs::read_to_string(FILE).unwrap_or_default();
        assert!(
            kept == text,
            "console/api/openapi.json is not what the server describes: run with UPDATE=1, then `npm run generate`"
        );
    }
}
