//! `name=value&name=value` texts: the properties of a user name and the bag at the end of a topic.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

/// The pairs of a bag in their order, names and values percent-decoded (device-protocol §3.1).
///
/// A name without `=` has no value; an empty part between two `&` is skipped. What is no valid escape
/// stays as it is, because Node sends `model-id` without encoding (device-protocol §2.1).
pub fn pairs(text: &str) -> impl Iterator<Item = (Cow<'_, str>, Option<Cow<'_, str>>)> {
    text.split('&').filter(|part| !part.is_empty()).map(|part| match part.split_once('=') {
        Some((name, value)) => (decode(name), Some(decode(value))),
        None => (decode(part), None),
    })
}

/// The value of the first pair called `name`; later ones of that name do not count (device-protocol §2.1).
pub fn first<'a>(text: &'a str, name: &str) -> Option<Cow<'a, str>> {
    pairs(text).find(|(n, _)| n == name).map(|(_, value)| value.unwrap_or_default())
}

/// The value of the first pair called `name`, byte for byte as it was sent: how `$rid` has to be read,
/// for it is echoed unchanged (device-protocol §4).
pub fn raw<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.split('&').find_map(|part| part.strip_prefix(name)?.strip_prefix('='))
}

/// A name or value, percent-decoded.
pub fn decode(text: &str) -> Cow<'_, str> {
    percent_decode_str(text).decode_utf8_lossy()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[(&str, Option<&str>)]) {
        let found: Vec<_> = pairs(text).collect();
        let found: Vec<_> = found.iter().map(|(n, v)| (n.as_ref(), v.as_deref())).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn pairs_of_a_bag() {
        check("", &[]);
        check(
            "%24.ct=application%2Fjson&%24.ce=utf-8&alert=yes",
            &[("$.ct", Some("application/json")), ("$.ce", Some("utf-8")), ("alert", Some("yes"))],
        );
        check("a&b=&&c=d=e", &[("a", None), ("b", Some("")), ("c", Some("d=e"))]);
        check("a=100%&b=%zz", &[("a", Some("100%")), ("b", Some("%zz"))]);
        check("a=b+c", &[("a", Some("b+c"))]);
    }

    #[test]
    fn first_wins_and_raw_is_raw() {
        assert_eq!(first("a=1&a=2", "a").as_deref(), Some("1"));
        assert_eq!(first("a=1", "b"), None);
        assert_eq!(raw("$rid=a%20b&$version=4", "$rid"), Some("a%20b"));
        assert_eq!(raw("$rid=a%20b&$version=4", "$version"), Some("4"));
        assert_eq!(raw("$ridx=1", "$rid"), None);
        assert_eq!(raw("$rid", "$rid"), None);
    }
}
