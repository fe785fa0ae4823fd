//! Whether a run of a scheduled job keeps the next one from being made.

use bellwether_model::job::{Amount, CentralJob, Delivery, Face};

use super::*;

impl Bed {
    async fn run_of_a_schedule(&self, batch: Option<u64>) -> JobKey {
        let all = Target::Twins { condition: Some("*".to_owned()), device_ids: None };
        let mut spec = JobSpec::of_hub("run".parse().unwrap(), all, method(), "test".to_owned());
        spec.face = Face::Central(CentralJob {
            display_name: None,
            description: None,
            group: "g".to_owned(),
            data: Vec::new(),
            scheduled_job: Some("s".to_owned()),
            rerun_of: None,
        });
        spec.delivery = Delivery { batch: batch.map(|size| Amount::Number(size.into())), ..Delivery::default() };
        let key = self.store.create_job(spec, NOW).await.unwrap().key;
        let devices = vec![self.device("a").await, self.device("b").await];
        self.store.freeze_targets(key, TargetList::of(devices), NOW).await.unwrap();
        key
    }

    async fn is_active(&self) -> bool {
        let id = "s".parse().unwrap();
        self.store.read_records(move |records| records.has_active_run(&id)).await.unwrap()
    }

    async fn hold(&self) {
        self.store.hold_jobs("user:ada".to_owned(), None, entry(), NOW).await.unwrap();
    }
}

fn entry() -> NewAuditEntry {
    NewAuditEntry::of_system("hold", "jobHold", "all".to_owned(), String::new())
}

#[tokio::test]
async fn one_that_somebody_stopped_does_not() {
    let bed = Bed::new(Mode::Inline);
    bed.run_of_a_schedule(None).await;
    assert!(bed.is_active().await);
    bed.store.stop_job("run", NOW).await.unwrap();
    assert!(!bed.is_active().await);
}

/// It goes on when the hold is lifted, and would do so beside another run on the same devices.
#[tokio::test]
async fn one_that_the_hold_stopped_does_until_that_is_lifted() {
    for resume in [true, false] {
        let bed = Bed::new(Mode::Inline);
        bed.run_of_a_schedule(None).await;
        bed.hold().await;
        assert!(bed.is_active().await);
        bed.store.release_jobs(resume, entry(), NOW).await.unwrap();
        assert_eq!(bed.is_active().await, resume);
    }
}

#[tokio::test]
async fn one_that_paused_after_a_batch_does_until_it_goes_on_or_ends() {
    let bed = Bed::new(Mode::Inline);
    let run = bed.run_of_a_schedule(Some(1)).await;
    bed.store.pause_after_batch("run", NOW).await.unwrap();
    let first = bed.store.device(&"a".parse().unwrap()).await.unwrap().unwrap().seq;
    bed.begin(run, &[first]).await;
    bed.record(run, vec![answered(first, "1")]).await;
    let paused = bed.store.job("run").await.unwrap().unwrap();
    assert!(paused.is_paused() && bed.is_active().await);
    bed.store.cancel_job("run", NOW).await.unwrap();
    assert!(!bed.is_active().await);
}
