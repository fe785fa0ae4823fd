//! Many devices made at once, and the jobs that a device had a part in.

use bellwether_model::access::Scope;
use bellwether_model::job::DeviceJobState;
use bellwether_model::twin::TwinError;

use super::*;

#[derive(Debug, PartialEq)]
enum Failed {
    Refused(usize, String),
    Other(String),
}

impl From<DeviceRefused> for Failed {
    fn from(DeviceRefused { at, why }: DeviceRefused) -> Self {
        Failed::Refused(at, why.to_string())
    }
}

impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Self {
        Failed::Other(error.to_string())
    }
}

impl From<TwinError> for Failed {
    fn from(error: TwinError) -> Self {
        Failed::Other(error.to_string())
    }
}

fn new_device(id: &str) -> NewDevice {
    let key = SymmetricKey::from_bytes(&[1; 32]);
    NewDevice {
        id: id.parse().unwrap(),
        settings: DeviceSettings::default(),
        profile: DeviceProfile::default(),
        fresh_keys: Keys { primary: key.clone(), secondary: key },
    }
}

impl Bed {
    async fn make_all(&self, ids: &[&str], twin: &'static str) -> Result<(), Failed> {
        let rule = move |_: &Records<'_>| match twin {
            "" => Ok(TwinChange::default()),
            "refused" => Err(Failed::Other("refused".to_owned())),
            body => Ok(TwinChange::merge_from_body(body)?),
        };
        self.store.create_devices(ids.iter().map(|id| new_device(id)).collect(), NOW, rule).await
    }

    /// A job of the hub on these devices, running, with the list frozen in the order of the devices.
    async fn job_on(&self, id: &str, condition: &str) -> JobKey {
        let target = Target::Twins { condition: Some(condition.to_owned()), device_ids: None };
        let job = self.store.create_job(JobSpec::of_hub(id.parse().unwrap(), target, method(), "t".to_owned()), NOW);
        let job = job.await.unwrap().key;
        let condition = Arc::new(Condition::parse(condition).unwrap());
        let list = self.store.select_targets(condition, nobody()).await.unwrap();
        assert_eq!(self.store.freeze_targets(job, list, NOW).await.unwrap(), JobState::Running);
        job
    }

    /// Its jobs with the place in each list, read in pages of `limit`.
    async fn jobs_of(&self, device: DeviceSeq, limit: usize) -> String {
        let (mut found, mut before) = (Vec::new(), None);
        loop {
            let page = self.store.jobs_of_device(device, Scope::Everything, before, limit).await.unwrap();
            assert!(page.jobs.len() <= limit);
            found.extend(page.jobs.iter().map(|one| format!("{}:{}", one.job.spec.id, one.result.ordinal)));
            before = page.next;
            if before.is_none() {
                return found.join(" ");
            }
        }
    }
}

#[tokio::test]
async fn all_devices_or_none() {
    let bed = Bed::new(Mode::Threaded);
    let body = r#"{"tags":{"a":1},"properties":{"desired":{"b":2}}}"#;
    assert_eq!(bed.make_all(&["d1", "d2"], body).await, Ok(()));
    let (device, twin) = bed.store.twin(&"d2".parse().unwrap()).await.unwrap().unwrap();
    assert_eq!((twin.tags.as_deref(), twin.desired.json.as_str()), (Some(r#"{"a":1}"#), r#"{"b":2}"#));
    assert_eq!((device.generation, device.etag >> 20), (device.seq.0, device.seq.0));
    let taken = "the device is already registered".to_owned();
    for (ids, twin, expected) in [
        (&["d3", "d4", "d1"][..], "", Failed::Refused(2, taken.clone())),
        (&["d3", "d3"], body, Failed::Refused(1, taken)),
        (&["d3"], "refused", Failed::Other("refused".to_owned())),
    ] {
        assert_eq!(bed.make_all(ids, twin).await, Err(expected), "{ids:?}");
    }
    let ids = ["d1", "d3", "d2", "d4", "D1"].map(str::to_owned).to_vec();
    assert_eq!(bed.store.are_registered(ids).await.unwrap(), [true, false, true, false, false]);
    bed.store.delete_device(&"d1".parse().unwrap(), IfMatch::Any, NOW).await.unwrap();
    assert_eq!(bed.make_all(&["d1"], "").await, Ok(()), "the name of a deleted device is free");
}

#[tokio::test]
async fn jobs_of_a_device() {
    let bed = Bed::new(Mode::Inline);
    let ids: Vec<String> = (0..2_500).map(|n| format!("d{n}")).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    bed.make_all(&ids, "").await.unwrap();
    for id in ["d0", "d1000", "d2499"] {
        bed.patch(id, r#"{"tags":{"few":true}}"#).await;
    }
    // Lists of three blocks and of one; more jobs than a page looks at.
    for n in 0..4 {
        bed.job_on(&format!("all{n}"), "*").await;
        bed.job_on(&format!("few{n}"), "tags.few = true").await;
        bed.job_on(&format!("one{n}"), "deviceId = 'd7'").await;
    }
    let seq = async |id: &str| bed.store.device(&id.parse().unwrap()).await.unwrap().unwrap().seq;
    for (id, expected) in [
        ("d0", "few3:0 all3:0 few2:0 all2:0 few1:0 all1:0 few0:0 all0:0"),
        ("d7", "one3:0 all3:7 one2:0 all2:7 one1:0 all1:7 one0:0 all0:7"),
        ("d999", "all3:999 all2:999 all1:999 all0:999"),
        ("d1000", "few3:1 all3:1000 few2:1 all2:1000 few1:1 all1:1000 few0:1 all0:1000"),
        ("d2000", "all3:2000 all2:2000 all1:2000 all0:2000"),
        ("d2499", "few3:2 all3:2499 few2:2 all2:2499 few1:2 all1:2499 few0:2 all0:2499"),
    ] {
        for limit in [1, 2, 100] {
            assert_eq!(bed.jobs_of(seq(id).await, limit).await, expected, "{id} by {limit}");
        }
    }
    bed.make_all(&["late"], "").await.unwrap();
    assert_eq!(bed.jobs_of(seq("late").await, 100).await, "", "nothing of what began before it was made");
    // What became of it, and where the caller may not look.
    let page = bed.store.jobs_of_device(seq("d7").await, Scope::Everything, None, 100).await.unwrap();
    assert_eq!(page.jobs[0].result.state, DeviceJobState::Pending);
    assert_eq!((page.jobs.len(), page.next.is_some()), (2, true), "a look at three jobs is a page");
    let elsewhere = Scope::Within(["eu".to_owned()].into());
    let page = bed.store.jobs_of_device(seq("d7").await, elsewhere, None, 100).await.unwrap();
    assert!(page.jobs.is_empty() && page.next.is_some());
}
