//! Answers that stay open: how many there may be.

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::Mutex;

use crate::Limits;

/// The streams that are open, by caller.
#[derive(Debug, Default)]
pub struct OpenStreams(Arc<Mutex<BTreeMap<String, usize>>>);

/// As long as this lives, its stream counts.
#[derive(Debug)]
pub(crate) struct OpenStream {
    streams: OpenStreams,
    caller: String,
}

/// There are as many streams as may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TooManyStreams {
    /// Of this caller.
    #[error("this caller has {0} live streams open, as many as one may have; close one first")]
    OfCaller(usize),
    /// In all.
    #[error("as many live streams are open as this server bears, {0}; try again later")]
    InAll(usize),
}

impl OpenStreams {
    /// Opens a stream for this caller.
    pub(crate) fn open(&self, caller: &str, limits: &Limits) -> Result<OpenStream, TooManyStreams> {
        let mut open = self.0.lock();
        if open.values().sum::<usize>() >= limits.streams {
            return Err(TooManyStreams::InAll(limits.streams));
        }
        let count = open.entry(caller.to_owned()).or_default();
        if *count >= limits.streams_per_caller {
            return Err(TooManyStreams::OfCaller(limits.streams_per_caller));
        }
        *count += 1;
        Ok(OpenStream { streams: OpenStreams(Arc::clone(&self.0)), caller: caller.to_owned() })
    }
}

impl Drop for OpenStream {
    fn drop(&mut self) {
        let mut open = self.streams.0.lock();
        if let Some(count) = open.get_mut(&self.caller) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.caller);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_caller_and_all_together_have_a_limit() {
        let limits = Limits { streams: 3, streams_per_caller: 2, ..Limits::default() };
        let streams = OpenStreams::default();
        let open = |caller| streams.open(caller, &limits);
        let (first, _second) = (open("a").unwrap(), open("a").unwrap());
        assert_eq!(open("a").unwrap_err(), TooManyStreams::OfCaller(2));
        let third = open("b").unwrap();
        assert_eq!(open("b").unwrap_err(), TooManyStreams::InAll(3));
        drop(third);
        drop(first);
        let _again = open("a").unwrap();
        assert_eq!(streams.0.lock().len(), 1);
    }
}
