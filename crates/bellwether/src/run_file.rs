//! What a running server leaves in its data folder: where it listens (`run.json`), and a lock.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::private_file;

/// Where the server that ran last on a data folder listens, as clients see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RunFile {
    /// The bound address of the service API: never port 0.
    pub https: SocketAddr,
    /// The bound address for devices over TLS.
    pub mqtts: SocketAddr,
    /// The bound address for devices over plain TCP, when that is on.
    pub mqtt: Option<SocketAddr>,
    /// Host part of the connection string.
    pub https_host: String,
    /// Host part of the devices' addresses.
    pub mqtts_host: String,
    /// Host part of the plain address.
    pub mqtt_host: Option<String>,
    /// What clients must trust; none when the user brought a certificate.
    pub ca_file: Option<PathBuf>,
    /// Process that wrote this.
    pub pid: u32,
}

impl RunFile {
    fn path(data: &Path) -> PathBuf {
        data.join("run.json")
    }

    /// Writes it into the data folder.
    pub fn write(&self, data: &Path) -> Result<(), Failure> {
        let file = Self::path(data);
        let wrong = |error: &(dyn std::error::Error + 'static)| {
            Failure::during(format!("cannot write {}", file.display()), error)
        };
        let text = serde_json::to_vec_pretty(self).map_err(|error| wrong(&error))?;
        private_file::write(&file, 0o644, &text).map_err(|error| wrong(&error))
    }

    /// Reads that of the data folder; none when no server ever ran on it.
    pub fn read(data: &Path) -> Result<Option<Self>, Failure> {
        let file = Self::path(data);
        let text = match fs::read(&file) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            other => other.map_err(|error| Failure::during(format!("cannot read {}", file.display()), &error))?,
        };
        let parsed = serde_json::from_slice(&text);
        parsed.map(Some).map_err(|error| {
            let what = format!("{} is damaged; it is written anew when the server starts", file.display());
            Failure::during(what, &error)
        })
    }
}

/// Held by a server as long as it runs on a data folder.
#[derive(Debug)]
pub struct RunLock(File);

/// A look at the lock by `is_running` lasts no longer than this.
const PATIENCE: Duration = Duration::from_secs(1);
const STEP: Duration = Duration::from_millis(50);

impl RunLock {
    /// Takes the data folder for this process alone.
    pub async fn take(data: &Path) -> Result<Self, Failure> {
        let path = data.join("lock");
        let what = || format!("cannot lock {}", path.display());
        let file = open(&path).map_err(|error| Failure::during(what(), &error))?;
        let begun = tokio::time::Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(RunLock(file)),
                Err(TryLockError::WouldBlock) if begun.elapsed() < PATIENCE => tokio::time::sleep(STEP).await,
                Err(TryLockError::WouldBlock) => {
                    return Err(Failure::new(format!(
                        "another server is running on {}: stop it first, or give this one a --data of its own",
                        data.display()
                    )));
                }
                Err(TryLockError::Error(error)) => return Err(Failure::during(what(), &error)),
            }
        }
    }

    /// Gives the data folder back.
    pub fn release(self) {
        if let Err(error) = self.0.unlock() {
            tracing::warn!(%error, "the lock on the data folder could not be given back; it ends with this process");
        }
    }
}

/// What to say when nothing was ever made in the data folder.
pub fn never_ran(data: &Path) -> Failure {
    let dir = data.display();
    Failure::new(format!("no server has ever run on {dir}: start one with `bellwether serve --data {dir}`"))
}

/// Is a server running on this data folder?
pub fn is_running(data: &Path) -> bool {
    let Ok(file) = File::open(data.join("lock")) else { return false };
    matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock))
}

fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn one_server_a_folder() {
        let dir = tempfile::tempdir().unwrap();
        assert!(!is_running(dir.path()));
        let lock = RunLock::take(dir.path()).await.unwrap();
        assert!(is_running(dir.path()));
        let error = RunLock::take(dir.path()).await.unwrap_err().to_string();
        assert!(error.contains("another server is running"), "{error}");
        lock.release();
        assert!(!is_running(dir.path()));
        assert!(RunLock::take(dir.path()).await.is_ok());
    }

    #[test]
    fn damage_is_told() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(RunFile::read(dir.path()).unwrap(), None);
        fs::write(dir.path().join("run.json"), "{").unwrap();
        assert!(RunFile::read(dir.path()).unwrap_err().to_string().contains("damaged"));
    }
}
