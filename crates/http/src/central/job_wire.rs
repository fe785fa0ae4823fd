//! Jobs in the newest version's form (iot-central §3).

use bellwether_engine::{NewCentralJob, Rerun};
use bellwether_model::JobId;
use bellwether_model::group::{DESCRIPTION_MAX, DISPLAY_NAME_MAX};
use bellwether_model::job::{
    Amount, CentralJob, Delivery, DeviceJobState, Job, JobData, JobState, Success, Tally, Threshold, read_decimal,
};
use bellwether_model::json::{ObjectWriter, RawJson};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::call::{from_json, said};
use super::error::CentralError;

/// The members that a job and a scheduled job have in common, as a caller sends them. Members that only the server
/// sets are ignored.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct JobBody<'a> {
    display_name: Option<String>,
    description: Option<String>,
    group: Option<String>,
    /// Only our own version has it.
    devices: Option<Vec<String>>,
    #[serde(borrow)]
    batch: Option<AmountBody<'a>>,
    #[serde(borrow)]
    cancellation_threshold: Option<AmountBody<'a>>,
    #[serde(borrow, default)]
    data: Vec<&'a RawValue>,
    organizations: Option<Vec<String>>,
}

/// `batch`, and `cancellationThreshold`, which has a member `batch` of its own.
#[derive(Debug, Deserialize)]
struct AmountBody<'a> {
    #[serde(rename = "type")]
    unit: Option<String>,
    #[serde(borrow)]
    value: Option<&'a RawValue>,
    #[serde(borrow)]
    batch: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct DataBody<'a> {
    #[serde(rename = "type")]
    data_type: Option<String>,
    target: Option<String>,
    path: Option<String>,
    // An explicit null is not the same as nothing: the job shows what was sent.
    #[serde(borrow, default, deserialize_with = "present")]
    value: Option<&'a RawValue>,
    template: Option<String>,
    manifest: Option<String>,
}

fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}

/// What is other in a job that is made on devices of an earlier one, as a caller of our own version sends it.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct RerunBody<'a> {
    display_name: Option<String>,
    description: Option<String>,
    devices: Option<Vec<String>>,
    #[serde(borrow, default, deserialize_with = "said")]
    batch: Option<Option<AmountBody<'a>>>,
    #[serde(borrow, default, deserialize_with = "said")]
    cancellation_threshold: Option<Option<AmountBody<'a>>>,
    #[serde(borrow)]
    data: Option<Vec<&'a RawValue>>,
}

impl RerunBody<'_> {
    /// The rerun.
    ///
    /// # Errors
    /// 422.
    pub fn rerun(self, id: JobId, owner: String) -> Result<Rerun, CentralError> {
        check_texts(self.display_name.as_deref(), self.description.as_deref())?;
        let RerunBody { display_name, description, devices, batch, cancellation_threshold, data } = self;
        if data.as_ref().is_some_and(Vec::is_empty) {
            return Err(CentralError::unprocessable(NO_DATA));
        }
        Ok(Rerun {
            data: data.map(|data| entries(&data).collect()).transpose()?,
            batch: batch.map(|batch| batch.as_ref().map(AmountBody::batch).transpose()).transpose()?,
            threshold: cancellation_threshold
                .map(|threshold| threshold.as_ref().map(AmountBody::threshold).transpose())
                .transpose()?,
            id,
            display_name,
            description,
            devices,
            owner,
        })
    }
}

/// A job that does nothing is none.
pub(crate) const NO_DATA: &str = "data must have at least one entry";

fn entries(data: &[&RawValue]) -> impl Iterator<Item = Result<JobData, CentralError>> {
    data.iter().enumerate().map(|(index, entry)| {
        read_entry(entry.get()).map_err(|text| CentralError::unprocessable(format!("data[{index}]{text}")))
    })
}

impl JobBody<'_> {
    /// The group, the entries, the names. On chosen devices the group is empty.
    ///
    /// # Errors
    /// 422: a member is missing or has a value that it cannot have.
    pub fn job(&self) -> Result<CentralJob, CentralError> {
        check_texts(self.display_name.as_deref(), self.description.as_deref())?;
        let group = match (self.group(), &self.devices) {
            (Some(_), Some(_)) => {
                return Err(CentralError::unprocessable("devices cannot be given beside group: a job has one of both"));
            }
            (None, Some(_)) => String::new(),
            (group, None) => {
                group.ok_or_else(|| CentralError::unprocessable("group must be the id of a device group"))?.to_owned()
            }
        };
        if self.data.is_empty() {
            return Err(CentralError::unprocessable(NO_DATA));
        }
        Ok(CentralJob {
            display_name: self.display_name.clone(),
            description: self.description.clone(),
            group,
            data: self.entries().collect::<Result<_, _>>()?,
            scheduled_job: None,
            rerun_of: None,
        })
    }

    /// The id of the device group; an empty one is none.
    pub fn group(&self) -> Option<&str> {
        self.group.as_deref().filter(|group| !group.is_empty())
    }

    /// The devices that are named one by one.
    pub fn devices(&self) -> Option<&Vec<String>> {
        self.devices.as_ref()
    }

    /// The entries of `data`, one by one.
    pub fn entries(&self) -> impl Iterator<Item = Result<JobData, CentralError>> {
        entries(&self.data)
    }

    /// Is there a name for people, and a description?
    pub fn has_texts(&self) -> (bool, bool) {
        (self.display_name.is_some(), self.description.is_some())
    }

    /// The names for people.
    ///
    /// # Errors
    /// 422.
    pub fn check_texts(&self) -> Result<(), CentralError> {
        check_texts(self.display_name.as_deref(), self.description.as_deref())
    }

    /// Batches and threshold.
    ///
    /// # Errors
    /// 422.
    pub fn delivery(&self) -> Result<Delivery, CentralError> {
        Ok(Delivery { batch: self.batch()?, threshold: self.threshold()? })
    }

    /// The batches alone.
    ///
    /// # Errors
    /// 422.
    pub fn batch(&self) -> Result<Option<Amount>, CentralError> {
        self.batch.as_ref().map(AmountBody::batch).transpose()
    }

    /// The threshold alone.
    ///
    /// # Errors
    /// 422.
    pub fn threshold(&self) -> Result<Option<Threshold>, CentralError> {
        self.cancellation_threshold.as_ref().map(AmountBody::threshold).transpose()
    }

    /// The organization that is named.
    ///
    /// # Errors
    /// 422: more than one is.
    pub fn organization(&self) -> Result<Option<String>, CentralError> {
        match self.organizations.as_deref() {
            None | Some([]) => Ok(None),
            Some([one]) => Ok(Some(one.clone())),
            Some([_, _, ..]) => Err(CentralError::unprocessable("organizations may hold one organization only")),
        }
    }
}

/// The rules for names and descriptions of jobs.
///
/// # Errors
/// 422.
pub(crate) fn check_texts(display_name: Option<&str>, description: Option<&str>) -> Result<(), CentralError> {
    for (member, text, most) in
        [("displayName", display_name, DISPLAY_NAME_MAX), ("description", description, DESCRIPTION_MAX)]
    {
        if text.is_some_and(|text| text.chars().count() > most) {
            return Err(CentralError::unprocessable(format!("{member} may have at most {most} characters")));
        }
    }
    Ok(())
}

impl AmountBody<'_> {
    fn batch(&self) -> Result<Amount, CentralError> {
        let batch = self.amount("batch")?;
        Delivery { batch: Some(batch), threshold: None }.check().map_err(CentralError::unprocessable)?;
        Ok(batch)
    }

    fn threshold(&self) -> Result<Threshold, CentralError> {
        let threshold = Threshold { amount: self.amount("cancellationThreshold")?, per_batch: self.is_per_batch() };
        Delivery { batch: None, threshold: Some(threshold) }.check().map_err(CentralError::unprocessable)?;
        Ok(threshold)
    }

    fn amount(&self, member: &str) -> Result<Amount, CentralError> {
        let value = self.value.map(|value| read_decimal(value.get())).transpose();
        let value = value.map_err(|rule| CentralError::unprocessable(format!("{member}.value {rule}")))?;
        let value = value.ok_or_else(|| CentralError::unprocessable(format!("{member}.value must be given")))?;
        match self.unit.as_deref() {
            Some("number") => Ok(Amount::Number(value)),
            Some("percentage") => Ok(Amount::Percentage(value)),
            Some(_) | None => {
                Err(CentralError::unprocessable(format!("{member}.type must be \"number\" or \"percentage\"")))
            }
        }
    }

    /// Clients also send it as a string, or something else where they mean false (iot-central §13.1).
    fn is_per_batch(&self) -> bool {
        self.batch.is_some_and(|value| matches!(value.get(), "true" | "\"true\"" | "\"True\""))
    }
}

/// Reads one entry; both spellings of its type are taken in every version. The text of a failure goes on where
/// `data[n]` ends.
fn read_entry(text: &str) -> Result<JobData, String> {
    let entry: DataBody<'_> = from_json(text).map_err(|error| format!(": {}", error.message))?;
    let given = |member: &str, text: Option<String>| {
        text.filter(|text| !text.is_empty()).ok_or_else(|| format!(".{member} must be given"))
    };
    let capability = |entry: DataBody<'_>| {
        let value = entry.value.map(RawJson::from);
        Ok::<_, String>((given("target", entry.target)?, given("path", entry.path)?, value))
    };
    match entry.data_type.as_deref() {
        Some("property" | "PropertyJobData") => {
            let (target, path, value) = capability(entry)?;
            Ok(JobData::Property { target, path, value })
        }
        Some("command" | "CommandJobData") => {
            let (target, path, value) = capability(entry)?;
            Ok(JobData::Command { target, path, value })
        }
        Some("cloudProperty" | "CloudPropertyJobData") => {
            let (target, path, value) = capability(entry)?;
            Ok(JobData::CloudProperty { target, path, value })
        }
        Some("deviceTemplateMigration" | "DeviceTemplateMigrationJobData") => {
            Ok(JobData::DeviceTemplateMigration { template: given("template", entry.template)? })
        }
        Some("deviceManifestMigration" | "DeviceManifestMigrationJobData") => {
            given("manifest", entry.manifest)?;
            Err(".type: deployment manifests of edge devices are not served".to_owned())
        }
        Some(_) | None => Err(".type must be property, command, cloudProperty or deviceTemplateMigration".to_owned()),
    }
}

/// A request's job.
///
/// # Errors
/// 422.
pub(crate) fn read(id: JobId, body: &str) -> Result<NewCentralJob, CentralError> {
    let body: JobBody<'_> = from_json(body)?;
    Ok(NewCentralJob {
        id,
        job: body.job()?,
        delivery: body.delivery()?,
        organization: body.organization()?,
        devices: body.devices,
    })
}

/// A job as clients see it. Members without a value are absent; `progress` is always there, for clients read it
/// without looking (iot-central §13.2).
pub(crate) fn document(job: &Job, central: &CentralJob) -> String {
    let mut out = String::with_capacity(1024);
    let mut doc = ObjectWriter::open(&mut out);
    doc.string("id", job.spec.id.as_str());
    let texts = [
        ("scheduledJobId", &central.scheduled_job),
        ("displayName", &central.display_name),
        ("description", &central.description),
    ];
    for (name, text) in texts {
        if let Some(text) = text {
            doc.string(name, text);
        }
    }
    doc.string("group", &central.group);
    delivery(&mut doc, &job.spec.delivery);
    data(doc.key("data"), &central.data);
    doc.string("status", status(job.state));
    let counters = job.counters.unwrap_or_default();
    let mut progress = ObjectWriter::open(doc.key("progress"));
    progress
        .display("total", counters.targets)
        .display("pending", counters.targets.saturating_sub(counters.succeeded + counters.failed))
        .display("completed", counters.succeeded)
        .display("failed", counters.failed);
    progress.close();
    if let Some(organization) = &job.spec.organization {
        doc.raw("organizations", &strings(organization));
    }
    for (name, time) in [("start", job.began), ("end", job.ended)] {
        if let Some(time) = time {
            doc.time(name, time);
        }
    }
    doc.close();
    out
}

/// An array of one string.
fn strings(one: &str) -> String {
    let mut out = "[".to_owned();
    bellwether_model::json::push_string(&mut out, one);
    out.push(']');
    out
}

/// The members `batch` and `cancellationThreshold`.
pub(crate) fn delivery(doc: &mut ObjectWriter<'_>, delivery: &Delivery) {
    if let Some(amount) = delivery.batch {
        batch(doc.key("batch"), amount);
    }
    if let Some(value) = delivery.threshold {
        threshold(doc.key("cancellationThreshold"), value);
    }
}

/// The value of `batch`, with the digits that were sent.
pub(crate) fn batch(out: &mut String, value: Amount) {
    let mut object = ObjectWriter::open(out);
    amount(&mut object, value);
    object.close();
}

/// The value of `cancellationThreshold`.
pub(crate) fn threshold(out: &mut String, value: Threshold) {
    let mut object = ObjectWriter::open(out);
    amount(&mut object, value.amount);
    object.display("batch", value.per_batch);
    object.close();
}

fn amount(object: &mut ObjectWriter<'_>, amount: Amount) {
    let (unit, value) = match amount {
        Amount::Number(value) => ("number", value),
        Amount::Percentage(value) => ("percentage", value),
    };
    object.string("type", unit).display("value", value);
}

/// The member `data`, values as they came.
pub(crate) fn data(out: &mut String, data: &[JobData]) {
    out.push('[');
    for (index, entry) in data.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        let mut object = ObjectWriter::open(out);
        object.string("type", entry.type_name());
        match entry {
            JobData::Property { target, path, value }
            | JobData::Command { target, path, value }
            | JobData::CloudProperty { target, path, value } => {
                object.string("target", target).string("path", path);
                if let Some(value) = value {
                    object.raw("value", value.as_str());
                }
            }
            JobData::DeviceTemplateMigration { template } => {
                object.string("template", template);
            }
        }
        object.close();
    }
    out.push(']');
}

/// The word for a job's state (iot-central §3.4).
pub(crate) fn status(state: JobState) -> &'static str {
    match state {
        JobState::Queued | JobState::Scheduled => "pending",
        JobState::Running => "running",
        JobState::Completed => "complete",
        JobState::Failed => "failed",
        JobState::Stopped => "stopped",
        JobState::Cancelled => "cancelled",
    }
}

/// The word for a device's state in a job. A device that was not begun stays `pending`, whatever ended the job
/// (iot-central §5.4).
pub(crate) fn device_status(state: DeviceJobState, success: Success) -> &'static str {
    match state {
        DeviceJobState::Pending | DeviceJobState::Running => "pending",
        DeviceJobState::Ended(class) => match class.tally(success) {
            Tally::Succeeded => "completed",
            Tally::Failed => "failed",
            Tally::Cancelled => "pending",
        },
    }
}
