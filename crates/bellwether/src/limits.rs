//! Limits of the system that many connections run into.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::failure::Failure;

/// Raises the limit on open files to the most that this process may have, and returns it (none: no limit).
pub fn raise_files() -> Option<u64> {
    let now = getrlimit(Resource::Nofile);
    let most = Rlimit { current: now.maximum, maximum: now.maximum };
    if let Err(error) = setrlimit(Resource::Nofile, most) {
        tracing::warn!(%error, "the limit on open files cannot be raised");
        return now.current;
    }
    now.maximum
}

/// Refuses to begin what would end in "too many open files".
pub fn need_files(wanted: u64) -> Result<(), Failure> {
    match raise_files() {
        Some(most) if most < wanted => Err(Failure::new(format!(
            "this needs {wanted} open files, the system allows {most}: raise the limit (`ulimit -Hn {wanted}` as root, \
             LimitNOFILE= in a systemd unit, --ulimit nofile= for a container), or take fewer devices"
        ))),
        Some(_) | None => Ok(()),
    }
}
