//! The command line as a client: the built program against a real server, as people and scripts use it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../support/mod.rs"]
mod support;

mod devices;
mod errors;
mod files;
mod jobs;

use std::path::PathBuf;
use std::process::Stdio;

use serde_json::Value;
use support::{Server, bellwether, text};
use tempfile::TempDir;

/// A server and the folder in which the commands run.
pub struct World {
    /// The server; ends when dropped.
    pub server: Server,
    /// Where the commands run; the server's data folder is `data` in it.
    pub dir: TempDir,
}

/// How a command ended.
#[derive(Debug)]
pub struct Said {
    /// Its exit code.
    pub code: Option<i32>,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl World {
    /// A server without devices.
    pub fn start() -> World {
        let dir = tempfile::tempdir().unwrap();
        let server = Server::start(&dir.path().join("data"), &[]);
        World { server, dir }
    }

    /// One command on this server.
    pub fn run(&self, args: &[&str]) -> Said {
        let data = self.dir.path().join("data");
        let mut command = bellwether(args);
        let ended = command.arg("--data").arg(data).current_dir(self.dir.path()).output().unwrap();
        Said { code: ended.status.code(), out: timeless(&text(&ended.stdout)), err: timeless(&text(&ended.stderr)) }
    }

    /// One command whose standard output nobody reads.
    pub fn unread(&self, args: &[&str]) -> Said {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = bellwether(args);
        command.arg("--data").arg(self.dir.path().join("data")).current_dir(self.dir.path());
        let ended = command.stdout(writer).stderr(Stdio::piped()).spawn().unwrap().wait_with_output().unwrap();
        Said { code: ended.status.code(), out: String::new(), err: timeless(&text(&ended.stderr)) }
    }

    /// The host of the server as it is shown.
    pub fn host(&self) -> &str {
        self.server.connection["httpsUrl"].as_str().unwrap().trim_start_matches("https://")
    }

    /// One command that must do its work; what it printed.
    pub fn done(&self, args: &[&str]) -> String {
        let said = self.run(args);
        assert_eq!(said.code, Some(0), "{args:?}: {}{}", said.out, said.err);
        said.out
    }

    /// As [`World::done`], a JSON document a line.
    pub fn json(&self, args: &[&str]) -> Vec<Value> {
        self.done(args).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// A file in the folder.
    pub fn file(&self, name: &str, content: &str) -> PathBuf {
        let file = self.dir.path().join(name);
        std::fs::write(&file, content).unwrap();
        file
    }
}

/// The text with every time as `0000-00-00 00:00:00Z`.
fn timeless(text: &str) -> String {
    let shape = |part: &[u8]| {
        part.iter().zip(b"0000-00-00 00:00:00Z").all(|(c, s)| if *s == b'0' { c.is_ascii_digit() } else { c == s })
    };
    let (mut shown, mut at) = (Vec::new(), 0);
    let bytes = text.as_bytes();
    while at < bytes.len() {
        match bytes.get(at..at + 20) {
            Some(part) if shape(part) => {
                shown.extend(b"0000-00-00 00:00:00Z");
                at += 20;
            }
            Some(_) | None => {
                shown.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8(shown).unwrap()
}
