//! A process of its own for one side of the bench, and the lines by which it is led: one in, one out.
//!
//! A child lives no longer than its parent wants: it is killed when its handle is dropped, and it ends by itself
//! when its standard input ends, which it does when the parent dies, however that happens.

use std::io::BufRead as _;
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{ChildStdin, ChildStdout, Command};
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::Anything;

/// No answer of a child may take longer.
const PATIENCE: Duration = Duration::from_secs(300);

/// The parent's side.
pub struct Child {
    process: tokio::process::Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
}

impl Child {
    /// This program with other arguments.
    pub fn start(arguments: &[&str]) -> Result<Child, Anything> {
        let mut process = Command::new(std::env::current_exe()?)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let input = process.stdin.take().ok_or("no standard input")?;
        let output = BufReader::new(process.stdout.take().ok_or("no standard output")?).lines();
        Ok(Child { process, input, output })
    }

    /// The child's number.
    pub fn pid(&self) -> Result<u32, Anything> {
        Ok(self.process.id().ok_or("a child has ended")?)
    }

    /// The next line.
    pub async fn line(&mut self) -> Result<String, Anything> {
        let line = timeout(PATIENCE, self.output.next_line()).await.map_err(|_| "a child does not answer")?;
        Ok(line?.ok_or("a child has ended")?)
    }

    /// Says something and returns the answer.
    pub async fn ask(&mut self, text: &str) -> Result<String, Anything> {
        self.input.write_all(format!("{text}\n").as_bytes()).await?;
        self.line().await
    }

    /// Ends it and waits until it is gone.
    pub async fn end(mut self) -> Result<(), Anything> {
        Ok(self.process.kill().await?)
    }
}

/// The child's side: what the parent says. Ends the process when the parent says no more.
pub fn commands() -> mpsc::UnboundedReceiver<String> {
    let (send, receive) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            if send.send(line).is_err() {
                break;
            }
        }
        std::process::exit(0);
    });
    receive
}

/// As many open files as the system allows.
pub fn raise_files() -> Result<(), Anything> {
    let most = getrlimit(Resource::Nofile).maximum;
    Ok(setrlimit(Resource::Nofile, Rlimit { current: most, maximum: most })?)
}
