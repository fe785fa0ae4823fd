//! Every call that changed something is written down, on both faces, before its answer goes out.
//!
//! What an entry says of a call stands in its route: the first segment is the kind of thing, the first parameter its
//! id, what follows is the detail. Bodies are never looked at: they may hold secrets. Only a comment's is the entry itself.

use std::net::IpAddr;

use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use bellwether_engine::Engine;
use bellwether_store::{AuditAction, AuditPlace, NewAuditEntry, Noted, StoreError};

use crate::proxies::passed_on_for;

/// Where a connection comes from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer {
    /// Its address.
    pub address: IpAddr,
    /// It is a proxy that is trusted to say for whom it passes requests on.
    pub is_proxy: bool,
}

/// Where a request comes from. Behind a proxy that is not known as one that is the proxy.
pub(crate) fn address(parts: &Parts) -> Option<IpAddr> {
    let peer = parts.extensions.get::<Peer>()?;
    let passed_on = if peer.is_proxy { passed_on_for(&parts.headers) } else { None };
    Some(passed_on.unwrap_or(peer.address.to_canonical()))
}

/// Who calls, and from where.
#[derive(Debug, Clone)]
pub(crate) struct Actor {
    /// `user:{id}`, `token:{id}`, `policy:{name}`.
    pub name: String,
    /// A user's mail address.
    pub email: Option<String>,
    /// See [`address`].
    pub address: Option<IpAddr>,
}

impl Actor {
    /// An entry of what this one did.
    pub fn did(self, action: AuditAction, kind: &'static str, id: Option<String>) -> NewAuditEntry {
        NewAuditEntry {
            actor: self.name,
            actor_name: self.email,
            action,
            kind: kind.into(),
            id,
            place: AuditPlace::OfThing,
            address: self.address.map(|address| address.to_string()),
            detail: None,
            rerun_of: None,
        }
    }
}

/// What a call changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Change {
    /// How it is called in the log.
    pub action: AuditAction,
    /// The kind of thing.
    pub kind: &'static str,
    /// Its id.
    pub id: Option<String>,
    /// What of it.
    pub detail: Option<String>,
    /// Of a job: the one on whose devices it runs again.
    pub rerun_of: Option<String>,
}

/// The kinds of things on the central face, by the first segment of a path. What is missing changes nothing that is
/// kept: questions, previews, and what is not served.
const KINDS: [(&str, &str); 12] = [
    ("apiTokens", "apiToken"),
    ("deviceGroups", "deviceGroup"),
    ("deviceImport", "device"),
    ("deviceTemplates", "deviceTemplate"),
    ("devices", "device"),
    ("enrollmentGroups", "enrollmentGroup"),
    ("jobDrafts", "jobDraft"),
    ("jobHold", "jobHold"),
    ("jobs", "job"),
    ("organizations", "organization"),
    ("scheduledJobs", "scheduledJob"),
    ("users", "user"),
];

/// What a call of the central face changes; `None`: nothing. `pattern` is its route's, `params` what stands for the
/// parameters.
pub(crate) fn of_central(method: &Method, pattern: &str, params: &[String]) -> Option<Change> {
    if [Method::GET, Method::HEAD].contains(method) {
        return None;
    }
    let mut segments = pattern.split('/').skip(1);
    let first = segments.next()?;
    let kind = KINDS.into_iter().find(|(segment, _)| *segment == first)?.1;
    let mut params = params.iter().cloned();
    // Of these there is one, without an id.
    let only = match (first, method) {
        ("deviceImport", _) => Some("import"),
        ("jobHold", &Method::DELETE) => Some("release"),
        ("jobHold", _) => Some("hold"),
        _ => None,
    };
    if let Some(action) = only {
        let action = AuditAction::Named(action.into());
        return Some(Change { action, kind, id: None, detail: None, rerun_of: None });
    }
    let id = segments.next().and_then(|_| params.next());
    let filled: Vec<String> = segments
        .clone()
        .filter_map(|segment| if segment.starts_with('{') { params.next() } else { Some(segment.to_owned()) })
        .collect();
    let rest = Some(filled.join("/")).filter(|rest| !rest.is_empty());
    let named = |action: &'static str| AuditAction::Named(action.into());
    let change = |action, detail| Some(Change { action, kind, id: id.clone(), detail, rerun_of: None });
    match (method, segments.next()) {
        (&Method::PUT, None) => change(AuditAction::Put, None),
        (&Method::DELETE, None) => change(named("delete"), None),
        (&Method::PUT, Some("pauseAfterBatch")) => change(named("pauseAfterBatch"), None),
        (&Method::DELETE, Some("pauseAfterBatch")) => change(named("withdrawPause"), None),
        (&Method::DELETE, Some(_)) => change(named("update"), rest.map(|rest| format!("removed {rest}"))),
        (&Method::PUT, Some("rerun")) => {
            let detail = id.as_ref().map(|source| format!("rerun of {source}"));
            Some(Change { action: named("rerun"), kind, id: filled.last().cloned(), detail, rerun_of: id })
        }
        (&Method::POST, Some("password")) => change(named("makePassword"), None),
        // A question that is too long for a path.
        (&Method::POST, Some("results")) => None,
        (&Method::POST, Some("stop")) => change(named("stop"), None),
        (&Method::POST, Some("resume")) => change(named("resume"), None),
        (&Method::POST, Some("cancel")) => change(named("cancel"), None),
        (&Method::POST, Some("acknowledge")) => change(named("acknowledge"), None),
        (&Method::POST, Some("comments")) => change(named("comment"), None),
        (&Method::POST, Some(_)) if filled.iter().any(|segment| segment == "commands") => change(named("run"), rest),
        _ => change(named("update"), rest),
    }
}

/// What a call of the hub face changes; `None`: nothing.
pub(crate) fn of_hub(method: &Method, pattern: &str, params: &[String]) -> Option<Change> {
    let named = |action: &'static str| AuditAction::Named(action.into());
    let (action, kind, at, detail) = match (method, pattern) {
        // An entry a device: which they are is known when they are changed.
        (&Method::POST, "/devices") => (named("update"), "device", 0, Some("with others in one call")),
        (&Method::PUT, "/devices/{id}") => (AuditAction::Put, "device", 0, None),
        (&Method::DELETE, "/devices/{id}") => (named("delete"), "device", 0, None),
        (&Method::PATCH, "/twins/{id}") => (named("update"), "device", 0, Some("twin")),
        (&Method::PUT, "/twins/{id}") => (named("update"), "device", 0, Some("the whole twin")),
        (&Method::POST, "/twins/{id}/methods") => (named("run"), "device", 0, Some("direct method")),
        (&Method::PUT, "/jobs/v2/{jobId}") => (named("create"), "job", 0, None),
        (&Method::PUT, "/jobs/v2/{deviceId}/methods/{jobId}") => (named("create"), "job", 1, None),
        (&Method::POST, "/jobs/v2/{jobId}/cancel") => (named("cancel"), "job", 0, None),
        _ => return None,
    };
    Some(Change { action, kind, id: params.get(at).cloned(), detail: detail.map(str::to_owned), rerun_of: None })
}

/// Does `work` and writes down what it changed, in the same transaction where there is one. What failed has changed
/// nothing, unless it failed here or at the device: then nobody knows, and that is written down too. Where the change
/// stands and the call was refused all the same, a second entry says with what.
///
/// # Errors
/// Those of `work`. When only the entry could not be written, the store's: whoever gets it knows that the change may
/// stand.
pub(crate) async fn noted<T, E: From<StoreError>>(
    engine: &Engine,
    actor: Actor,
    change: Option<Change>,
    work: impl Future<Output = Result<T, E>>,
    status: impl FnOnce(&E) -> StatusCode,
) -> Result<T, E> {
    let Some(Change { action, kind, id, detail, rerun_of }) = change else { return work.await };
    let mut entry = actor.did(action, kind, id);
    entry.detail = detail;
    entry.rerun_of = rerun_of;
    if let (AuditAction::Named(action), Some(id)) = (&entry.action, &entry.id)
        && action == "delete"
    {
        entry.place = AuditPlace::Organization(engine.store().organization_of(kind, id).await?);
    }
    let (done, noted) = engine.store().noting(entry.clone(), engine.now(), work).await;
    let error = match (done, noted) {
        (Ok(done), Noted::Left(entry)) => {
            engine.note(*entry).await?;
            return Ok(done);
        }
        (Ok(done), Noted::Written | Noted::Taken) => return Ok(done),
        (Err(error), Noted::Taken) => return Err(error),
        (Err(error), Noted::Left(_)) => {
            let status = status(&error);
            let is_known = [StatusCode::NOT_IMPLEMENTED, StatusCode::SERVICE_UNAVAILABLE].contains(&status);
            if !status.is_server_error() || is_known {
                return Err(error);
            }
            add(&mut entry, format!("failed with {}", status.as_u16()));
            error
        }
        (Err(error), Noted::Written) => {
            add(&mut entry, format!("answered with {}", status(&error).as_u16()));
            error
        }
    };
    entry.rerun_of = None;
    // The failure that is answered is the one that counts.
    if let Err(error) = engine.note(entry).await {
        tracing::error!(%error, "a call that failed could not be written down");
    }
    Err(error)
}

fn add(entry: &mut NewAuditEntry, more: String) {
    let detail = entry.detail.take();
    entry.detail = Some(detail.map_or(more.clone(), |detail| format!("{detail}; {more}")));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::central::routes::ROUTES;

    /// Said in one line: `action kind id detail`.
    fn said(change: Option<Change>) -> String {
        let Some(Change { action, kind, id, detail, .. }) = change else { return "nothing".to_owned() };
        let action = match action {
            AuditAction::Put => "put".to_owned(),
            AuditAction::Named(action) => action.into_owned(),
        };
        format!("{action} {kind} {} {}", id.unwrap_or_default(), detail.unwrap_or_default()).trim_end().to_owned()
    }

    #[test]
    fn what_calls_change() {
        for (method, pattern, expected) in [
            (Method::GET, "/devices/{a}", "nothing"),
            (Method::POST, "/query", "nothing"),
            (Method::PUT, "/devices/{a}", "put device 1"),
            (Method::PATCH, "/devices/{a}", "update device 1"),
            (Method::DELETE, "/devices/{a}", "delete device 1"),
            (Method::PATCH, "/devices/{a}/components/{b}/properties", "update device 1 components/2/properties"),
            (Method::DELETE, "/devices/{a}/attestation", "update device 1 removed attestation"),
            (Method::POST, "/devices/{a}/components/{b}/commands/{c}", "run device 1 components/2/commands/3"),
            (Method::POST, "/devices/{a}/commands/{b}", "run device 1 commands/2"),
            (Method::POST, "/jobs/{a}/stop", "stop job 1"),
            (Method::PUT, "/jobs/{a}/pauseAfterBatch", "pauseAfterBatch job 1"),
            (Method::DELETE, "/jobs/{a}/pauseAfterBatch", "withdrawPause job 1"),
            (Method::POST, "/jobs/{a}/acknowledge", "acknowledge job 1"),
            (Method::POST, "/jobs/{a}/comments", "comment job 1"),
            (Method::POST, "/jobs/{a}/results", "nothing"),
            (Method::PUT, "/jobs/{a}/rerun/{b}", "rerun job 2 rerun of 1"),
            (Method::POST, "/users/{a}/password", "makePassword user 1"),
            (Method::POST, "/deviceImport", "import device"),
            (Method::PUT, "/jobDrafts/{a}", "put jobDraft 1"),
            (Method::PUT, "/jobHold", "hold jobHold"),
            (Method::DELETE, "/jobHold", "release jobHold"),
            (
                Method::POST,
                "/enrollmentGroups/{a}/certificates/{b}/verify",
                "update enrollmentGroup 1 certificates/2/verify",
            ),
        ] {
            let params = ["1", "2", "3"].map(str::to_owned);
            let count = pattern.matches('{').count();
            assert_eq!(said(of_central(&method, pattern, &params[..count])), expected, "{method} {pattern}");
        }
    }

    /// Whom a request comes from is said by a proxy only where it is trusted.
    #[test]
    fn addresses() {
        for (is_proxy, forwarded, expected) in [
            (false, Some("192.0.2.1"), "10.0.0.1"),
            (true, Some("198.51.100.1, 192.0.2.1"), "192.0.2.1"),
            (true, Some("unknown"), "10.0.0.1"),
            (true, None, "10.0.0.1"),
        ] {
            let mut request = axum::http::Request::builder();
            if let Some(forwarded) = forwarded {
                request = request.header("x-forwarded-for", forwarded);
            }
            let (mut parts, ()) = request.body(()).unwrap().into_parts();
            parts.extensions.insert(Peer { address: "::ffff:10.0.0.1".parse().unwrap(), is_proxy });
            assert_eq!(address(&parts).map(|address| address.to_string()).as_deref(), Some(expected), "{forwarded:?}");
        }
    }

    /// A new route that changes something of a kind that is not known here fails.
    #[test]
    fn every_route_that_changes_something_is_known() {
        const NOTHING_KEPT: [&str; 9] = [
            "query",
            "jobPreview",
            "deviceGroupPreview",
            "fileUploads",
            "deploymentManifests",
            "dataExport",
            "dashboards",
            "roles",
            "telemetry",
        ];
        for route in ROUTES.iter().filter(|route| route.method != Method::GET) {
            let first = route.path.split('/').nth(1).unwrap();
            let params = vec!["x".to_owned(); route.path.matches('{').count()];
            let is_known = of_central(&route.method, route.path, &params).is_some();
            let is_question = NOTHING_KEPT.contains(&first) || route.path == "/jobs/{jobId}/results";
            assert_ne!(is_known, is_question, "{} {}", route.method, route.path);
        }
    }
}
