//! Live updates: what happened to a job since an event.

use super::*;

impl Bed {
    async fn moves(&self, job: JobKey, after: u64) -> (u64, bool, Option<Vec<(u64, u64)>>) {
        let moves = self.store.job_moves(job, after).await.unwrap().unwrap();
        assert_eq!(moves.time, if moves.last == 0 { moves.job.created } else { NOW });
        (moves.last, moves.is_whole, moves.touched)
    }
}

#[tokio::test]
async fn events_name_the_places_that_they_touched() {
    let bed = Bed::new(Mode::Inline);
    let mut all = Vec::new();
    for n in 0..1300 {
        all.push(bed.device(&format!("d{n}")).await);
    }
    let job = bed.running_job("j", method()).await;
    // The list is new: all of it.
    assert_eq!(bed.moves(job, 0).await, (1, true, None));
    assert_eq!(bed.moves(job, 1).await, (1, true, Some(vec![])));
    bed.begin(job, &all[10..20]).await;
    bed.begin(job, &[all[999], all[1000], all[20], all[5]]).await;
    bed.record(job, vec![answered(all[12], "1"), answered(all[5], "1")]).await;
    assert_eq!(bed.moves(job, 1).await, (4, true, Some(vec![(5, 5), (10, 20), (999, 1000)])));
    assert_eq!(bed.moves(job, 3).await, (4, true, Some(vec![(5, 5), (12, 12)])));
    assert_eq!(bed.moves(job, 4).await, (4, true, Some(vec![])));
    // Never told by this job: a database that was put back.
    assert_eq!(bed.moves(job, 5).await, (4, false, None));
    assert_eq!(bed.moves(job, u64::MAX).await, (4, false, None));
    // A stop touches no device, a cancel all that were pending.
    bed.store.stop_job("j", NOW).await.unwrap();
    assert_eq!(bed.moves(job, 4).await, (5, true, Some(vec![])));
    bed.store.cancel_job("j", NOW).await.unwrap();
    assert_eq!(bed.moves(job, 5).await, (6, true, None));
    bed.record(job, vec![answered(all[13], "1")]).await;
    assert_eq!(bed.moves(job, 6).await, (7, true, Some(vec![(13, 13)])));
    assert_eq!(bed.moves(job, 4).await, (7, true, None));
    assert_eq!(bed.store.job_moves(JobKey(99), 0).await.unwrap(), None);
}

#[tokio::test]
async fn too_many_places_are_not_named() {
    let bed = Bed::new(Mode::Inline);
    let mut all = Vec::new();
    for n in 0..300 {
        all.push(bed.device(&format!("d{n}")).await);
    }
    let job = bed.running_job("j", method()).await;
    let every_second: Vec<_> = all.iter().copied().step_by(2).collect();
    bed.begin(job, &every_second[..100]).await;
    assert_eq!(bed.moves(job, 1).await.2.map(|ranges| ranges.len()), Some(100));
    bed.begin(job, &every_second[100..]).await;
    assert_eq!(bed.moves(job, 1).await, (3, true, None));
    assert_eq!(bed.moves(job, 2).await.2.map(|ranges| ranges.len()), Some(50));
}

#[tokio::test]
async fn a_chunk_of_a_twin_job_is_a_range() {
    let bed = Bed::new(Mode::Threaded);
    for n in 0..30 {
        bed.device(&format!("d{n}")).await;
    }
    let body = r#"{"tags":{"a":1}}"#;
    let job = bed.running_job("j", Action::UpdateTwin(body.to_owned())).await;
    let mut news = bed.store.job_news(job);
    for from in [0, 10] {
        assert!(!news.has_changed().unwrap());
        let chunk = bed.store.prepare_chunk(twin_plan(job, body), from, 10, NOW).await.unwrap();
        bed.store.apply_chunk(chunk).await.unwrap();
        // What listeners are told is on disk.
        news.changed().await.unwrap();
        assert_eq!(bed.moves(job, 1).await.2, Some(vec![(0, from + 9)]));
    }
    bed.store.cancel_job("j", NOW).await.unwrap();
    news.changed().await.unwrap();
}
