//! The job as clients see it (iot-hub §1.5). What does not apply is left out: JAVA and .NET throw on nulls.

use bellwether_model::job::{Action, Counters, Job, Target};
use bellwether_model::json::ObjectWriter;
use bellwether_model::method::MethodCall;

/// The answer of create, get and cancel, and the item of a list.
pub(crate) fn document(job: &Job) -> String {
    let mut out = String::with_capacity(1024);
    let mut doc = ObjectWriter::open(&mut out);
    doc.string("jobId", job.spec.id.as_str())
        .string("queryCondition", &condition(&job.spec.target))
        .time("createdTime", job.created)
        .time("startTime", job.start);
    if let Some(ended) = job.ended.filter(|_| job.state.is_final()) {
        doc.time("endTime", ended);
    }
    doc.display("maxExecutionTimeInSeconds", job.spec.lifetime).string("type", job.spec.action.job_type().as_str());
    match &job.spec.action {
        Action::UpdateTwin(patch) => update_twin(doc.key("updateTwin"), patch),
        Action::InvokeMethod(call) => method(doc.key("cloudToDeviceMethod"), call),
    }
    doc.string("status", job.state.as_str());
    if let Some(reason) = &job.failure {
        doc.string("failureReason", reason);
    }
    if let Some(counters) = &job.counters {
        statistics(doc.key("deviceJobStatistics"), counters);
    }
    doc.close();
    out
}

/// The answer for an id that no job has: not a 404 (iot-hub §1.5).
pub(crate) fn unknown(id: &str) -> String {
    let mut out = String::with_capacity(96);
    let mut doc = ObjectWriter::open(&mut out);
    doc.string("jobId", id).string("type", "unknown").string("status", "unknown");
    doc.close();
    out
}

/// The condition as it was sent; where devices were named otherwise, the condition that says the same.
fn condition(target: &Target) -> String {
    let Some(ids) = &target.device_ids else { return target.condition.clone().unwrap_or_default() };
    let quoted = |id: &String| format!("'{}'", id.replace('\\', "\\\\").replace('\'', "\\'"));
    let devices = match ids.as_slice() {
        [one] => format!("deviceId = {}", quoted(one)),
        all => format!("deviceId IN [{}]", all.iter().map(quoted).collect::<Vec<_>>().join(",")),
    };
    match target.condition.as_deref() {
        None => devices,
        Some(all) if all.trim() == "*" => devices,
        Some(condition) => format!("{devices} AND ({condition})"),
    }
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
