//! The job as clients see it (iot-hub §1.5). What does not apply is left out: JAVA and .NET throw on nulls.

use bellwether_model::job::{Action, Counters, Job, JobState, Target};
use bellwether_model::json::ObjectWriter;
use bellwether_model::method::MethodCall;

/// The answer of create, get and cancel, and the item of a list. `waiting` is why the job does nothing at the moment.
pub(crate) fn document(job: &Job, waiting: Option<String>) -> String {
    let mut out = String::with_capacity(1024);
    let mut doc = ObjectWriter::open(&mut out);
    doc.string("jobId", job.spec.id.as_str());
    if let Some(condition) = condition(&job.spec.target) {
        doc.string("queryCondition", &condition);
    }
    doc.time("createdTime", job.created).time("startTime", job.start);
    if let Some(ended) = job.ended.filter(|_| job.state.is_final()) {
        doc.time("endTime", ended);
    }
    if let Some(seconds) = job.spec.lifetime {
        doc.display("maxExecutionTimeInSeconds", seconds);
    }
    doc.string("type", job.spec.action.job_type().as_str());
    match &job.spec.action {
        Action::UpdateTwin(patch) => update_twin(doc.key("updateTwin"), patch),
        // The hub's shape has room for one; the others are seen on the central face.
        Action::InvokeMethods(calls) => {
            if let Some(call) = calls.first() {
                method(doc.key("cloudToDeviceMethod"), call);
            }
        }
        Action::SetTemplate(_) => update_twin(doc.key("updateTwin"), "{}"),
    }
    doc.string("status", job.state.hub_word());
    let (failure, message) = messages(job, waiting);
    if let Some(failure) = failure {
        doc.string("failureReason", &failure);
    }
    if let Some(message) = message {
        doc.string("statusMessage", &message);
    }
    if let Some(counters) = &job.counters {
        statistics(doc.key("deviceJobStatistics"), counters);
    }
    doc.close();
    out
}

/// `failureReason` and `statusMessage`: what the word of the status does not say.
fn messages(job: &Job, waiting: Option<String>) -> (Option<String>, Option<String>) {
    match job.state {
        JobState::Failed => (job.failure.clone(), None),
        // By its threshold.
        JobState::Cancelled => (None, job.failure.clone()),
        JobState::Stopped => (None, Some("stopped by an operator; it goes on when it is resumed".to_owned())),
        JobState::Queued | JobState::Scheduled | JobState::Running => (None, waiting),
        JobState::Completed => (None, None),
    }
}

/// The answer for an id that no job has: not a 404 (iot-hub §1.5).
pub(crate) fn unknown(id: &str) -> String {
    let mut out = String::with_capacity(96);
    let mut doc = ObjectWriter::open(&mut out);
    doc.string("jobId", id).string("type", "unknown").string("status", "unknown");
    doc.close();
    out
}

/// The condition as it was sent; where devices were named otherwise, the condition that says the same. The members
/// of a group, another job's failed devices and devices that were chosen on the other face are no condition.
fn condition(target: &Target) -> Option<String> {
    let (condition, device_ids) = match target {
        Target::Twins { condition, device_ids } => (condition, device_ids),
        Target::Group { .. } | Target::FailedOf { .. } | Target::Chosen { .. } => return None,
    };
    let Some(ids) = device_ids else { return Some(condition.clone().unwrap_or_default()) };
    let quoted = |id: &String| format!("'{}'", id.replace('\\', "\\\\").replace('\'', "\\'"));
    let devices = match ids.as_slice() {
        [one] => format!("deviceId = {}", quoted(one)),
        all => format!("deviceId IN [{}]", all.iter().map(quoted).collect::<Vec<_>>().join(",")),
    };
    Some(match condition.as_deref() {
        None => devices,
        Some(all) if all.trim() == "*" => devices,
        Some(condition) => format!("{devices} AND ({condition})"),
    })
}

/// `patch` is an object of `tags` and `properties`; both members before it are what the real service adds.
fn update_twin(out: &mut String, patch: &str) {
    let members = patch.strip_prefix('{').unwrap_or("}");
    out.push_str(r#"{"deviceId":null,"etag":"*""#);
    if members != "}" {
        out.push(',');
    }
    out.push_str(members);
}

fn method(out: &mut String, call: &MethodCall) {
    let mut object = ObjectWriter::open(out);
    object.string("methodName", &call.name);
    if call.payload != "null" {
        object.raw("payload", &call.payload);
    }
    object.display("responseTimeoutInSeconds", call.response_timeout);
    if let Some(seconds) = call.connect_timeout {
        object.display("connectTimeoutInSeconds", seconds);
    }
    object.close();
}

fn statistics(out: &mut String, counters: &Counters) {
    let mut object = ObjectWriter::open(out);
    object
        .display("deviceCount", counters.targets)
        .display("failedCount", counters.failed)
        .display("succeededCount", counters.succeeded)
        .display("runningCount", counters.running)
        .display("pendingCount", counters.pending());
    object.close();
}
