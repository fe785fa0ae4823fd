//! Dates, times and durations as text (RFC 3339, ISO 8601). Stricter than what a calendar library reads for
//! convenience: a device gets the text as it stands.

use jiff::civil::Date;
use jiff::fmt::temporal::SpanParser;

/// `YYYY-MM-DD`, a day that there is.
pub(super) fn is_date(text: &str) -> bool {
    let bytes = text.as_bytes();
    if bytes.len() != 10 || bytes[4] != b'-' || bytes[7] != b'-' {
        return false;
    }
    match (digits(bytes, 0, 4), digits(bytes, 5, 2), digits(bytes, 8, 2)) {
        (Some(year), Some(month), Some(day)) => Date::new(year as i16, month as i8, day as i8).is_ok(),
        _ => false,
    }
}

/// `HH:MM:SS`, any fraction, `Z` or an offset or nothing.
pub(super) fn is_time(text: &str) -> bool {
    let bytes = text.as_bytes();
    let field = |at: usize, max: u32| digits(bytes, at, 2).is_some_and(|value| value <= max);
    let colon = |at: usize| bytes.get(at) == Some(&b':');
    // 60: a leap second.
    if !(field(0, 23) && colon(2) && field(3, 59) && colon(5) && field(6, 60)) {
        return false;
    }
    let mut at = 8;
    if bytes.get(at) == Some(&b'.') {
        let fraction = bytes[at + 1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        if fraction == 0 {
            return false;
        }
        at += 1 + fraction;
    }
    match bytes.get(at) {
        None => true,
        Some(b'Z' | b'z') => bytes.len() == at + 1,
        Some(b'+' | b'-') => bytes.len() == at + 6 && field(at + 1, 23) && colon(at + 3) && field(at + 4, 59),
        Some(_) => false,
    }
}

/// A date, `T`, a time.
pub(super) fn is_date_time(text: &str) -> bool {
    text.split_once(['T', 't']).is_some_and(|(date, time)| is_date(date) && is_time(time))
}

/// `P…`, with a sign or without.
pub(super) fn is_duration(text: &str) -> bool {
    text.trim_start_matches(['+', '-']).starts_with(['P', 'p']) && SpanParser::new().parse_span(text).is_ok()
}

fn digits(bytes: &[u8], at: usize, count: usize) -> Option<u32> {
    let digits = bytes.get(at..at + count)?;
    digits.iter().try_fold(0, |value, byte| byte.is_ascii_digit().then(|| value * 10 + u32::from(byte - b'0')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_a_date_a_time_a_duration() {
        for (is, right, wrong) in [
            (
                is_date as fn(&str) -> bool,
                &["2026-02-28", "2024-02-29"][..],
                &["2026-02-29", "2026-2-3", "", "2026-02-28T00:00:00Z", "+026-01-01", "2026_01_01"][..],
            ),
            (
                is_time,
                &["00:00:00", "23:59:60Z", "12:30:00.123456789+02:00", "01:02:03.5"],
                &["24:00:00", "12:00", "12:00:00.", "12:00:00+2", "12:00:00Zx", "12-00-00", "ää"],
            ),
            (
                is_date_time,
                &["2021-06-15T05:00:00.000Z", "2021-06-15T05:00:00", "2021-06-15t05:00:00-11:30"],
                &["2021-06-15", "2021-06-15 05:00:00", "2021-06-31T05:00:00Z", "T", ""],
            ),
            (is_duration, &["PT5M", "P1DT2H", "-P1W", "PT0.5S"], &["5 minutes", "", "P", "PT", "1h", "PT5"]),
        ] {
            for text in right {
                assert!(is(text), "{text}");
            }
            for text in wrong {
                assert!(!is(text), "{text}");
            }
        }
    }
}
