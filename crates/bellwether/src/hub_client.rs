//! A client of the service API of any hub that speaks it: for the command line, the simulator and the demo.
//!
//! Documents are handed out as the server's own text, so that no digit of them changes on the way.

use std::sync::Arc;
use std::time::Duration;

use hyper::header::{AUTHORIZATION, IF_MATCH, RETRY_AFTER};
use hyper::{Method, StatusCode};
use rustls::ClientConfig;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use bellwether_engine::Clock as _;
use bellwether_model::sas;

use crate::clock::SystemClock;
use crate::connection_string::ConnectionString;
pub use crate::rest::ClientError;
use crate::rest::{Answer, Ask, Rest, encoded, read};

const API_VERSION: &str = "api-version=2021-04-12";
const TOKEN_SECONDS: i64 = 3600;
const CONTINUATION: &str = "x-ms-continuation";
/// Of a query and of the list of jobs (query-language §7).
pub const PAGE_MAX: usize = 100;
/// Devices that one bulk call takes (iot-hub §2.4).
pub const BULK_MAX: usize = 100;
/// How often a call that the hub throttles is made again; it was not carried out.
const THROTTLED_TRIES: u32 = 6;
const PAUSE_MAX: Duration = Duration::from_secs(60);
/// What matches any etag, quoted as every client sends it (iot-hub §2.2).
const ANY: &str = "*";
/// Over a method's own timeout.
const METHOD_GRACE: Duration = Duration::from_secs(30);

/// Speaks to one hub with the key of one policy.
#[derive(Clone)]
pub struct HubClient {
    rest: Rest,
    hub: Arc<ConnectionString>,
}

/// Some documents of a list.
pub struct Page {
    /// The documents.
    pub rows: Vec<Box<RawValue>>,
    /// What they are: `Twin`, `DeviceJob`, `JobResponse`, `Raw` (iot-hub §5.3).
    pub item_type: Option<String>,
    /// Where the next page begins.
    pub next: Option<String>,
}

/// Why one device of a bulk call was not made.
#[derive(Debug, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BulkError {
    /// Which device.
    pub device_id: String,
    /// A symbol or a number.
    pub error_code: Value,
    /// In words.
    pub error_status: Option<String>,
}

impl HubClient {
    /// A client of the hub that the connection string names.
    pub fn new(hub: ConnectionString, tls: &ClientConfig) -> Self {
        HubClient { rest: Rest::new(tls), hub: Arc::new(hub) }
    }

    /// The host of the hub as the connection string has it.
    pub fn host(&self) -> &str {
        &self.hub.host
    }

    /// A device's identity, with its keys.
    pub async fn device(&self, id: &str) -> Result<String, ClientError> {
        Ok(self.call(self.ask(Method::GET, &device_path(id), "")).await?.text)
    }

    /// Creates a device; with an etag, or `*`, puts another identity in the place of the one that there is.
    pub async fn put_device(&self, id: &str, body: &Value, etag: Option<&str>) -> Result<String, ClientError> {
        let mut ask = self.ask(Method::PUT, &device_path(id), "");
        ask.headers.extend(etag.map(if_match));
        ask.body = Some(body.to_string());
        Ok(self.call(ask).await?.text)
    }

    /// Deletes a device with its twin.
    pub async fn delete_device(&self, id: &str, etag: Option<&str>) -> Result<(), ClientError> {
        let mut ask = self.ask(Method::DELETE, &device_path(id), "");
        ask.headers.push(if_match(etag.unwrap_or(ANY)));
        self.call(ask).await.map(drop)
    }

    /// Makes at most [`BULK_MAX`] devices in one call and says which were not made; `None` when the hub has no such
    /// call. A failed element leaves the others as they are (iot-hub §2.4).
    pub async fn create_devices(&self, entries: &[Value]) -> Result<Option<Vec<BulkError>>, ClientError> {
        let mut ask = self.ask(Method::POST, "/devices", "");
        ask.body = Some(Value::from(entries).to_string());
        let answer = self.patiently(ask.clone()).await?;
        bulk_result(&answer).unwrap_or_else(|| Err(answer.refusal(&ask)))
    }

    /// Creates a device, or finds the one of that name, and returns its primary key in base64.
    pub async fn device_key(&self, id: &str) -> Result<String, ClientError> {
        let text = match self.put_device(id, &json!({"deviceId": id, "status": "enabled"}), None).await {
            Err(ClientError::Refused { status: StatusCode::CONFLICT, .. }) => self.device(id).await?,
            other => other?,
        };
        let device: Value = read(&text)?;
        let key = device.pointer("/authentication/symmetricKey/primaryKey").and_then(Value::as_str);
        key.map(str::to_owned).ok_or_else(|| ClientError::Unexpected(format!("device {id} has no symmetric key")))
    }

    /// A device's twin.
    pub async fn twin(&self, id: &str) -> Result<String, ClientError> {
        Ok(self.call(self.ask(Method::GET, &twin_path(id), "")).await?.text)
    }

    /// Merges a patch into a twin (`PATCH`) or puts another in its place (`PUT`), whatever its etag if none is given.
    pub async fn write_twin(
        &self,
        method: Method,
        id: &str,
        body: &Value,
        etag: Option<&str>,
    ) -> Result<String, ClientError> {
        let mut ask = self.ask(method, &twin_path(id), "");
        ask.headers.push(if_match(etag.unwrap_or(ANY)));
        ask.body = Some(body.to_string());
        Ok(self.call(ask).await?.text)
    }

    /// Calls a method and waits up to `timeout` for the device.
    pub async fn invoke(&self, id: &str, body: &Value, timeout: Duration) -> Result<String, ClientError> {
        let mut ask = self.ask(Method::POST, &format!("{}/methods", twin_path(id)), "");
        ask.body = Some(body.to_string());
        ask.patience = timeout + METHOD_GRACE;
        Ok(self.call(ask).await?.text)
    }

    /// Makes a job; what comes back is the job as the hub took it.
    pub async fn create_job(&self, id: &str, body: &Value) -> Result<String, ClientError> {
        let mut ask = self.ask(Method::PUT, &job_path(id), "");
        ask.body = Some(body.to_string());
        Ok(self.call(ask).await?.text)
    }

    /// A job as it stands; of an unknown id one of status `unknown` (iot-hub §1.5).
    pub async fn job(&self, id: &str) -> Result<String, ClientError> {
        Ok(self.call(self.ask(Method::GET, &job_path(id), "")).await?.text)
    }

    /// Cancels a job.
    pub async fn cancel_job(&self, id: &str) -> Result<String, ClientError> {
        Ok(self.call(self.ask(Method::POST, &format!("{}/cancel", job_path(id)), "")).await?.text)
    }

    /// Jobs, newest first; `filter` is a query string without the version.
    pub async fn jobs(&self, filter: &str, size: usize, token: Option<String>) -> Result<Page, ClientError> {
        self.page(self.ask(Method::GET, "/jobs/v2/query", filter), size, token).await
    }

    /// One page of a query.
    pub async fn query_page(&self, text: &str, size: usize, token: Option<String>) -> Result<Page, ClientError> {
        let mut ask = self.ask(Method::POST, "/devices/query", "");
        ask.body = Some(json!({"query": text}).to_string());
        self.page(ask, size, token).await
    }

    /// All rows of a query, page after page.
    pub async fn query(&self, text: &str) -> Result<Vec<Value>, ClientError> {
        let mut rows = Vec::new();
        let mut token = None;
        loop {
            let page = self.query_page(text, PAGE_MAX, token).await?;
            for row in &page.rows {
                rows.push(read(row.get())?);
            }
            token = page.next;
            if token.is_none() {
                return Ok(rows);
            }
        }
    }

    async fn page(&self, mut ask: Ask, size: usize, token: Option<String>) -> Result<Page, ClientError> {
        ask.headers.push(("x-ms-max-item-count", size.min(PAGE_MAX).to_string()));
        ask.headers.extend(token.map(|token| (CONTINUATION, token)));
        let answer = self.call(ask).await?;
        let owned = |name| answer.header(name).filter(|text| !text.is_empty()).map(str::to_owned);
        Ok(Page { rows: read(&answer.text)?, item_type: owned("x-ms-item-type"), next: owned(CONTINUATION) })
    }

    fn ask(&self, method: Method, path: &str, query: &str) -> Ask {
        let and = if query.is_empty() { "" } else { "&" };
        let uri = format!("https://{}{path}?{query}{and}{API_VERSION}", self.hub.host);
        Ask::new(method, uri, path.to_owned())
    }

    async fn call(&self, ask: Ask) -> Result<Answer, ClientError> {
        let answer = self.patiently(ask.clone()).await?;
        if answer.status.is_success() { Ok(answer) } else { Err(answer.refusal(&ask)) }
    }

    /// Signs a call and makes it again as long as the hub throttles it.
    async fn patiently(&self, mut ask: Ask) -> Result<Answer, ClientError> {
        let expiry = SystemClock.now().plus_seconds(TOKEN_SECONDS);
        let token = sas::make(&self.hub.host, &self.hub.key, expiry, Some(&self.hub.policy));
        ask.headers.push((AUTHORIZATION.as_str(), token));
        let mut tries = 1;
        loop {
            let answer = self.rest.ask(ask.clone()).await?;
            if answer.status != StatusCode::TOO_MANY_REQUESTS || tries == THROTTLED_TRIES {
                return Ok(answer);
            }
            let said = answer.header(RETRY_AFTER.as_str()).and_then(|text| text.parse().ok()).map(Duration::from_secs);
            tokio::time::sleep(said.unwrap_or(Duration::from_secs(1 << tries)).min(PAUSE_MAX)).await;
            tries += 1;
        }
    }
}

/// A result is told with 200, and with 400 when an element failed (iot-hub §2.4); another 400 is a refusal like any.
fn bulk_result(answer: &Answer) -> Option<Result<Option<Vec<BulkError>>, ClientError>> {
    #[derive(serde::Deserialize)]
    struct Told {
        errors: Vec<BulkError>,
    }
    match answer.status {
        StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => Some(Ok(None)),
        status if status.is_success() => Some(read::<Told>(&answer.text).map(|told| Some(told.errors))),
        StatusCode::BAD_REQUEST => read::<Told>(&answer.text).ok().map(|told| Ok(Some(told.errors))),
        _ => None,
    }
}

fn device_path(id: &str) -> String {
    format!("/devices/{}", encoded(id))
}

fn twin_path(id: &str) -> String {
    format!("/twins/{}", encoded(id))
}

fn job_path(id: &str) -> String {
    format!("/jobs/v2/{}", encoded(id))
}

fn if_match(etag: &str) -> (&'static str, String) {
    (IF_MATCH.as_str(), format!("\"{}\"", etag.trim_matches('"')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_of_bulk_calls() {
        let told = |status: u16, text: &str| {
            let status = StatusCode::from_u16(status).unwrap();
            let answer = Answer { status, headers: Default::default(), text: text.to_owned() };
            bulk_result(&answer).map(|result| result.map(|errors| errors.map(|all| all.len())).map_err(drop))
        };
        assert_eq!(told(200, r#"{"isSuccessful":true,"errors":[],"warnings":[]}"#), Some(Ok(Some(0))));
        let one = r#"{"isSuccessful":false,"errors":[{"deviceId":"a","errorCode":409001,"errorStatus":"there"}]}"#;
        assert_eq!(told(400, one), Some(Ok(Some(1))));
        assert_eq!(told(400, r#"{"Message":"ErrorCode:ArgumentInvalid;no array"}"#), None);
        assert_eq!((told(404, ""), told(405, "")), (Some(Ok(None)), Some(Ok(None))));
        assert_eq!((told(200, "<html>"), told(500, "")), (Some(Err(())), None));
    }
}
