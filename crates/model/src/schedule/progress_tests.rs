//! What is done when, in the situations that the module names, and over random ones against plain bookkeeping.

use proptest::prelude::*;

use super::progress::SKIPS_KEPT;
use super::*;

const START: &str = "2026-03-02T06:00:00Z";

fn at(text: &str) -> Time {
    format!("2026-{text}:00Z").parse().unwrap()
}

fn schedule(recurrence: Recurrence, end: End) -> Schedule {
    Schedule::new(START.parse().unwrap(), recurrence, end, Zone::UTC).unwrap()
}

fn until(day: &str) -> End {
    End::Date(day.parse().unwrap())
}

/// Takes the steps at these times (`!`: while a run is active); what each did.
fn take(schedule: &Schedule, progress: &mut Progress, times: &[&str]) -> Vec<String> {
    let short = |time: Time| time.to_string()[5..16].to_owned();
    let one = |text: &&str| {
        let (text, active) = text.strip_suffix('!').map_or((*text, false), |text| (text, true));
        match progress.step(schedule, at(text), active) {
            Step::Wait(None) => "rest".to_owned(),
            Step::Wait(Some(time)) => format!("wait {}", short(time)),
            Step::Run { number, tick, after } => {
                *progress = after;
                format!("run {number} of {}{}", short(tick), if progress.completed { ", the last" } else { "" })
            }
            Step::Skip(after) => {
                *progress = after;
                format!("skip, {} in all", progress.skipped)
            }
            Step::Complete(after) => {
                *progress = after;
                format!("complete, {} skipped", progress.skipped)
            }
        }
    };
    times.iter().map(one).collect()
}

fn check(recurrence: Recurrence, end: End, made: &str, times: &[&str], done: &[&str]) -> Progress {
    let schedule = schedule(recurrence, end);
    let mut progress = Progress::begin(&schedule, at(made));
    assert_eq!(take(&schedule, &mut progress, times), done, "{recurrence:?} {end:?} made {made}");
    progress
}

#[test]
fn one_time() {
    use Recurrence::Once;
    let times = ["03-02T05:59", "03-02T06:00", "03-02T06:00", "03-09T06:00"];
    let done = ["wait 03-02T06:00", "run 1 of 03-02T06:00, the last", "rest", "rest"];
    check(Once, End::Never, "02-01T00:00", &times, &done);
    // Its start has passed when it is made: at once.
    let done = ["run 1 of 03-02T06:00, the last", "rest"];
    check(Once, End::Occurrences(5), "06-01T00:00", &["06-01T00:00", "06-02T00:00"], &done);
    // The server was down when it should have run, and until after its last day.
    let progress = check(Once, until("2026-03-02"), "02-01T00:00", &["03-03T00:00"], &["complete, 1 skipped"]);
    assert_eq!(progress.skips[0].reason, SkipReason::MissedTheEnd);
    check(Once, until("2026-03-02"), "02-01T00:00", &["03-02T23:59"], &["run 1 of 03-02T06:00, the last"]);
    // It has no other tick than the one that is skipped.
    check(Once, End::Never, "02-01T00:00", &["03-02T06:00!", "03-02T06:01"], &["skip, 1 in all", "rest"]);
}

#[test]
fn every_tick_has_one_run() {
    let times = ["03-02T06:00", "03-02T06:00", "03-03T05:59", "03-03T06:00", "03-04T06:03", "03-04T06:04"];
    let done = [
        "run 1 of 03-02T06:00",
        "wait 03-03T06:00",
        "wait 03-03T06:00",
        "run 2 of 03-03T06:00",
        "run 3 of 03-04T06:00",
        "wait 03-05T06:00",
    ];
    check(Recurrence::Daily, End::Never, "03-02T06:00", &times, &done);
}

#[test]
fn a_start_that_has_passed_waits_for_the_next_tick() {
    let times = ["03-10T12:00", "03-11T06:00"];
    check(
        Recurrence::Daily,
        End::Occurrences(1),
        "03-10T12:00",
        &times,
        &["wait 03-11T06:00", "run 1 of 03-11T06:00, the last"],
    );
    let weekly = check(Recurrence::Weekly, End::Never, "03-10T12:00", &["03-15T00:00"], &["wait 03-16T06:00"]);
    assert_eq!((weekly.skipped, weekly.runs), (0, 0));
    // The last day is over before anything could run.
    let over = check(Recurrence::Daily, until("2026-03-10"), "03-10T12:00", &["03-11T06:00"], &["rest"]);
    assert!(over.completed);
}

#[test]
fn downtime_is_made_up_for_by_one_run() {
    let times = ["03-02T06:00", "03-07T13:00", "03-07T13:01", "03-08T06:00"];
    let done = ["run 1 of 03-02T06:00", "run 2 of 03-03T06:00", "wait 03-08T06:00", "run 3 of 03-08T06:00"];
    let progress = check(Recurrence::Daily, End::Occurrences(4), "03-01T00:00", &times, &done);
    assert_eq!(progress.skips, [Skip { tick: at("03-03T06:00"), ticks: 4, reason: SkipReason::Missed }]);
    // Never after the end date.
    let times = ["03-02T06:00", "03-07T13:00", "03-08T06:00"];
    let done = ["run 1 of 03-02T06:00", "complete, 3 skipped", "rest"];
    let progress = check(Recurrence::Daily, until("2026-03-05"), "03-01T00:00", &times, &done);
    assert_eq!(progress.skips, [Skip { tick: at("03-03T06:00"), ticks: 3, reason: SkipReason::MissedTheEnd }]);
    // On the last day itself it is.
    check(Recurrence::Daily, until("2026-03-05"), "03-01T00:00", &["03-05T23:00"], &["run 1 of 03-02T06:00, the last"]);
}

#[test]
fn a_run_that_is_still_active_skips_the_tick() {
    let times = ["03-02T06:00", "03-02T07:00!", "03-03T06:00!", "03-04T06:00!", "03-04T09:00", "03-05T06:00"];
    let done = [
        "run 1 of 03-02T06:00",
        "wait 03-03T06:00",
        "skip, 1 in all",
        "skip, 2 in all",
        "wait 03-05T06:00",
        "run 2 of 03-05T06:00, the last",
    ];
    let progress = check(Recurrence::Daily, End::Occurrences(2), "03-01T00:00", &times, &done);
    let skip = |tick| Skip { tick: at(tick), ticks: 1, reason: SkipReason::StillActive };
    assert_eq!(progress.skips, [skip("03-03T06:00"), skip("03-04T06:00")]);
    // The last tick of all may be one.
    let times = ["03-02T06:00", "03-03T06:00!", "03-04T06:00"];
    check(
        Recurrence::Daily,
        until("2026-03-03"),
        "03-01T00:00",
        &times,
        &["run 1 of 03-02T06:00", "skip, 1 in all", "rest"],
    );
}

#[test]
fn few_skips_are_kept() {
    let schedule = schedule(Recurrence::Daily, End::Never);
    let mut progress = Progress::begin(&schedule, at("03-01T00:00"));
    for day in 0..50 {
        let Step::Skip(after) = progress.step(&schedule, schedule.start().plus_seconds(day * 86_400), true) else {
            panic!("{day}")
        };
        progress = after;
    }
    assert_eq!((progress.skipped, progress.skips.len()), (50, SKIPS_KEPT));
    assert_eq!(progress.skips[SKIPS_KEPT - 1].tick, schedule.start().plus_seconds(49 * 86_400));
}

#[test]
fn what_a_change_does() {
    let three = schedule(Recurrence::Daily, End::Occurrences(3));
    let mut progress = Progress::begin(&three, at("03-01T00:00"));
    take(&three, &mut progress, &["03-02T06:00", "03-03T06:00"]);
    let now = at("03-10T12:00");

    // Another end alone keeps the count; what was used up is.
    for (end, next) in [(End::Occurrences(2), None), (End::Occurrences(4), Some("03-04T06:00"))] {
        let changed = progress.changed(&three, &schedule(Recurrence::Daily, end), false, now);
        assert_eq!(changed.next(&schedule(Recurrence::Daily, end)), next.map(at), "{end:?}");
        assert_eq!(changed.completed, next.is_none());
    }
    // A tick that is due is still due after a change of nothing, but not when the definition was disabled then.
    assert_eq!(progress.changed(&three, &three, false, now), progress);
    assert_eq!(progress.changed(&three, &three, true, now).next(&three), Some(at("03-11T06:00")));
    // One that had ended goes on from now.
    take(&three, &mut progress, &["03-04T06:00"]);
    assert!(progress.completed);
    let five = schedule(Recurrence::Daily, End::Occurrences(5));
    let mut longer = progress.changed(&three, &five, false, now);
    let done = ["run 4 of 03-11T06:00", "run 5 of 03-12T06:00, the last"];
    assert_eq!(take(&five, &mut longer, &["03-11T06:00", "03-12T06:00"]), done);
    // Another recurrence is another series; the runs' numbers go on.
    let weekly = schedule(Recurrence::Weekly, End::Occurrences(1));
    let mut other = progress.changed(&three, &weekly, false, now);
    assert_eq!(take(&weekly, &mut other, &["03-16T06:00"]), ["run 4 of 03-16T06:00, the last"]);
    // A one-time schedule runs once, also when it is stored again as it is.
    let once = schedule(Recurrence::Once, End::Never);
    let mut ran = Progress::begin(&once, at("03-01T00:00"));
    take(&once, &mut ran, &["03-02T06:00"]);
    assert_eq!(ran.changed(&once, &once, true, now).next(&once), None);
}

#[test]
fn previews() {
    let preview = |recurrence, end, made: &str| {
        let schedule = schedule(recurrence, end);
        Progress::begin(&schedule, at(made)).upcoming(&schedule).take(5).collect::<Vec<_>>()
    };
    assert_eq!(preview(Recurrence::Once, End::Never, "04-01T00:00"), [START.parse().unwrap()]);
    let two = [at("03-09T06:00"), at("03-16T06:00")];
    assert_eq!(preview(Recurrence::Weekly, End::Occurrences(2), "03-03T00:00"), two);
    assert_eq!(preview(Recurrence::Weekly, until("2026-03-16"), "03-03T00:00"), two);
    assert_eq!(preview(Recurrence::Daily, End::Never, "03-03T00:00").len(), 5);
}

fn end() -> impl Strategy<Value = End> {
    prop_oneof![
        Just(End::Never),
        (1u32..12).prop_map(End::Occurrences),
        (0i64..400).prop_map(|days| {
            let last: Time = START.parse::<Time>().unwrap().plus_seconds(days * 86_400);
            End::Date(last.to_string()[..10].parse().unwrap())
        }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// Looked at whenever: each tick is run, or skipped and counted, exactly once; runs rise and stay within what the
    /// schedule allows.
    #[test]
    fn each_tick_is_dealt_with_once(
        recurrence in 1..4usize,
        end in end(),
        made in -100_000i64..10_000_000,
        looks in proptest::collection::vec((1i64..3_000_000, any::<bool>()), 1..40),
    ) {
        let schedule = schedule(Recurrence::ALL[recurrence], end);
        let made = schedule.start().plus_seconds(made);
        let mut progress = Progress::begin(&schedule, made);
        let (mut now, mut runs, mut last) = (made, 0, None);
        for (seconds, active) in looks {
            now = now.plus_seconds(seconds);
            match progress.step(&schedule, now, active) {
                Step::Wait(None) => prop_assert!(progress.completed),
                Step::Wait(Some(next)) => prop_assert!(next > now),
                Step::Run { number, tick, after } => {
                    runs += 1;
                    prop_assert!(!active && number == runs && Some(tick) > last);
                    prop_assert!(tick >= made && tick >= schedule.start() && tick <= now && !schedule.is_over(now));
                    (last, progress) = (Some(now), after);
                }
                Step::Skip(after) => {
                    prop_assert!(active);
                    (last, progress) = (Some(now), after);
                }
                Step::Complete(after) => {
                    prop_assert!(after.completed);
                    progress = after;
                }
            }
            // The same moment asks for nothing more.
            let again = progress.step(&schedule, now, false);
            prop_assert!(matches!(again, Step::Wait(_)), "{:?}", again);
            if let End::Occurrences(most) = end {
                prop_assert!(runs <= u64::from(most));
            } else {
                prop_assert_eq!(runs + progress.skipped, schedule.ticks_between(made, now.next()));
            }
        }
    }
}
