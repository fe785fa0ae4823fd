//! The rules one by one, then all of them over every zone and its transitions.

use jiff::civil::DateTime;
use jiff::tz::AmbiguousOffset;
use jiff::{Timestamp, ToSpan};
use proptest::prelude::*;

use super::*;

fn schedule(start: &str, recurrence: Recurrence, end: End, zone: &str) -> Schedule {
    Schedule::new(start.parse().unwrap(), recurrence, end, zone.parse().unwrap()).unwrap()
}

/// Ticks from `from` on as wall-clock times with their offset.
fn shown(schedule: &Schedule, from: &str, most: usize) -> Vec<String> {
    let show = |tick: Time| {
        let zoned = Timestamp::from_microsecond(tick.0).unwrap().to_zoned(schedule.zone().inner().clone());
        zoned.strftime("%F %H:%M %:z").to_string()
    };
    schedule.upcoming(from.parse().unwrap(), 0).take(most).map(show).collect()
}

fn check(start: &str, recurrence: Recurrence, end: End, zone: &str, from: &str, ticks: &[&str]) {
    let schedule = schedule(start, recurrence, end, zone);
    assert_eq!(shown(&schedule, from, 5), ticks, "{start} {recurrence:?} {end:?} {zone} from {from}");
}

#[test]
fn every_kind() {
    use Recurrence::{Daily, Monthly, Once, Weekly};
    let start = "2026-03-02T06:30:00Z";
    check(start, Once, End::Never, "UTC", start, &["2026-03-02 06:30 +00:00"]);
    check(start, Once, End::Never, "UTC", "2026-03-02T06:30:01Z", &[]);
    let days = ["2026-03-05 06:30 +00:00", "2026-03-06 06:30 +00:00", "2026-03-07 06:30 +00:00"];
    let five = [days[0], days[1], days[2], "2026-03-08 06:30 +00:00", "2026-03-09 06:30 +00:00"];
    check(start, Daily, End::Never, "UTC", "2026-03-04T06:30:00.000001Z", &five);
    check(start, Daily, End::Never, "UTC", "2026-03-05T06:30:00Z", &five);
    let weeks = ["2026-03-02 06:30 +00:00", "2026-03-09 06:30 +00:00", "2026-03-16 06:30 +00:00"];
    check(start, Weekly, End::Occurrences(3), "UTC", "2020-01-01T00:00:00Z", &weeks);
    let months = ["2026-12-02 06:30 +00:00", "2027-01-02 06:30 +00:00"];
    check(start, Monthly, End::Date("2027-01-02".parse().unwrap()), "UTC", "2026-11-03T00:00:00Z", &months);
}

#[test]
fn the_end_date_is_a_day_of_the_zone_and_included() {
    let end = |day: &str| End::Date(day.parse().unwrap());
    // 23:30 in New York is the next day in UTC.
    let start = "2026-01-02T04:30:00Z";
    let two = ["2026-01-01 23:30 -05:00", "2026-01-02 23:30 -05:00"];
    check(start, Recurrence::Daily, end("2026-01-02"), "America/New_York", start, &two);
    check(start, Recurrence::Daily, end("2026-01-02"), "UTC", start, &["2026-01-02 04:30 +00:00"]);
    check(start, Recurrence::Once, end("2026-01-01"), "America/New_York", start, &["2026-01-01 23:30 -05:00"]);
    let before = Schedule::new(start.parse().unwrap(), Recurrence::Daily, end("2026-01-01"), Zone::UTC);
    assert_eq!(before, Err(BadSchedule::EndBeforeStart));
}

#[test]
fn a_month_without_the_day_has_its_last_one_and_nothing_drifts() {
    let leap = ["2024-01-31", "2024-02-29", "2024-03-31", "2024-04-30", "2024-05-31"];
    let leap = leap.map(|day| format!("{day} 10:00 +00:00"));
    let start = "2024-01-31T10:00:00Z";
    check(start, Recurrence::Monthly, End::Never, "UTC", start, &leap.each_ref().map(String::as_str));
    let common = ["2025-02-28 10:00 +00:00", "2025-03-31 10:00 +00:00"];
    let until = End::Date("2025-03-31".parse().unwrap());
    check(start, Recurrence::Monthly, until, "UTC", "2025-02-01T00:00:00Z", &common);
}

#[test]
fn clocks_go_forward_and_back() {
    // Berlin: 02:00 to 03:00 is skipped on 29 March 2026, and comes twice on 25 October.
    let start = "2026-03-27T01:30:00Z";
    let spring = ["2026-03-28 02:30 +01:00", "2026-03-29 03:30 +02:00", "2026-03-30 02:30 +02:00"];
    let end = |day: &str| End::Date(day.parse().unwrap());
    check(start, Recurrence::Daily, end("2026-03-30"), "Europe/Berlin", "2026-03-28T00:00:00Z", &spring);
    let autumn = ["2026-10-24 02:30 +02:00", "2026-10-25 02:30 +02:00", "2026-10-26 02:30 +01:00"];
    check(start, Recurrence::Daily, end("2026-10-26"), "Europe/Berlin", "2026-10-24T00:00:00Z", &autumn);
    // A start in the second of two equal hours is what it is; it is an instant.
    let second = "2026-10-25T01:30:00Z";
    let two = ["2026-10-25 02:30 +01:00", "2026-10-26 02:30 +01:00"];
    check(second, Recurrence::Daily, end("2026-10-26"), "Europe/Berlin", "2026-10-25T00:30:00Z", &two);
    // Lord Howe moves by half an hour.
    let lord_howe = ["2026-10-03 02:15 +10:30", "2026-10-04 02:45 +11:00", "2026-10-05 02:15 +11:00"];
    check("2026-10-02T15:45:00Z", Recurrence::Daily, end("2026-10-05"), "Australia/Lord_Howe", start, &lord_howe);
    // Samoa had no 30 December 2011: its tick moves on by that day and falls on the tick of the 31st. They are one.
    let samoa = ["2011-12-29 10:00 -10:00", "2011-12-31 10:00 +14:00", "2012-01-01 10:00 +14:00"];
    check("2011-12-29T20:00:00Z", Recurrence::Daily, end("2012-01-01"), "Pacific/Apia", "2011-12-01T00:00:00Z", &samoa);
}

#[test]
fn what_is_refused() {
    let new = |start: &str, end| Schedule::new(start.parse().unwrap(), Recurrence::Daily, end, Zone::UTC);
    let start = "2026-03-02T06:30:00Z";
    for (count, good) in [(0, false), (1, true), (999, true), (1000, false), (u32::MAX, false)] {
        assert_eq!(new(start, End::Occurrences(count)).is_ok(), good, "{count}");
    }
    for bad in ["0001-01-01T00:00:00Z", "1899-12-31T23:59:59Z", "9999-01-01T00:00:00Z"] {
        assert_eq!(new(bad, End::Never), Err(BadSchedule::Start), "{bad}");
    }
    let beyond = Schedule::new(Time(i64::MAX), Recurrence::Once, End::Never, Zone::UTC);
    assert_eq!(beyond, Err(BadSchedule::Start));
    for bad in ["", "2026-3-2", "20260302", "2026-02-30", "2026-03-02T00:00:00", "+002026-03-02", " 2026-03-02"] {
        assert_eq!(bad.parse::<Day>(), Err(BadSchedule::Date), "{bad}");
    }
    for bad in ["", "Berlin", "Etc/Unknown", "+01:00", "CET-1CEST", "Europe/Berlin "] {
        assert_eq!(bad.parse::<Zone>(), Err(BadZone), "{bad}");
    }
    assert_eq!("europe/berlin".parse::<Zone>().unwrap().name(), "Europe/Berlin");
    assert_eq!("UTC".parse::<Zone>(), Ok(Zone::UTC));
}

#[test]
fn the_calendar_ends_quietly() {
    let last = schedule("9998-12-31T00:00:00Z", Recurrence::Monthly, End::Never, "Europe/Berlin");
    let ticks = shown(&last, "9999-10-01T00:00:00Z", 5);
    // The last Sunday of October: the clocks have not gone back yet.
    assert_eq!(ticks, ["9999-10-31 01:00 +02:00", "9999-11-30 01:00 +01:00"]);
    assert_eq!(last.tick_from(Time(i64::MAX)), None);
    assert_eq!(last.ticks_between(Time(i64::MIN), Time(i64::MAX)), 0);
}

#[test]
fn kept_as_json_and_checked_when_read() {
    let end = End::Date("2026-12-31".parse().unwrap());
    for (end, text) in
        [(End::Never, r#""never""#), (end, r#"{"date":"2026-12-31"}"#), (End::Occurrences(7), r#"{"occurrences":7}"#)]
    {
        let schedule = schedule("2026-03-02T06:30:00Z", Recurrence::Weekly, end, "Asia/Kathmandu");
        let json =
            format!(r#"{{"start":1772433000000000,"recurrence":"weekly","end":{text},"zone":"Asia/Kathmandu"}}"#);
        assert_eq!(serde_json::to_string(&schedule).unwrap(), json);
        assert_eq!(serde_json::from_str::<Schedule>(&json).unwrap(), schedule);
    }
    let json = r#"{"start":1772433000000000,"recurrence":"weekly","end":{"occurrences":0},"zone":"UTC"}"#;
    assert!(serde_json::from_str::<Schedule>(json).is_err());
}

/// The ticks found day by day, without any reckoning: the plain model of the calendar.
fn plain(schedule: &Schedule, days: i64) -> Vec<Time> {
    let zone = schedule.zone().inner();
    let start = zone.to_datetime(Timestamp::from_microsecond(schedule.start().0).unwrap());
    let mut ticks = vec![schedule.start()];
    for day in 1..=days {
        let wall = start.checked_add(day.days()).unwrap();
        let on = match schedule.recurrence() {
            Recurrence::Once => false,
            Recurrence::Daily => true,
            Recurrence::Weekly => day % 7 == 0,
            Recurrence::Monthly => wall.day() == start.day().min(wall.days_in_month()),
        };
        let over = matches!(schedule.end(), End::Date(last) if wall.date() > last.0);
        if !on || over {
            continue;
        }
        let tick = Time(on_the_wall(zone, wall).as_microsecond());
        if ticks.last() != Some(&tick) {
            ticks.push(tick);
        }
    }
    ticks
}

fn on_the_wall(zone: &jiff::tz::TimeZone, wall: DateTime) -> Timestamp {
    match zone.to_ambiguous_timestamp(wall).offset() {
        AmbiguousOffset::Unambiguous { offset } => offset.to_timestamp(wall).unwrap(),
        AmbiguousOffset::Gap { before, .. } | AmbiguousOffset::Fold { before, .. } => {
            before.to_timestamp(wall).unwrap()
        }
    }
}

/// Every zone, and every time that its clocks are changed in these years: a daily schedule whose time falls into the
/// change keeps all its rules.
#[test]
fn every_transition_of_every_zone() {
    let (from, to): (Timestamp, Timestamp) =
        ("2020-01-01T00:00:00Z".parse().unwrap(), "2031-01-01T00:00:00Z".parse().unwrap());
    let mut transitions = 0;
    for name in Zone::names() {
        let zone: Zone = match name.parse() {
            Ok(zone) => zone,
            // The database's word for "not known", which is no zone.
            Err(BadZone) => {
                assert_eq!(name, "Etc/Unknown");
                continue;
            }
        };
        for transition in zone.inner().following(from).take_while(|transition| transition.timestamp() < to) {
            transitions += 1;
            // Half an hour after the change by the clocks before it and by those after it: one is in the gap, or
            // both are in the fold.
            let change = transition.timestamp();
            let earlier = zone.inner().to_datetime(change - 1.microsecond());
            for wall in [earlier + 30.minutes(), zone.inner().to_datetime(change) + 30.minutes()] {
                let start = zone.time(wall - 72.hours()).unwrap();
                let schedule = Schedule::new(start, Recurrence::Daily, End::Never, zone.clone()).unwrap();
                let ticks: Vec<Time> = schedule.upcoming(start, 0).take(6).collect();
                assert_eq!(ticks, plain(&schedule, 12)[..6], "{name} {wall}");
            }
        }
    }
    assert!(transitions > 2000, "{transitions}");
}

fn any_schedule() -> impl Strategy<Value = Schedule> {
    let zones = Zone::names();
    let parts = (0..zones.len(), 0..4usize, -2_000_000_000i64..4_000_000_000, 0..3usize, 1u32..60, 0i64..900);
    parts.prop_filter_map("a zone", move |(zone, recurrence, start, end, count, days)| {
        let zone: Zone = zones[zone].parse().ok()?;
        let start = Time(start * 1_000_000);
        let last = zone.wall_clock(start)?.date().checked_add(days.days()).ok()?;
        let end = [End::Never, End::Date(Day(last)), End::Occurrences(count)][end];
        Schedule::new(start, Recurrence::ALL[recurrence], end, zone).ok()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Some two years of ticks are those that the plain model finds; they rise, none lies before the start or after
    /// the end, and wherever one begins to look, the next one is found.
    #[test]
    fn ticks_are_those_of_the_plain_model(schedule in any_schedule(), look in -40i64..800 * 24) {
        let days = 760;
        let ticks = plain(&schedule, days);
        let in_end = match schedule.end() {
            End::Never | End::Date(_) => ticks.len(),
            End::Occurrences(count) => ticks.len().min(count as usize),
        };
        let found: Vec<Time> = schedule.upcoming(Time(i64::MIN), 0).take(in_end).collect();
        prop_assert_eq!(&found[..], &ticks[..in_end]);
        prop_assert!(found.is_sorted_by(|a, b| a < b));
        prop_assert_eq!(found[0], schedule.start());
        prop_assert!(found.iter().all(|tick| !schedule.is_over(*tick)));

        let from = schedule.start().plus_seconds(look * 3600);
        let next = ticks.iter().copied().find(|tick| *tick >= from);
        let end_of_plain = schedule.start().plus_seconds((days - 40) * 86_400);
        if next.is_some() || from < end_of_plain {
            prop_assert_eq!(schedule.tick_from(from), next);
        }
        if let Some(next) = next {
            let before = ticks.iter().filter(|tick| **tick < from).count() as u64;
            let counted = schedule.ticks_between(schedule.start(), from);
            // Two ticks that a zone made one are two by number.
            prop_assert!(counted == before || counted == before + 1, "{} {}", counted, before);
            prop_assert_eq!(schedule.tick_from(next), Some(next));
        }
    }

    /// A hundred years on a tick still has its own day and wall-clock time.
    #[test]
    fn no_drift(schedule in any_schedule(), years in 50i64..100) {
        let wall = |time| schedule.zone().wall_clock(time).unwrap();
        let from = schedule.start().plus_seconds(years * 31_556_952);
        let Some(tick) = schedule.tick_from(from) else { return Ok(()) };
        let (start, now) = (wall(schedule.start()), wall(tick));
        match schedule.recurrence() {
            Recurrence::Once => prop_assert!(false, "a tick after the only one"),
            Recurrence::Daily => {}
            Recurrence::Weekly => prop_assert_eq!(now.weekday(), start.weekday()),
            Recurrence::Monthly => prop_assert_eq!(now.day(), start.day().min(now.days_in_month())),
        }
        let off = start.time().until(now.time()).unwrap().total(jiff::Unit::Hour).unwrap().abs();
        prop_assert!(off <= 2.0 || off >= 22.0, "{} h", off);
    }
}
