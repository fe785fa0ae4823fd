//! In which form a file goes out.

use std::fmt::Write;

use axum::http::{HeaderMap, header};

/// How a file is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coding {
    /// The smaller one.
    Brotli,
    /// What everybody takes.
    Gzip,
}

impl Coding {
    /// As in `Accept-Encoding`.
    pub const fn name(self) -> &'static str {
        match self {
            Coding::Brotli => "br",
            Coding::Gzip => "gzip",
        }
    }

    /// As at the end of the packed file's name.
    pub const fn extension(self) -> &'static str {
        match self {
            Coding::Brotli => "br",
            Coding::Gzip => "gz",
        }
    }
}

/// The codings that a client takes, the smallest first. A weight only matters where it is zero: refused.
pub(super) fn accepted(headers: &HeaderMap) -> Vec<Coding> {
    let lines = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    let offers: Vec<&str> = lines.flat_map(|line| line.split(',')).collect();
    let takes = |coding: &Coding| {
        offers.iter().any(|offer| {
            let mut parts = offer.split(';').map(str::trim);
            let is_named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case(coding.name()));
            let weight = parts.find_map(|part| part.strip_prefix("q="));
            is_named && weight.is_none_or(|weight| weight.trim().parse::<f32>().is_ok_and(|weight| weight > 0.0))
        })
    };
    [Coding::Brotli, Coding::Gzip].into_iter().filter(takes).collect()
}

/// A file's content in 128 bits of its SHA-256, quoted.
pub(super) fn etag(hash: &[u8; 32]) -> String {
    let hex = hash.iter().take(16).fold(String::with_capacity(34), |mut out, byte| {
        // Writing to a String cannot fail.
        let _ = write!(out, "{byte:02x}");
        out
    });
    format!("\"{hex}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_client_takes() {
        use Coding::{Brotli, Gzip};
        for (text, expected) in [
            ("gzip, deflate, br, zstd", vec![Brotli, Gzip]),
            ("GZIP", vec![Gzip]),
            ("br;q=0, gzip;q=0.5", vec![Gzip]),
            ("br; q=0.001", vec![Brotli]),
            ("br;q=x", vec![]),
            ("brotli", vec![]),
            ("identity", vec![]),
            ("", vec![]),
        ] {
            let headers = HeaderMap::from_iter([(header::ACCEPT_ENCODING, text.parse().unwrap())]);
            assert_eq!(accepted(&headers), expected, "{text}");
        }
        assert_eq!(accepted(&HeaderMap::new()), []);
    }
}
