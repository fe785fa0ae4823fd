//! The program as its users have it: started, asked over HTTPS, stopped by signals.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use base64::prelude::{BASE64_STANDARD, Engine};
use bellwether_model::{Time, sas};
use rustix::process::{Pid, Signal, kill_process};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use serde_json::Value;

/// Long enough for a loaded build machine.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// The program with these arguments, and nothing of our own environment.
pub fn bellwether(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bellwether"));
    command.args(args);
    for (name, _) in std::env::vars_os() {
        if ["BELLWETHER_", "IOTHUB_"].iter().any(|ours| name.to_string_lossy().starts_with(ours)) {
            command.env_remove(name);
        }
    }
    command
}

/// Runs it to its end.
pub fn run(args: &[&str]) -> Output {
    bellwether(args).output().unwrap()
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Asks again and again until there is an answer.
pub fn eventually<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(begun.elapsed() < PATIENCE, "{what} did not come true");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A running program; killed when dropped.
pub struct Running(Option<Child>);

impl Running {
    pub fn start(args: &[&str]) -> Self {
        let child = bellwether(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        Running(Some(child))
    }

    pub fn id(&self) -> u32 {
        self.0.as_ref().unwrap().id()
    }

    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_raw(self.id().try_into().unwrap()).unwrap(), signal).unwrap();
    }

    pub fn has_ended(&mut self) -> Option<ExitStatus> {
        self.0.as_mut().unwrap().try_wait().unwrap()
    }

    /// Waits for the end; what was printed.
    pub fn end(mut self) -> Output {
        eventually("the end of the program", || self.has_ended());
        self.0.take().unwrap().wait_with_output().unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(mut child) = self.0.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// A server on free ports of a data folder.
pub struct Server {
    pub process: Running,
    pub connection: Value,
    pub data: PathBuf,
}

impl Server {
    pub fn start(data: &Path, more: &[&str]) -> Self {
        let folder = data.to_str().unwrap();
        let mut args = vec!["serve", "--data", folder, "--https", "127.0.0.1:0", "--mqtts", "127.0.0.1:0"];
        args.extend(more);
        let mut process = Running::start(&args);
        let id = process.id();
        eventually("the server's start", || {
            if let Some(status) = process.has_ended() {
                panic!("the server ended with {status}");
            }
            let text = std::fs::read(data.join("run.json")).ok()?;
            let run: Value = serde_json::from_slice(&text).ok()?;
            (run["pid"] == id).then_some(())
        });
        let printed = run(&["connection", "--data", folder, "--json"]);
        assert!(printed.status.success(), "{}", text(&printed.stderr));
        let connection = serde_json::from_slice(&printed.stdout).unwrap();
        Server { process, connection, data: data.to_owned() }
    }

    /// One request to the IoT Central API with this `Authorization`: status and body.
    pub fn central(&self, token: &str, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let target = format!("/api{path}?api-version=2022-07-31");
        self.send(token, method, &target, body)
    }

    /// One request with the owner's token: status and body.
    pub fn call(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let string = self.connection["hubConnectionString"].as_str().unwrap();
        let field = |name: &str| string.split(';').find_map(|f| f.strip_prefix(name)).unwrap().to_owned();
        let (host, key) = (field("HostName="), field("SharedAccessKey="));
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let expiry = Time(0).plus_seconds(i64::try_from(now).unwrap() + 3600);
        let token = sas::make(&host, &BASE64_STANDARD.decode(key).unwrap(), expiry, Some("iothubowner"));
        self.send(&token, method, &format!("{path}?api-version=2021-04-12"), body)
    }

    /// One request with this `Authorization`: status and body.
    pub fn send(&self, token: &str, method: &str, target: &str, body: &Value) -> (u16, Value) {
        let host = self.connection["httpsUrl"].as_str().unwrap().strip_prefix("https://").unwrap();
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let request = format!(
            "{method} {target} HTTP/1.1\r\nHost: {host}\r\nAuthorization: {token}\r\nConnection: close\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let (name, port) = host.split_once(':').unwrap();
        let ca = self.connection["caFile"].as_str().unwrap();
        exchange(name, port.parse().unwrap(), Path::new(ca), &request)
    }

    pub fn get(&self, path: &str) -> (u16, Value) {
        self.call("GET", path, &Value::Null)
    }

    pub fn job(&self, id: &str) -> Value {
        self.get(&format!("/jobs/v2/{id}")).1
    }
}

fn exchange(name: &str, port: u16, ca: &Path, request: &str) -> (u16, Value) {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(ca).unwrap()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let client = ClientConnection::new(Arc::new(config), ServerName::try_from(name.to_owned()).unwrap()).unwrap();
    let mut stream = StreamOwned::new(client, TcpStream::connect((name, port)).unwrap());
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    // The server may close without a farewell once it has answered.
    let _ = stream.read_to_end(&mut answer);
    let answer = text(&answer);
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, serde_json::from_str(body).unwrap_or(Value::Null))
}
