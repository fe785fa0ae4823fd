//! Calls of an HTTPS API with JSON bodies, as the command line, the simulator and the demo make them: as anyone would.

use std::error::Error;
use std::io;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::header::{CONTENT_TYPE, HeaderMap};
use hyper::{Method, Request, StatusCode};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use rustls::ClientConfig;
use serde_json::Value;

use crate::failure::chain;

const ANSWER_MAX_BYTES: usize = 64 * 1024 * 1024;
const PATIENCE: Duration = Duration::from_secs(60);
/// Of a text that is not the API's, such as a proxy's page.
const FOREIGN_TEXT_MAX: usize = 200;

/// Connections to servers that `tls` trusts.
#[derive(Clone)]
pub struct Rest {
    http: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
}

/// One call.
#[derive(Debug, Clone)]
pub struct Ask {
    /// What is done.
    pub method: Method,
    /// The whole address.
    pub uri: String,
    /// Names the target in errors.
    pub what: String,
    /// Beside the content type.
    pub headers: Vec<(&'static str, String)>,
    /// JSON.
    pub body: Option<String>,
    /// How long an answer is waited for.
    pub patience: Duration,
}

impl Ask {
    /// A call without headers and body.
    pub fn new(method: Method, uri: String, what: String) -> Self {
        Ask { method, uri, what, headers: Vec::new(), body: None, patience: PATIENCE }
    }

    fn named(&self) -> String {
        format!("{} {}", self.method, self.what)
    }
}

/// What the server answered.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body as it came.
    pub text: String,
}

impl Answer {
    /// The body; null when there is none.
    pub fn json(&self) -> Result<Value, ClientError> {
        if self.text.is_empty() { Ok(Value::Null) } else { read(&self.text) }
    }

    /// A header, when it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The error that an answer without success is.
    pub fn refusal(&self, ask: &Ask) -> ClientError {
        let what = ask.named();
        let (symbol, message) = explained(&self.text);
        let code = self.header("iothub-errorcode").map(str::to_owned).or(symbol);
        ClientError::Refused { what, status: self.status, code, message }
    }
}

/// An answer's text as JSON of the expected shape.
pub fn read<'a, T: serde::Deserialize<'a>>(text: &'a str) -> Result<T, ClientError> {
    serde_json::from_str(text).map_err(|error| ClientError::Unexpected(format!("the server's answer: {error}")))
}

impl Rest {
    /// A client without connections.
    pub fn new(tls: &ClientConfig) -> Self {
        let connector = HttpsConnectorBuilder::new().with_tls_config(tls.clone()).https_only().enable_http1().build();
        Rest { http: Client::builder(TokioExecutor::new()).build(connector) }
    }

    /// One call that the server must not refuse.
    ///
    /// # Errors
    /// The server refused it, or there was no answer.
    pub async fn call(&self, ask: Ask) -> Result<Answer, ClientError> {
        let answer = self.ask(ask.clone()).await?;
        if answer.status.is_success() { Ok(answer) } else { Err(answer.refusal(&ask)) }
    }

    /// One call, whatever the server says.
    ///
    /// # Errors
    /// There was no answer.
    pub async fn ask(&self, ask: Ask) -> Result<Answer, ClientError> {
        let (what, after) = (ask.named(), ask.patience);
        let mut request = Request::builder().method(ask.method).uri(ask.uri);
        for (name, value) in &ask.headers {
            request = request.header(*name, value);
        }
        if ask.body.is_some() {
            request = request.header(CONTENT_TYPE, "application/json; charset=utf-8");
        }
        let request = request.body(Full::new(Bytes::from(ask.body.unwrap_or_default())));
        let request = request.map_err(|error| ClientError::Unexpected(format!("{what}: {error}")))?;
        match tokio::time::timeout(after, self.exchange(request)).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(fault)) => {
                let (reason, broken) = (chain(fault.as_ref()), Broken::of(fault.as_ref()));
                Err(ClientError::Link { what, reason, broken })
            }
            Err(_) => Err(ClientError::Timeout { what, after }),
        }
    }

    async fn exchange(&self, request: Request<Full<Bytes>>) -> Result<Answer, Fault> {
        let answer = self.http.request(request).await?;
        let (head, body) = answer.into_parts();
        let bytes = Limited::new(body, ANSWER_MAX_BYTES).collect().await?.to_bytes();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Ok(Answer { status: head.status, headers: head.headers, text })
    }
}

type Fault = Box<dyn Error + Send + Sync>;

/// A segment of a path, whatever stands in it.
pub fn encoded(segment: &str) -> String {
    utf8_percent_encode(segment, NON_ALPHANUMERIC).to_string()
}

/// Symbol and text of an error's body in each of its published forms (iot-hub §6.1), and of IoT Central's.
fn explained(body: &str) -> (Option<String>, String) {
    let mut text = body.trim().to_owned();
    let mut symbol = None;
    // A form may stand as a string in another.
    for _ in 0..4 {
        if let Ok(inner) = serde_json::from_str::<Value>(&text) {
            let member =
                ["/Message", "/message", "/error/message"].into_iter().find_map(|at| inner.pointer(at)?.as_str());
            let Some(member) = member else { break };
            text = member.trim().to_owned();
        }
        let Some(rest) = text.strip_prefix("ErrorCode:") else { continue };
        let (name, rest) = rest.split_once(';').unwrap_or((rest, ""));
        symbol.get_or_insert_with(|| name.to_owned());
        text = rest.trim().to_owned();
    }
    if serde_json::from_str::<Value>(&text).is_err() {
        return (symbol, text.lines().next().unwrap_or_default().chars().take(FOREIGN_TEXT_MAX).collect());
    }
    (symbol, text)
}

/// Why a call brought nothing.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The server said no.
    #[error("{what}: the server answered {status}{}{message}", colon(.message))]
    Refused {
        /// Method and path.
        what: String,
        /// The status.
        status: StatusCode,
        /// The symbol of the header `iothub-errorcode`.
        code: Option<String>,
        /// The server's message.
        message: String,
    },
    /// The server did not answer in time.
    #[error("{what}: no answer within {after:?}")]
    Timeout {
        /// Method and path.
        what: String,
        /// So long it was waited for.
        after: Duration,
    },
    /// The connection failed.
    #[error("{what}: {reason}")]
    Link {
        /// Method and path.
        what: String,
        /// The error with its causes.
        reason: String,
        /// Where it broke.
        broken: Broken,
    },
    /// The answer does not fit the contract.
    #[error("{0}")]
    Unexpected(String),
}

fn colon(message: &str) -> &'static str {
    if message.is_empty() { "" } else { ": " }
}

/// Where a connection failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Broken {
    /// No address is known for the host's name.
    Name,
    /// Nobody listens there.
    Refused,
    /// The server's certificate is not trusted, or not for that name.
    Certificate,
    /// Something else.
    Other,
}

impl Broken {
    fn of(fault: &(dyn Error + 'static)) -> Broken {
        let mut cause = Some(fault);
        while let Some(error) = cause {
            // An I/O error hides the error that it carries from its chain.
            let mut carried = Some(error);
            while let Some(inner) = carried {
                if let Some(rustls::Error::InvalidCertificate(_)) = inner.downcast_ref() {
                    return Broken::Certificate;
                }
                let io = inner.downcast_ref::<io::Error>();
                if io.is_some_and(|io| io.kind() == io::ErrorKind::ConnectionRefused) {
                    return Broken::Refused;
                }
                carried = io.and_then(io::Error::get_ref).map(|inner| inner as &(dyn Error + 'static));
            }
            if error.to_string() == "dns error" {
                return Broken::Name;
            }
            cause = error.source();
        }
        Broken::Other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_in_every_published_form() {
        let shown = |body: &str| explained(body);
        let gateway = r#"{"Message":"ErrorCode:DeviceNotFound;there is none","ExceptionMessage":"Tracking ID:0"}"#;
        assert_eq!(shown(gateway), (Some("DeviceNotFound".into()), "there is none".into()));
        let nested =
            r#"{"Message":"{\"errorCode\":404103,\"message\":\"not online\",\"info\":{}}","ExceptionMessage":""}"#;
        assert_eq!(shown(nested), (None, "not online".into()));
        let numeric = r#"{"errorCode":409301,"message":"ErrorCode:ModuleAlreadyExistsOnDevice;there"}"#;
        assert_eq!(shown(numeric), (Some("ModuleAlreadyExistsOnDevice".into()), "there".into()));
        assert_eq!(shown(r#"{"error":{"code":"NotFound","message":"no job"}}"#), (None, "no job".into()));
        assert_eq!(shown("<html>\n<p>Bad gateway"), (None, "<html>".into()));
        assert_eq!(shown(""), (None, String::new()));
    }
}
