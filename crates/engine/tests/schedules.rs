//! Scheduled jobs over days and years: when they run, what they do when they cannot, and who may change them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod scheduling;
mod simulation;

use std::time::Duration;

use bellwether_engine::{ScheduledJobError, Settings};
use bellwether_model::Time;
use bellwether_model::access::Role;
use bellwether_model::identity::IfMatch;
use bellwether_model::job::JobState;
use bellwether_model::organization::Organization;
use bellwether_model::schedule::{End, Recurrence, SkipReason};
use scheduling::{Bed, DAY, definition, hours};

/// A moment after each tick of `days` days, the program runs all the time.
fn live(bed: &mut Bed, days: u32) {
    bed.sim.advance(DAY * days);
}

#[test]
fn daily_in_the_wall_clock_time_of_a_zone() {
    let mut bed = Bed::new(Settings::default());
    let mut daily = definition("2026-03-27T01:30:00Z", Recurrence::Daily, End::Never, "Europe/Berlin");
    daily.display_name = Some("Night".to_owned());
    bed.put("night", daily).unwrap();
    live(&mut bed, 30);
    let runs = bed.runs("night");
    let expected = [
        "Night - 1 2026-03-27T01:30",
        "Night - 2 2026-03-28T01:30",
        // 02:30 was skipped by the clocks.
        "Night - 3 2026-03-29T01:30",
        "Night - 4 2026-03-30T00:30",
        "Night - 5 2026-03-31T00:30",
    ];
    assert_eq!(runs, expected);
    let stored = bed.get("night").unwrap().record;
    assert_eq!((stored.progress.runs, stored.progress.skipped), (5, 0));
    assert_eq!(stored.next(), Some("2026-04-01T00:30:00Z".parse().unwrap()));
}

#[test]
fn monthly_over_years_with_a_program_that_is_off_most_of_the_time() {
    let mut bed = Bed::new(Settings { history_days: None, ..Settings::default() });
    let until = End::Date("2029-02-28".parse().unwrap());
    bed.put("m", definition("2026-03-31T06:00:00Z", Recurrence::Monthly, until, "UTC")).unwrap();
    // The program is on for an hour around each end of a month.
    for month in 0..40 {
        let last: Time = month_end(2026 + month / 12, month % 12);
        bed.sleep_until(last.plus_seconds(5 * 3600 + 1800));
        bed.sim.advance(hours(1));
    }
    let runs = bed.runs("m");
    assert_eq!(runs.len(), 36);
    assert_eq!(
        [&runs[0], &runs[11], &runs[35]],
        ["m - 1 2026-03-31T06:00", "m - 12 2027-02-28T06:00", "m - 36 2029-02-28T06:00"]
    );
    assert_eq!(runs[23], "m - 24 2028-02-29T06:00");
    assert!(bed.get("m").unwrap().record.progress.completed);
}

/// Midnight of a month's last day; `month` counts from 0 for March.
fn month_end(year: i32, month: i32) -> Time {
    let (year, next) = if month >= 9 { (year + 1, month - 9 + 2) } else { (year, month + 4) };
    let (year, next) = if next > 12 { (year + 1, next - 12) } else { (year, next) };
    format!("{year}-{next:02}-01T00:00:00Z").parse::<Time>().unwrap().plus_seconds(-86_400)
}

#[test]
fn one_time_runs_at_once_when_its_start_has_passed() {
    let bed = Bed::new(Settings::default());
    let stored = bed.put("once", definition("2025-01-01T00:00:00Z", Recurrence::Once, End::Never, "UTC")).unwrap();
    assert!(!stored.record.progress.completed);
    bed.sim.advance(hours(1));
    assert_eq!(bed.runs("once"), ["once - 1 2026-03-01T02:00"]);
    assert!(bed.get("once").unwrap().record.progress.completed);
    // Stored again as it is, it does not run again; with another start it does.
    bed.put("once", definition("2025-01-01T00:00:00Z", Recurrence::Once, End::Never, "UTC")).unwrap();
    bed.sim.advance(hours(1));
    bed.put("once", definition("2026-03-01T12:00:00Z", Recurrence::Once, End::Never, "UTC")).unwrap();
    bed.sim.advance(hours(24));
    assert_eq!(bed.runs("once"), ["once - 1 2026-03-01T02:00", "once - 2 2026-03-01T12:00"]);
}

#[test]
fn days_of_downtime_are_made_up_for_by_one_run() {
    let mut bed = Bed::new(Settings::default());
    bed.put("d", definition("2026-03-02T06:00:00Z", Recurrence::Daily, End::Never, "UTC")).unwrap();
    let until = End::Date("2026-03-04".parse().unwrap());
    bed.put("ends", definition("2026-03-02T06:00:00Z", Recurrence::Daily, until, "UTC")).unwrap();
    bed.sim.advance(DAY + hours(5));
    bed.sleep_until("2026-03-09T13:00:00Z".parse().unwrap());
    bed.sim.advance(DAY);
    assert_eq!(bed.runs("d"), ["d - 1 2026-03-02T06:00", "d - 2 2026-03-09T13:00", "d - 3 2026-03-10T06:00"]);
    let progress = bed.get("d").unwrap().record.progress;
    assert_eq!((progress.skipped, progress.skips[0].reason), (6, SkipReason::Missed));
    assert_eq!(bed.runs("ends"), ["ends - 1 2026-03-02T06:00"]);
    let progress = bed.get("ends").unwrap().record.progress;
    assert_eq!((progress.completed, progress.skipped, progress.skips[0].reason), (true, 2, SkipReason::MissedTheEnd));
}

#[test]
fn while_a_run_is_active_ticks_are_skipped_and_changes_refused() {
    // Nothing gets a turn, so that a run stays queued.
    let mut bed = Bed::new(Settings { jobs_at_once: Some(0), ..Settings::default() });
    let daily = || definition("2026-03-02T06:00:00Z", Recurrence::Daily, End::Occurrences(2), "UTC");
    bed.put("d", daily()).unwrap();
    bed.sim.advance(DAY * 4);
    assert_eq!(bed.runs("d"), ["d - 1 2026-03-02T06:00"]);
    let progress = bed.get("d").unwrap().record.progress;
    assert_eq!((progress.skipped, progress.skips[0].reason), (2, SkipReason::StillActive));
    assert!(matches!(bed.put("d", daily()), Err(ScheduledJobError::RunActive)));
    assert!(matches!(bed.patch("d", IfMatch::Any, |_| {}), Err(ScheduledJobError::RunActive)));
    // A restart changes nothing of it.
    bed.sleep_until("2026-03-06T05:00:00Z".parse().unwrap());
    bed.sim.advance(hours(2));
    assert_eq!(bed.get("d").unwrap().record.progress.skipped, 4);

    let run = bed.jobs("d").remove(0).spec.id;
    bed.sim.block_on(bed.sim.engine().cancel_job(run.as_str())).unwrap();
    bed.patch("d", IfMatch::Any, |definition| definition.description = Some("x".to_owned())).unwrap();
    bed.sim.advance(DAY);
    assert_eq!(bed.runs("d"), ["d - 1 2026-03-02T06:00", "d - 2 2026-03-07T06:00"]);
    assert_eq!(bed.jobs("d")[1].spec.central().unwrap().description.as_deref(), Some("x"));
    assert!(bed.get("d").unwrap().record.progress.completed);
}

#[test]
fn a_stopped_run_is_not_active() {
    let bed = Bed::new(Settings { jobs_at_once: Some(0), ..Settings::default() });
    bed.put("d", definition("2026-03-02T06:00:00Z", Recurrence::Daily, End::Never, "UTC")).unwrap();
    bed.sim.advance(DAY + hours(5));
    let run = bed.jobs("d").remove(0).spec.id;
    bed.sim.block_on(bed.sim.engine().stop_job(run.as_str())).unwrap();
    bed.patch("d", IfMatch::Any, |_| {}).unwrap();
    bed.sim.advance(DAY);
    assert_eq!(bed.runs("d"), ["d - 1 2026-03-02T06:00", "d - 2 2026-03-03T06:00"]);
}

#[test]
fn a_disabled_one_does_nothing_and_its_ticks_do_not_come_later() {
    let bed = Bed::new(Settings::default());
    let mut daily = definition("2026-03-02T06:00:00Z", Recurrence::Daily, End::Never, "UTC");
    daily.enabled = false;
    bed.put("d", daily).unwrap();
    bed.sim.advance(DAY * 3);
    bed.patch("d", IfMatch::Any, |definition| definition.enabled = true).unwrap();
    bed.sim.advance(hours(3));
    assert!(bed.runs("d").is_empty());
    bed.sim.advance(DAY);
    assert_eq!(bed.runs("d"), ["d - 1 2026-03-04T06:00"]);
}

#[test]
fn without_an_owner_who_may_the_run_fails_as_such_and_says_so() {
    let bed = Bed::new(Settings::default());
    bed.token("short", &[(Role::Operator, None)], "2026-03-03T00:00:00Z");
    bed.token("eu", &[(Role::OrgOperator, Some("eu"))], "2099-01-01T00:00:00Z");
    let daily = |group: &str| {
        let mut daily = definition("2026-03-02T06:00:00Z", Recurrence::Daily, End::Never, "UTC");
        daily.group = group.to_owned();
        daily
    };
    bed.put_as("short", "a", daily("g")).unwrap();
    bed.put_as("eu", "b", daily("g-eu")).unwrap();
    bed.put_as("ops", "c", daily("g-gone")).unwrap();
    assert_eq!(bed.get("b").unwrap().record.definition.organization.as_deref(), Some("eu"));
    bed.sim.advance(DAY + hours(10));
    // The token ends, the role moves, the group goes.
    bed.token("eu", &[(Role::OrgViewer, Some("eu")), (Role::OrgOperator, Some("us"))], "2099-01-01T00:00:00Z");
    bed.remove_group("g-gone");
    bed.sim.advance(DAY);
    for (id, reason) in [
        ("a", "the owner of the scheduled job, token:short, is gone"),
        ("b", "the owner of the scheduled job, token:eu, may no longer run it"),
        ("c", "group is no device group"),
    ] {
        let runs = bed.jobs(id);
        let (first, second) = (&runs[0], &runs[1]);
        assert!(first.failure.as_ref().is_none_or(|failure| !failure.starts_with(reason)), "{id}: {first:?}");
        let failure = second.failure.clone().unwrap_or_default();
        assert!(second.state == JobState::Failed && failure.starts_with(reason), "{id}: {failure}");
        let last = bed.get(id).unwrap().record.last_run.unwrap();
        assert_eq!((last.failure, last.job), (Some(failure), second.spec.id.clone()));
    }
    // Whoever changes it owns it.
    bed.patch_as("ops", "a", IfMatch::Any, |_| {}).unwrap();
    bed.sim.advance(DAY);
    let third = bed.jobs("a").remove(2);
    assert_eq!(third.spec.owner, "token:ops");
    assert_eq!(bed.get("a").unwrap().record.progress.runs, 3);
    assert!(third.failure.is_none_or(|failure| !failure.contains("owner")));
}

#[test]
fn the_rules_of_storing() {
    let bed = Bed::new(Settings::default());
    bed.token("eu", &[(Role::OrgOperator, Some("eu"))], "2099-01-01T00:00:00Z");
    bed.token("viewer", &[(Role::OrgViewer, Some("eu"))], "2099-01-01T00:00:00Z");
    let weekly = || definition("2026-06-01T00:00:00Z", Recurrence::Weekly, End::Never, "UTC");
    let invalid = |result: Result<_, ScheduledJobError>| match result {
        Err(ScheduledJobError::Invalid(text)) => text,
        other => panic!("{other:?}"),
    };
    let with = |change: &dyn Fn(&mut bellwether_model::schedule::Definition)| {
        let mut definition = weekly();
        change(&mut definition);
        definition
    };
    let no_group = bed.put("s", with(&|d| d.group = "nowhere".to_owned()));
    assert_eq!(invalid(no_group), "group is no device group that you can see");
    // The root's group is not theirs, nor is another organization.
    assert!(invalid(bed.put_as("eu", "s", weekly())).starts_with("group "));
    let foreign = with(&|d| (d.group, d.organization) = ("g-eu".to_owned(), Some("us".to_owned())));
    assert!(invalid(bed.put_as("eu", "s", foreign)).starts_with("organizations "));
    assert!(invalid(bed.put_as("viewer", "s", with(&|d| d.group = "g-eu".to_owned()))).starts_with("group "));
    assert!(invalid(bed.put("s", with(&|d| d.data = Vec::new()))).starts_with("data: "));
    assert_eq!(bed.get("s"), None);

    let first = bed.put("s", weekly()).unwrap();
    let missing = bed.patch("t", IfMatch::Any, |_| {});
    assert!(matches!(missing, Err(ScheduledJobError::NotFound)));
    for result in [bed.patch_as("eu", "s", IfMatch::Any, |_| {}), bed.put_as("eu", "s", weekly())] {
        assert!(matches!(result, Err(ScheduledJobError::NotFound)), "{result:?}");
    }
    assert!(matches!(bed.delete_as("eu", "s", IfMatch::Any), Err(ScheduledJobError::NotFound)));
    let second = bed.patch("s", IfMatch::OneOf(vec![first.etag_text()]), |d| d.enabled = false).unwrap();
    assert_ne!(first.etag_text(), second.etag_text());
    let stale = bed.patch("s", IfMatch::OneOf(vec![first.etag_text()]), |_| {});
    assert!(matches!(stale, Err(ScheduledJobError::EtagMismatch(_))));
    assert!(matches!(
        bed.delete_as("ops", "s", IfMatch::OneOf(vec![first.etag_text()])),
        Err(ScheduledJobError::EtagMismatch(_))
    ));
    bed.delete_as("ops", "s", IfMatch::OneOf(vec![second.etag_text()])).unwrap();
    assert!(matches!(bed.delete_as("ops", "s", IfMatch::Any), Err(ScheduledJobError::NotFound)));
}

#[test]
fn runs_outlive_their_definition() {
    let bed = Bed::new(Settings::default());
    bed.put("d", definition("2026-03-02T06:00:00Z", Recurrence::Daily, End::Never, "UTC")).unwrap();
    bed.sim.advance(DAY * 2 + hours(5));
    bed.delete_as("ops", "d", IfMatch::Any).unwrap();
    bed.sim.advance(DAY * 2);
    assert_eq!(bed.runs("d"), ["d - 1 2026-03-02T06:00", "d - 2 2026-03-03T06:00"]);
}

#[test]
fn an_organization_that_is_gone_fails_the_run() {
    let bed = Bed::new(Settings::default());
    let mut daily = definition("2026-03-02T06:00:00Z", Recurrence::Daily, End::Never, "UTC");
    daily.organization = Some("us".to_owned());
    bed.put("d", daily).unwrap();
    bed.change(|records| records.delete::<Organization>("us").map(|_| ()));
    bed.sim.advance(DAY + Duration::from_secs(5 * 3600));
    let failure = bed.jobs("d").remove(0).failure.unwrap();
    assert!(failure.starts_with("organizations "), "{failure}");
}
