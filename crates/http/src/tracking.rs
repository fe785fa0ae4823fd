//! What ties an answer to its line in the log.

use std::fmt::Write;
use std::time::Instant;

use axum::http::{Method, StatusCode};
use bellwether_model::Time;

/// A request's name and time, in every form that answers carry.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tracking {
    /// Random, of version 4.
    pub id: [u8; 16],
    /// When the request was taken up.
    pub time: Time,
}

impl Tracking {
    /// Names a request.
    pub fn new(time: Time) -> Tracking {
        let mut id = [0; 16];
        // Without randomness requests share a name; that is no reason to refuse them.
        let _ = getrandom::fill(&mut id);
        id[6] = id[6] & 0x0F | 0x40;
        id[8] = id[8] & 0x3F | 0x80;
        Tracking { id, time }
    }

    /// As in the header `x-ms-request-id`.
    pub fn request_id(&self) -> String {
        let hex = self.hex().to_ascii_lowercase();
        let mut out = String::with_capacity(36);
        for (at, digit) in hex.chars().enumerate() {
            if matches!(at, 8 | 12 | 16 | 20) {
                out.push('-');
            }
            out.push(digit);
        }
        out
    }

    /// As in error bodies: the request's id as 32 digits, with the marks of the real service around it.
    pub fn tracking_id(&self) -> String {
        // MM/dd/yyyy HH:mm:ss out of yyyy-MM-ddTHH:mm:ss…
        let text = self.time.to_string();
        let part = |range: std::ops::Range<usize>| text.get(range).unwrap_or_default();
        let stamp = format!("{}/{}/{} {}", part(5..7), part(8..10), part(0..4), part(11..19));
        format!("{}-G:0-TimeStamp:{stamp}", self.hex())
    }

    /// The member `ExceptionMessage` of the gateway form.
    pub fn exception_message(&self) -> String {
        format!("Tracking ID:{}", self.tracking_id())
    }

    /// One line a request: the route's pattern, never what callers filled in (iot-hub §11). A failure has the code
    /// that the caller is told, and the cause that only the log is.
    pub fn log(
        &self,
        method: &Method,
        route: &str,
        status: StatusCode,
        failed: Option<(&'static str, Option<String>)>,
        began: Instant,
    ) {
        let (id, status, micros) = (self.request_id(), status.as_u16(), began.elapsed().as_micros());
        let (code, cause) = failed.map_or((None, None), |(code, cause)| (Some(code), cause));
        match cause {
            Some(cause) => tracing::error!(request.id = id, %method, route, status, code, cause, "a request failed"),
            None => tracing::debug!(request.id = id, %method, route, status, code, micros, "a request was answered"),
        }
    }

    fn hex(&self) -> String {
        self.id.iter().fold(String::with_capacity(32), |mut out, byte| {
            // Writing to a String cannot fail.
            let _ = write!(out, "{byte:02X}");
            out
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms() {
        let id = [0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x46, 0x77, 0x88, 0x99, 0xAA, 0xBB, 0xCC, 0xDD, 0xEE, 0xFF];
        let tracking = Tracking { id, time: Time(0) };
        assert_eq!(tracking.request_id(), "00112233-4455-4677-8899-aabbccddeeff");
        assert_eq!(
            tracking.tracking_id(),
            "0011223344554677".to_owned() + "8899AABBCCDDEEFF-G:0-TimeStamp:01/01/1970 00:00:00"
        );
        let (a, b) = (Tracking::new(Time(0)), Tracking::new(Time(0)));
        assert_ne!(a.id, b.id);
        assert_eq!(&a.request_id()[14..15], "4");
    }
}
