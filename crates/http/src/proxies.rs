//! Proxies before this server: from where a request comes that they pass on.
//!
//! Only `X-Forwarded-For` is read, and of it only the last element, which the proxy itself has added: whatever stands
//! before it, and any other header, the caller may have made up.

use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use axum::http::{HeaderMap, HeaderName};

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Addresses that begin alike: `10.0.0.0/8`, `2001:db8::/32`; without a length one address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    /// How many bits they have in common.
    bits: u8,
}

/// A text is no network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be an address, or one with the length of a network, as 10.0.0.0/8")]
pub struct BadNetwork;

impl FromStr for Network {
    type Err = BadNetwork;

    fn from_str(text: &str) -> Result<Network, BadNetwork> {
        let (address, bits) = text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
        let address: IpAddr = address.trim().parse().map_err(|_| BadNetwork)?;
        // Peers are seen in their short form, so that nobody would ever be in such a network.
        if address != address.to_canonical() {
            return Err(BadNetwork);
        }
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Ok(most), |bits| bits.trim().parse().map_err(|_| BadNetwork))?;
        if bits > most { Err(BadNetwork) } else { Ok(Network { address, bits }) }
    }
}

impl Network {
    /// Is it one of them?
    pub fn holds(&self, address: IpAddr) -> bool {
        let same = |a: u128, b: u128, length: u32| {
            let differ = (a ^ b) << (128 - length);
            self.bits == 0 || differ >> (128 - u32::from(self.bits)) == 0
        };
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(a), IpAddr::V4(b)) => same(a.to_bits().into(), b.to_bits().into(), 32),
            (IpAddr::V6(a), IpAddr::V6(b)) => same(a.to_bits(), b.to_bits(), 128),
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }
}

/// The address that a proxy passed a request on for; `None`: it does not say, or nothing that is an address.
pub(crate) fn passed_on_for(headers: &HeaderMap) -> Option<IpAddr> {
    let last = headers.get_all(FORWARDED_FOR).iter().next_back()?.to_str().ok()?;
    let last = last.rsplit(',').next().unwrap_or_default().trim();
    let bare = last.trim_start_matches('[').trim_end_matches(']');
    let address = bare.parse().ok().or_else(|| last.parse::<SocketAddr>().ok().map(|address| address.ip()));
    address.map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks() {
        let holds = |network: &str, address: &str| {
            network.parse::<Network>().map(|network| network.holds(address.parse().unwrap())).ok()
        };
        for (network, address, expected) in [
            ("10.0.0.0/8", "10.255.1.2", Some(true)),
            ("10.0.0.0/8", "11.0.0.1", Some(false)),
            ("10.1.2.3", "10.1.2.3", Some(true)),
            ("10.1.2.3", "10.1.2.2", Some(false)),
            ("10.1.2.3/31", "10.1.2.2", Some(true)),
            ("0.0.0.0/0", "203.0.113.9", Some(true)),
            ("10.0.0.0/8", "::ffff:10.0.0.1", Some(true)),
            ("0.0.0.0/0", "::1", Some(false)),
            ("2001:db8::/32", "2001:db8:ffff::1", Some(true)),
            ("2001:db8::/33", "2001:db8:ffff::1", Some(false)),
            ("::/0", "2001:db8::1", Some(true)),
            ("::1", "::1", Some(true)),
            ("::ffff:10.0.0.1", "10.0.0.1", None),
            ("::ffff:10.0.0.0/104", "10.0.0.1", None),
            ("10.0.0.0/33", "10.0.0.0", None),
            ("10.0.0.0/", "10.0.0.0", None),
            ("proxy.example", "10.0.0.0", None),
            ("", "10.0.0.0", None),
        ] {
            assert_eq!(holds(network, address), expected, "{network} {address}");
        }
    }

    #[test]
    fn the_last_element_counts() {
        let address = |lines: &[&str]| {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(FORWARDED_FOR, line.parse().unwrap());
            }
            passed_on_for(&headers).map(|address| address.to_string())
        };
        for (lines, expected) in [
            (&[][..], None),
            (&["192.0.2.1"], Some("192.0.2.1")),
            (&["198.51.100.1, 192.0.2.1"], Some("192.0.2.1")),
            (&["198.51.100.1", "192.0.2.1"], Some("192.0.2.1")),
            (&["192.0.2.1:4711"], Some("192.0.2.1")),
            (&["[2001:db8::1]:4711"], Some("2001:db8::1")),
            (&["[2001:db8::1]"], Some("2001:db8::1")),
            (&["2001:db8::1"], Some("2001:db8::1")),
            (&["::ffff:192.0.2.1"], Some("192.0.2.1")),
            (&["192.0.2.1, unknown"], None),
            (&["192.0.2.1,"], None),
        ] {
            assert_eq!(address(lines).as_deref(), expected, "{lines:?}");
        }
    }
}
