//! From where passwords were tried lately, in memory.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};

use bellwether_model::Time;
use bellwether_model::guesses::{Guesses, TooManyGuesses};
use parking_lot::Mutex;

/// Most that are remembered.
const REMEMBERED_MAX: usize = 10_000;

/// Where a try comes from: an address; of IPv6 the network of 64 bits, for one customer has all of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Origin(IpAddr);

/// The origin of what comes from an address.
pub(crate) fn origin(address: IpAddr) -> Origin {
    let network = |v6: Ipv6Addr| Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64);
    Origin(match address.to_canonical() {
        IpAddr::V4(v4) => IpAddr::V4(v4),
        IpAddr::V6(v6) => IpAddr::V6(network(v6)),
    })
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// See the module's text.
#[derive(Default)]
pub(crate) struct GuessBook(Mutex<HashMap<Origin, Guesses>>);

impl GuessBook {
    /// Counts a try.
    ///
    /// # Errors
    /// Nothing may be tried from there now.
    pub fn take(&self, origin: &Origin, now: Time) -> Result<(), TooManyGuesses> {
        let mut book = self.0.lock();
        if let Some(guesses) = book.get_mut(origin) {
            return guesses.take(now);
        }
        if book.len() >= REMEMBERED_MAX {
            book.retain(|_, guesses| !guesses.is_forgotten(now));
        }
        if book.len() >= REMEMBERED_MAX {
            // The one with the fewest tries has the least to lose.
            let least = book.iter().min_by_key(|(_, guesses)| (guesses.tries, guesses.since)).map(|(key, _)| *key);
            least.and_then(|key| book.remove(&key));
        }
        book.entry(*origin).or_default().take(now)
    }

    /// The last try from there was right.
    pub fn take_back(&self, origin: &Origin) {
        if let Some(guesses) = self.0.lock().get_mut(origin) {
            guesses.take_back();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Time = Time(1_700_000_000_000_000);

    fn at(text: &str) -> Origin {
        origin(text.parse().unwrap())
    }

    #[test]
    fn addresses() {
        assert_eq!(at("2001:db8:1:2:3::4"), at("2001:db8:1:2:ffff::"));
        assert_ne!(at("2001:db8:1:2::1"), at("2001:db8:1:3::1"));
        assert_eq!(at("::ffff:192.0.2.1"), at("192.0.2.1"));
        assert_ne!(at("192.0.2.1"), at("192.0.2.2"));
    }

    #[test]
    fn one_is_closed_and_others_are_not() {
        let book = GuessBook::default();
        let tries = (0..20).filter(|_| book.take(&at("192.0.2.1"), NOW).is_ok()).count();
        assert_eq!(tries, 10);
        assert!(book.take(&at("192.0.2.2"), NOW).is_ok());
    }

    #[test]
    fn the_book_has_an_end() {
        let book = GuessBook::default();
        for _ in 0..10 {
            book.take(&at("192.0.2.1"), NOW).unwrap();
        }
        for n in 0..REMEMBERED_MAX + 10 {
            book.take(&Origin(IpAddr::V4(std::net::Ipv4Addr::from_bits(n as u32))), NOW).unwrap();
        }
        assert_eq!(book.0.lock().len(), REMEMBERED_MAX);
        assert!(book.take(&at("192.0.2.1"), NOW).is_err());
    }
}
