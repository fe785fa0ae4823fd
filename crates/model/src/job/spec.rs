//! What was asked of a job: on which devices, what, how, and by which contract.

use serde::{Deserialize, Deserializer, Serialize};

use super::{Delivery, JobType, LIFETIME_DEFAULT};
use crate::json::RawJson;
use crate::method::MethodCall;
use crate::{JobId, JobKey, Time};

/// What a caller asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobSpec {
    /// The job's name, one among the jobs of both faces.
    pub id: JobId,
    /// The contract by which it was asked for.
    #[serde(default)]
    pub face: Face,
    /// On which devices.
    pub target: Target,
    /// What to do on each.
    pub action: Action,
    /// Ids of device templates: a device with another template than one of them fails
    /// (iot-central §5.1). Empty: every device takes part.
    #[serde(default)]
    pub templates: Vec<String>,
    /// Batches and the cancellation threshold.
    #[serde(default)]
    pub delivery: Delivery,
    /// When; `None` is at once (iot-hub §1.3).
    pub start: Option<Time>,
    /// How long it may take, in seconds from the later of start and acceptance (iot-hub §1.10). `None`: as long as
    /// it takes.
    pub lifetime: Option<i64>,
    /// What becomes of devices that are absent.
    #[serde(default)]
    pub offline: Offline,
    /// Which endings count as succeeded.
    #[serde(default)]
    pub success: Success,
    /// The policy, user or token that asked.
    pub owner: String,
    /// The organization that owns it (iot-central §3.1); `None` is the root.
    #[serde(default)]
    pub organization: Option<String>,
    /// Keep what a twin job replaced, for every device (DESIGN §6.3).
    pub keep_previous: bool,
}

/// The contract by which a job was asked for, with what only that contract knows of it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Face {
    /// Azure IoT Hub, jobs v2.
    #[default]
    Hub,
    /// Azure IoT Central.
    Central(CentralJob),
}

/// What an IoT Central client wrote, for showing it again (iot-central §3.1).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CentralJob {
    /// Its name for people.
    pub display_name: Option<String>,
    /// For people.
    pub description: Option<String>,
    /// Id of the device group as the published versions show it: a rerun shows that of its source. On which devices the
    /// job runs stands in its target ([`JobSpec::group`]). Empty for a job on devices that were chosen one by one.
    pub group: String,
    /// What it does, entry by entry.
    pub data: Vec<JobData>,
    /// Id of the scheduled job that made this run.
    pub scheduled_job: Option<String>,
    /// Id of the job whose failed devices this one tries again.
    pub rerun_of: Option<String>,
}

/// One entry of a Central job's `data` (iot-central §3.3). `target` is the id of a device template, `path` a
/// capability's name, in a component `component.capability`; `value` is as it was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum JobData {
    /// Write a property.
    Property {
        /// Template.
        target: String,
        /// Capability.
        path: String,
        /// New value.
        value: Option<RawJson>,
    },
    /// Run a command.
    Command {
        /// Template.
        target: String,
        /// Capability.
        path: String,
        /// Request payload.
        value: Option<RawJson>,
    },
    /// Set a cloud property.
    CloudProperty {
        /// Template.
        target: String,
        /// Capability.
        path: String,
        /// New value.
        value: Option<RawJson>,
    },
    /// Move the device to another template.
    DeviceTemplateMigration {
        /// Id of the template to move to.
        template: String,
    },
}

/// Which devices. Read in the order given here: the texts of older jobs are of the last kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Target {
    /// The members that a device group has when the job starts (iot-central §5.1).
    Group {
        /// The group's id.
        group: String,
    },
    /// The devices that another job counted as failed, whatever they are now (iot-central §3.5, rerun).
    FailedOf {
        /// The other job.
        failed_of: JobKey,
    },
    /// Devices that were named one by one when the job was made. The store keeps which with the job, so that a device
    /// that is deleted before its turn ends as such, and one that is made anew under its name is left alone.
    Chosen {
        /// How many.
        chosen: u64,
        /// The job whose devices they are; `None`: they were chosen out of the fleet.
        of: Option<JobKey>,
    },
    /// When both are given, both must hold (iot-hub §1.1); one of them always is.
    Twins {
        /// A condition over twins, as the caller wrote it; `*` is every device.
        condition: Option<String>,
        /// Devices by name.
        device_ids: Option<Vec<String>>,
    },
}

impl Target {
    /// The job on whose devices it is.
    pub fn source(&self) -> Option<JobKey> {
        match self {
            Target::FailedOf { failed_of } => Some(*failed_of),
            Target::Chosen { of, .. } => *of,
            Target::Group { .. } | Target::Twins { .. } => None,
        }
    }
}

/// What a job does on each device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Action {
    /// Merge this body into the twin: JSON text with `tags` and `properties.desired`, checked when the job
    /// was made.
    UpdateTwin(String),
    /// Call direct methods, one after another; the first that fails ends the device. A hub job has exactly one.
    #[serde(alias = "InvokeMethod", deserialize_with = "one_or_several")]
    InvokeMethods(Vec<MethodCall>),
    /// Give the device this template.
    SetTemplate(String),
}

/// What becomes of a device that is absent when its turn comes. Only calls need the device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Offline {
    /// It fails at once (iot-central §5.2).
    FailNow,
    /// It is waited for until the deadline (iot-hub §1.10).
    #[default]
    WaitUntilDeadline,
}

/// Which endings of a device job count as succeeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Success {
    /// Every answer, whatever the device's status (iot-hub §1.8).
    #[default]
    Answered,
    /// Only answers with a status from 200 to 299 (iot-central §5.2).
    Status2xx,
}

impl Action {
    /// Which kind of job this makes.
    pub fn job_type(&self) -> JobType {
        match self {
            Action::UpdateTwin(_) | Action::SetTemplate(_) => JobType::ScheduleUpdateTwin,
            Action::InvokeMethods(_) => JobType::ScheduleDeviceMethod,
        }
    }
}

impl JobSpec {
    /// A job of the hub face that starts at once and takes what time, and keeps what, is usual.
    pub fn of_hub(id: JobId, target: Target, action: Action, owner: String) -> JobSpec {
        JobSpec {
            id,
            face: Face::Hub,
            target,
            action,
            templates: Vec::new(),
            delivery: Delivery::default(),
            start: None,
            lifetime: Some(LIFETIME_DEFAULT),
            offline: Offline::WaitUntilDeadline,
            success: Success::Answered,
            owner,
            organization: None,
            keep_previous: true,
        }
    }

    /// The id of the device group that it runs on; `None`: on others, as a rerun, which takes devices of its source.
    pub fn group(&self) -> Option<&str> {
        match &self.target {
            Target::Group { group } => Some(group),
            Target::FailedOf { .. } | Target::Chosen { .. } | Target::Twins { .. } => None,
        }
    }

    /// What a Central client wrote; `None` for a job of the hub face.
    pub fn central(&self) -> Option<&CentralJob> {
        match &self.face {
            Face::Hub => None,
            Face::Central(central) => Some(central),
        }
    }
}

/// Before jobs could have several calls the text held one.
fn one_or_several<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<MethodCall>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Calls {
        Several(Vec<MethodCall>),
        One(MethodCall),
    }
    Ok(match Calls::deserialize(deserializer)? {
        Calls::Several(calls) => calls,
        Calls::One(call) => vec![call],
    })
}

#[cfg(test)]
mod tests {
    use super::super::{Amount, Threshold};
    use super::*;
    use rust_decimal::Decimal;

    /// Texts as the first versions of the program wrote them.
    #[test]
    fn texts_of_older_jobs_are_read() {
        let text = r#"{"id":"j-1","target":{"condition":"tags.a = 1","device_ids":null},
            "action":{"InvokeMethod":{"name":"reboot","payload":"null","response_timeout":30,"connect_timeout":null}},
            "start":null,"lifetime":3600,"owner":"service","keep_previous":true}"#;
        let spec: JobSpec = serde_json::from_str(text).unwrap();
        let target = Target::Twins { condition: Some("tags.a = 1".to_owned()), device_ids: None };
        assert_eq!((&spec.target, &spec.face, spec.lifetime), (&target, &Face::Hub, Some(3600)));
        assert_eq!((spec.offline, spec.success), (Offline::WaitUntilDeadline, Success::Answered));
        let Action::InvokeMethods(calls) = &spec.action else { panic!("{:?}", spec.action) };
        assert_eq!((calls.len(), calls[0].name.as_str()), (1, "reboot"));

        let text = r#"{"id":"j-2","target":{"condition":null,"device_ids":["a"]},"action":{"UpdateTwin":"{}"},
            "start":5,"lifetime":60,"owner":"service","keep_previous":false}"#;
        let spec: JobSpec = serde_json::from_str(text).unwrap();
        assert_eq!(spec.target, Target::Twins { condition: None, device_ids: Some(vec!["a".to_owned()]) });
        assert_eq!(spec.action, Action::UpdateTwin("{}".to_owned()));
    }

    #[test]
    fn what_is_written_is_read() {
        let data = |value: Option<&str>| JobData::Command {
            target: "dtmi:a:b;1".to_owned(),
            path: "c.run".to_owned(),
            value: value.map(|text| RawJson::parse(text).unwrap()),
        };
        let central = CentralJob {
            display_name: Some("Night".to_owned()),
            description: None,
            group: "g".to_owned(),
            data: vec![data(None), data(Some("null")), data(Some(r#"{ "n": 1.0 }"#))],
            scheduled_job: None,
            rerun_of: Some("j-1".to_owned()),
        };
        let call = MethodCall::from_body(r#"{"methodName":"m"}"#).unwrap();
        let threshold = Threshold { amount: Amount::Percentage(Decimal::new(105, 1)), per_batch: true };
        let mut spec = JobSpec {
            id: "a_b".parse().unwrap(),
            face: Face::Central(central),
            target: Target::Group { group: "g".to_owned() },
            action: Action::InvokeMethods(vec![call.clone(), call]),
            templates: vec!["dtmi:a:b;1".to_owned()],
            delivery: Delivery { batch: Some(Amount::Number(Decimal::TEN)), threshold: Some(threshold) },
            start: None,
            lifetime: None,
            offline: Offline::FailNow,
            success: Success::Status2xx,
            owner: "token".to_owned(),
            organization: Some("north".to_owned()),
            keep_previous: true,
        };
        for target in [
            Target::Group { group: "g".to_owned() },
            Target::FailedOf { failed_of: JobKey(7) },
            Target::Chosen { chosen: 3, of: None },
            Target::Chosen { chosen: 3, of: Some(JobKey(7)) },
            Target::Twins { condition: None, device_ids: Some(Vec::new()) },
        ] {
            spec.target = target;
            let text = serde_json::to_string(&spec).unwrap();
            assert_eq!(serde_json::from_str::<JobSpec>(&text).unwrap(), spec, "{text}");
        }
    }
}
