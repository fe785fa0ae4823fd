//! Every operation of our own version.

use serde_json::Value;

use super::access::{ApiToken, Organization, Role, User};
use super::builder::Description;
use super::schedules::ScheduledJob;
use super::things::{Command, Credentials, DeviceGroup, DeviceTemplate, NewDevice};
use crate::central::own::audit::AuditEntry;
use crate::central::own::batches::BatchList;
use crate::central::own::comments::NewComment;
use crate::central::own::device_import::ImportReport;
use crate::central::own::device_jobs::{DeviceJobDetail, DeviceJobPage};
use crate::central::own::device_lists::Device;
use crate::central::own::device_twin::{DeviceJobSummary, DeviceTwin, DeviceTwinPatch};
use crate::central::own::drafts::JobDraft;
use crate::central::own::failures::FailureReasons;
use crate::central::own::family::JobFamily;
use crate::central::own::groups::{GroupMembers, PreviewGroup};
use crate::central::own::job_events::JobEvent;
use crate::central::own::job_hold::{HoldJobs, JobHold};
use crate::central::own::jobs::{Job, NewJob, RerunJob};
use crate::central::own::preview::{JobPreview, PreviewJob};
use crate::central::own::results::ResultsOf;
use crate::central::own::session::{ChangePassword, PasswordMade, Session, SignIn};
use crate::central::own::upcoming::UpcomingRuns;

/// Which devices of a job: the filter of the grid, the link and the export.
const STATUS: &str = "Only these: `pending`, `running`, `completed`, `failed`, `cancelled`, comma-separated";
const CLASS: &str = "Only these endings: `rejected`, `timedOut`, …, comma-separated";
const CODE: &str = "Only failures with this symbol";
const RESPONSE_STATUS: &str = "Only devices that answered this status";
const BATCH: &str = "Only those in the batch of this number, from 1";
const COLUMNS: &str = "Values of the twins, comma-separated: `tags.site`, `desired.fw`, `reported.fw`; at most 10";
const SEARCH: &str = "Only what has this text in its id or name; case does not matter";
const SEARCH_DESCRIBED: &str = "Only those with this text in id, name or description; case does not matter";

/// All of them.
pub(super) fn describe() -> Description {
    let mut all = Description::new();
    sessions(&mut all);
    jobs(&mut all);
    results(&mut all);
    scheduled_jobs(&mut all);
    groups_and_templates(&mut all);
    devices(&mut all);
    properties_and_commands(&mut all);
    access(&mut all);
    enrollment(&mut all);
    all
}

fn sessions(all: &mut Description) {
    all.operation("POST /session", "signIn", "Signs in; sets the session's cookie")
        .takes::<SignIn>()
        .answers::<Session>();
    all.operation("GET /session", "getSession", "Who is signed in").answers::<Session>();
    all.operation("DELETE /session", "signOut", "Signs out").answers_nothing();
    all.operation("PUT /session/password", "changePassword", "Changes the own password; other sessions end")
        .takes::<ChangePassword>()
        .answers_nothing();
    all.operation("GET /openapi.json", "getDescription", "This description").answers::<Value>();
}

fn jobs(all: &mut Description) {
    all.operation("GET /jobs", "listJobs", "Jobs, newest first unless said")
        .paged()
        .query(
            "status",
            "Only these: `pending`, `running`, `complete`, `failed`, `stopped`, `cancelled`, comma-separated",
        )
        .query("attention", "`true`: only those that somebody should look at")
        .query("search", SEARCH_DESCRIBED)
        .query("group", "Only those on this device group, reruns of such jobs included")
        .query("owner", "Only those that this one made")
        .query(
            "type",
            "Only these: `property`, `command`, `cloudProperty`, `deviceTemplateMigration`, `scheduleUpdateTwin`, \
             `scheduleDeviceMethod`, comma-separated",
        )
        .query("organization", "Only those of this organization")
        .query("scheduledJob", "Only the runs of this scheduled job")
        .query("since", "Only those made at this time or later")
        .query(
            "orderby",
            "`created`, `displayName`, `status`, `start` or `duration`, with ` desc`; `created desc` when not said",
        )
        .lists::<Job>();
    all.operation("GET /jobs/{jobId}", "getJob", "A job").answers::<Job>();
    all.operation("PUT /jobs/{jobId}", "createJob", "Makes a job and runs it").takes::<NewJob>().answers::<Job>();
    all.operation("POST /jobs/{jobId}/stop", "stopJob", "Stops a job for now; no attempt starts after the answer")
        .answers_nothing();
    all.operation("POST /jobs/{jobId}/resume", "resumeJob", "Goes on with the devices that were not begun")
        .answers_nothing();
    all.operation("POST /jobs/{jobId}/cancel", "cancelJob", "Ends a job for good").answers_nothing();
    all.operation(
        "PUT /jobs/{jobId}/pauseAfterBatch",
        "pauseAfterBatch",
        "Stops the job when its open batch has ended; resuming opens the next",
    )
    .answers_nothing();
    all.operation("DELETE /jobs/{jobId}/pauseAfterBatch", "withdrawPause", "Does not pause after the open batch")
        .answers_nothing();
    all.operation(
        "POST /jobs/{jobId}/acknowledge",
        "acknowledgeJob",
        "A job that has ended needs no attention any more",
    )
    .answers_nothing();
    all.operation("GET /jobs/{jobId}/reruns", "listJobReruns", "The jobs on devices of this one, newest first")
        .paged()
        .lists::<Job>();
    all.operation(
        "GET /jobs/{jobId}/family",
        "getJobFamily",
        "The job, what it is a rerun of, all reruns, and what became of their devices, each counted once",
    )
    .answers::<JobFamily>();
    all.operation("PUT /jobs/{jobId}/rerun/{rerunId}", "rerunJob", "Makes a job on devices of this one")
        .takes::<RerunJob>()
        .answers::<Job>();
    all.operation("GET /jobHold", "getJobHold", "Whether all jobs are held, by whom and what for").answers::<JobHold>();
    all.operation(
        "PUT /jobHold",
        "holdJobs",
        "Stops every job that runs and lets none begin; no attempt starts after the answer. For roles that are not \
         within an organization",
    )
    .takes::<HoldJobs>()
    .answers::<JobHold>();
    all.operation("DELETE /jobHold", "releaseJobs", "Lifts the hold: jobs that wait may begin")
        .query("resume", "`true`: the jobs that the hold stopped and that are still stopped go on")
        .answers_nothing();
    all.operation("POST /jobPreview", "previewJob", "What a job would do; nothing is kept")
        .takes::<PreviewJob>()
        .answers::<JobPreview>();
    all.operation("GET /jobDrafts", "listJobDrafts", "Saved jobs, last saved first unless said")
        .paged()
        .query("search", SEARCH_DESCRIBED)
        .query("orderby", "`displayName` or `saved`, with ` desc`")
        .lists::<JobDraft>();
    all.operation("GET /jobDrafts/{draftId}", "getJobDraft", "A saved job").answers::<JobDraft>();
    all.operation("PUT /jobDrafts/{draftId}", "saveJobDraft", "Saves a job to be gone on with later")
        .if_match()
        .takes::<JobDraft>()
        .answers::<JobDraft>();
    all.operation("DELETE /jobDrafts/{draftId}", "deleteJobDraft", "Deletes a saved job").answers_nothing();
}

fn results(all: &mut Description) {
    all.operation(
        "GET /jobs/{jobId}/devices",
        "listJobDevices",
        "A part of a job's devices, in the order of the frozen list",
    )
    .query("from", "The place in the list to begin at, from 0")
    .query("maxpagesize", "Devices in the answer: 1 to 1,000, 100 when not said")
    .query("status", STATUS)
    .query("class", CLASS)
    .query("code", CODE)
    .query("responseStatus", RESPONSE_STATUS)
    .query("search", SEARCH)
    .query("batch", BATCH)
    .query("columns", COLUMNS)
    .answers::<DeviceJobPage>();
    all.operation("GET /jobs/{jobId}/devices/{deviceId}", "getJobDevice", "One device of a job in full")
        .answers::<DeviceJobDetail>();
    all.operation("GET /jobs/{jobId}/batches", "listJobBatches", "The batches of a job")
        .query("from", "The number of the first in the answer, from 1; those around the open one when not said")
        .answers::<BatchList>();
    all.operation("GET /jobs/{jobId}/failures", "listJobFailures", "Why devices failed, in groups")
        .answers::<FailureReasons>();
    all.operation("GET /jobs/{jobId}/results", "downloadJobResults", "The results log, streamed, at any time")
        .query("format", "`csv` or `ndjson`; `csv` when not said")
        .query("status", STATUS)
        .query("class", CLASS)
        .query("code", CODE)
        .query("responseStatus", RESPONSE_STATUS)
        .query("search", SEARCH)
        .query("batch", BATCH)
        .query("columns", COLUMNS)
        .downloads("text/csv");
    all.operation(
        "POST /jobs/{jobId}/results",
        "downloadJobResultsOf",
        "The results log of chosen devices, streamed; changes nothing",
    )
    .query("format", "`csv` or `ndjson`; `csv` when not said")
    .query("status", STATUS)
    .query("class", CLASS)
    .query("code", CODE)
    .query("responseStatus", RESPONSE_STATUS)
    .query("search", SEARCH)
    .query("batch", BATCH)
    .query("columns", COLUMNS)
    .takes::<ResultsOf>()
    .downloads("text/csv");
    all.operation(
        "GET /jobs/{jobId}/events",
        "streamJobEvents",
        "Live updates as server-sent events; each holds a JobEvent",
    )
    .query("after", "The number after which to go on; `Last-Event-ID` has the same meaning")
    .answers_as_events::<JobEvent>();
    all.operation("GET /jobs/{jobId}/activity", "listJobActivity", "Who did what with a job and said what about it")
        .paged()
        .lists::<AuditEntry>();
    all.operation("POST /jobs/{jobId}/comments", "addJobComment", "Says something about a job, in its activity")
        .takes::<NewComment>()
        .answers_nothing();
}

fn scheduled_jobs(all: &mut Description) {
    all.operation("GET /scheduledJobs", "listScheduledJobs", "Scheduled jobs, in the order of creation unless said")
        .paged()
        .query("search", SEARCH_DESCRIBED)
        .query("orderby", "`displayName` or `nextRun`, with ` desc`; what does not run again is the last")
        .lists::<ScheduledJob>();
    all.operation("GET /scheduledJobs/{scheduledJobId}", "getScheduledJob", "A scheduled job")
        .answers::<ScheduledJob>();
    all.operation("PUT /scheduledJobs/{scheduledJobId}", "putScheduledJob", "Makes a scheduled job or replaces it")
        .if_match()
        .takes::<ScheduledJob>()
        .answers::<ScheduledJob>();
    all.operation("PATCH /scheduledJobs/{scheduledJobId}", "patchScheduledJob", "Changes a scheduled job")
        .if_match()
        .patches()
        .answers::<ScheduledJob>();
    all.operation("DELETE /scheduledJobs/{scheduledJobId}", "deleteScheduledJob", "Ends a schedule").answers_nothing();
    all.operation("GET /scheduledJobs/{scheduledJobId}/jobs", "listScheduledJobRuns", "Its runs, newest first")
        .paged()
        .lists::<Job>();
    all.operation("GET /upcomingRuns", "listUpcomingRuns", "What begins by itself, and when")
        .query("from", "From this time on, at most 366 days from now; now when not said")
        .query("until", "Before this time, at most 62 days later; 31 days later when not said")
        .answers::<UpcomingRuns>();
    all.operation(
        "GET /scheduledJobs/{scheduledJobId}/activity",
        "listScheduledJobActivity",
        "Who did what with a scheduled job",
    )
    .paged()
    .lists::<AuditEntry>();
}

fn groups_and_templates(all: &mut Description) {
    all.operation("GET /deviceGroups", "listDeviceGroups", "Device groups").paged().lists::<DeviceGroup>();
    all.operation("GET /deviceGroups/{deviceGroupId}", "getDeviceGroup", "A device group").answers::<DeviceGroup>();
    all.operation("PUT /deviceGroups/{deviceGroupId}", "putDeviceGroup", "Makes a device group or replaces it")
        .if_match()
        .takes::<DeviceGroup>()
        .answers::<DeviceGroup>();
    all.operation("PATCH /deviceGroups/{deviceGroupId}", "patchDeviceGroup", "Changes a device group")
        .if_match()
        .patches()
        .answers::<DeviceGroup>();
    all.operation("DELETE /deviceGroups/{deviceGroupId}", "deleteDeviceGroup", "Deletes a device group")
        .answers_nothing();
    all.operation("GET /deviceGroups/{deviceGroupId}/devices", "listDeviceGroupDevices", "The members of a group now")
        .paged()
        .lists::<Device>();
    all.operation(
        "GET /deviceGroups/{deviceGroupId}/members",
        "countDeviceGroup",
        "How many devices are in a group now",
    )
    .answers::<GroupMembers>();
    all.operation("POST /deviceGroupPreview", "previewDeviceGroup", "Who a filter selects now")
        .takes::<PreviewGroup>()
        .answers::<GroupMembers>();
    all.operation("GET /deviceTemplates", "listDeviceTemplates", "Device templates").paged().lists::<DeviceTemplate>();
    all.operation("GET /deviceTemplates/{deviceTemplateId}", "getDeviceTemplate", "A device template")
        .answers::<DeviceTemplate>();
    all.operation(
        "PUT /deviceTemplates/{deviceTemplateId}",
        "putDeviceTemplate",
        "Publishes a device template or replaces it",
    )
    .if_match()
    .takes::<DeviceTemplate>()
    .answers::<DeviceTemplate>();
    all.operation("PATCH /deviceTemplates/{deviceTemplateId}", "patchDeviceTemplate", "Changes a device template")
        .if_match()
        .patches()
        .answers::<DeviceTemplate>();
    all.operation("DELETE /deviceTemplates/{deviceTemplateId}", "deleteDeviceTemplate", "Deletes a device template")
        .answers_nothing();
}

fn devices(all: &mut Description) {
    all.operation("GET /devices", "listDevices", "Devices")
        .paged()
        .query("filter", "As in the published version")
        .query("orderby", "`displayName` or `displayName desc`; the order of creation when not said")
        .query("search", SEARCH)
        .query("template", "Only those with this template; `unassigned`: those without one")
        .query("connected", "`true` or `false`")
        .lists::<Device>();
    all.operation("GET /devices/{deviceId}", "getDevice", "A device").answers::<Device>();
    all.operation("PUT /devices/{deviceId}", "putDevice", "Makes a device or replaces it")
        .if_match()
        .takes::<NewDevice>()
        .answers::<Device>();
    all.operation("PATCH /devices/{deviceId}", "patchDevice", "Changes a device")
        .if_match()
        .patches()
        .answers::<Device>();
    all.operation("DELETE /devices/{deviceId}", "deleteDevice", "Deletes a device; its results stay").answers_nothing();
    all.operation("GET /devices/{deviceId}/twin", "getDeviceTwin", "Tags, desired and reported properties")
        .answers::<DeviceTwin>();
    all.operation("PATCH /devices/{deviceId}/twin", "patchDeviceTwin", "Merges into tags and desired properties")
        .if_match()
        .takes::<DeviceTwinPatch>()
        .answers::<DeviceTwin>();
    all.operation(
        "GET /devices/{deviceId}/jobs",
        "listDeviceJobs",
        "The jobs that the device had a part in, newest first",
    )
    .paged()
    .lists::<DeviceJobSummary>();
    all.operation(
        "POST /deviceImport",
        "importDevices",
        "Makes devices from CSV: all or none, of more than 10,000 perhaps the first",
    )
    .query("preview", "`true`: only says what would be made")
    .query("template", "Their template")
    .query("organization", "Their organization")
    .takes_as::<String>("text/csv")
    .answers::<ImportReport>();
    all.operation(
        "GET /deviceExport",
        "exportDevices",
        "Devices as CSV, streamed; keys only of those that the caller manages",
    )
    .query("filter", "As in the list of devices")
    .query("orderby", "As in the list of devices")
    .query("search", SEARCH)
    .query("template", "As in the list of devices")
    .query("connected", "As in the list of devices")
    .downloads("text/csv");
    all.operation("GET /devices/{deviceId}/credentials", "getDeviceCredentials", "What a device signs in with")
        .answers::<Credentials>();
    all.operation("GET /devices/{deviceId}/attestation", "getDeviceAttestation", "A device's own enrollment")
        .answers::<Value>();
    all.operation(
        "PUT /devices/{deviceId}/attestation",
        "putDeviceAttestation",
        "Gives a device an enrollment of its own",
    )
    .takes::<Value>()
    .answers::<Value>();
    all.operation(
        "PATCH /devices/{deviceId}/attestation",
        "patchDeviceAttestation",
        "Changes a device's own enrollment",
    )
    .patches()
    .answers::<Value>();
    all.operation(
        "DELETE /devices/{deviceId}/attestation",
        "deleteDeviceAttestation",
        "Takes a device's own enrollment away",
    )
    .answers_nothing();
    all.operation("GET /devices/{deviceId}/relationships", "listRelationships", "A device's relationships")
        .paged()
        .lists::<Value>();
    let path = "GET /devices/{deviceId}/relationships/{relationshipId}";
    all.operation(path, "getRelationship", "A relationship").answers::<Value>();
    let path = "PUT /devices/{deviceId}/relationships/{relationshipId}";
    all.operation(path, "putRelationship", "Makes a relationship").takes::<Value>().answers::<Value>();
    let path = "PATCH /devices/{deviceId}/relationships/{relationshipId}";
    all.operation(path, "patchRelationship", "Changes a relationship").patches().answers::<Value>();
    let path = "DELETE /devices/{deviceId}/relationships/{relationshipId}";
    all.operation(path, "deleteRelationship", "Deletes a relationship").answers_nothing();
    all.operation("POST /query", "query", "Asks the data").takes::<Value>().answers::<Value>();
}

/// The same on a device, on a component of it, on a module and on a component of that.
fn properties_and_commands(all: &mut Description) {
    for (place, get, put, patch) in [
        ("/devices/{deviceId}/properties", "getProperties", "replaceProperties", "patchProperties"),
        (
            "/devices/{deviceId}/components/{componentName}/properties",
            "getComponentProperties",
            "replaceComponentProperties",
            "patchComponentProperties",
        ),
        (
            "/devices/{deviceId}/modules/{moduleName}/properties",
            "getModuleProperties",
            "replaceModuleProperties",
            "patchModuleProperties",
        ),
        (
            "/devices/{deviceId}/modules/{moduleName}/components/{componentName}/properties",
            "getModuleComponentProperties",
            "replaceModuleComponentProperties",
            "patchModuleComponentProperties",
        ),
    ] {
        all.operation_at("GET", place, get, "Properties and cloud properties")
            .query("unmodeled", "`true`: also what the template does not have")
            .answers::<Value>();
        all.operation_at("PUT", place, put, "Replaces properties").takes::<Value>().answers_with::<Value>("202");
        all.operation_at("PATCH", place, patch, "Changes properties").patches().answers_with::<Value>("202");
    }
    for (place, list, run, telemetry) in [
        ("/devices/{deviceId}", "listCommandCalls", "runCommand", "getTelemetry"),
        (
            "/devices/{deviceId}/components/{componentName}",
            "listComponentCommandCalls",
            "runComponentCommand",
            "getComponentTelemetry",
        ),
        (
            "/devices/{deviceId}/modules/{moduleName}",
            "listModuleCommandCalls",
            "runModuleCommand",
            "getModuleTelemetry",
        ),
        (
            "/devices/{deviceId}/modules/{moduleName}/components/{componentName}",
            "listModuleComponentCommandCalls",
            "runModuleComponentCommand",
            "getModuleComponentTelemetry",
        ),
    ] {
        let commands = format!("{place}/commands/{{commandName}}");
        all.operation_at("GET", &commands, list, "Calls of a command, newest first").paged().lists::<Command>();
        all.operation_at("POST", &commands, run, "Calls a command").takes::<Command>().answers_with::<Command>("201");
        let latest = format!("{place}/telemetry/{{telemetryName}}");
        all.operation_at("GET", &latest, telemetry, "The last value of a telemetry").answers::<Value>();
    }
    all.operation("GET /devices/{deviceId}/components", "listComponents", "A device's components").lists::<Value>();
    all.operation("GET /devices/{deviceId}/modules", "listModules", "A device's modules").lists::<Value>();
    all.operation(
        "GET /devices/{deviceId}/modules/{moduleName}/components",
        "listModuleComponents",
        "A module's components",
    )
    .lists::<Value>();
}

fn access(all: &mut Description) {
    all.operation("GET /organizations", "listOrganizations", "Organizations").paged().lists::<Organization>();
    all.operation("GET /organizations/{organizationId}", "getOrganization", "An organization")
        .answers::<Organization>();
    all.operation("PUT /organizations/{organizationId}", "putOrganization", "Makes an organization or replaces it")
        .takes::<Organization>()
        .answers::<Organization>();
    all.operation("PATCH /organizations/{organizationId}", "patchOrganization", "Changes an organization")
        .patches()
        .answers::<Organization>();
    all.operation("DELETE /organizations/{organizationId}", "deleteOrganization", "Deletes an organization")
        .answers_nothing();
    all.operation("GET /roles", "listRoles", "Roles").paged().lists::<Role>();
    all.operation("GET /roles/{roleId}", "getRole", "A role").answers::<Role>();
    all.operation("GET /users", "listUsers", "Users").paged().lists::<User>();
    all.operation("GET /users/{userId}", "getUser", "A user").answers::<User>();
    all.operation("PUT /users/{userId}", "putUser", "Makes a user or replaces it").takes::<User>().answers::<User>();
    all.operation("PATCH /users/{userId}", "patchUser", "Changes a user").patches().answers::<User>();
    all.operation("DELETE /users/{userId}", "deleteUser", "Deletes a user; the sessions end").answers_nothing();
    all.operation(
        "POST /users/{userId}/password",
        "makePassword",
        "Makes a new password for a user, shown once; the sessions end",
    )
    .answers::<PasswordMade>();
    all.operation("GET /apiTokens", "listApiTokens", "API tokens, without their text").paged().lists::<ApiToken>();
    all.operation("GET /apiTokens/{tokenId}", "getApiToken", "An API token, without its text").answers::<ApiToken>();
    all.operation("PUT /apiTokens/{tokenId}", "createApiToken", "Makes an API token; its text is shown once")
        .takes::<ApiToken>()
        .answers::<ApiToken>();
    all.operation("DELETE /apiTokens/{tokenId}", "revokeApiToken", "Revokes an API token").answers_nothing();
    all.operation("GET /audit", "listAudit", "What was changed by whom, newest first")
        .paged()
        .query("actor", "Only what this one did")
        .query("kind", "Only this kind of thing")
        .query("id", "Only the thing of this id")
        .query("since", "Only at this time or later")
        .query("until", "Only before this time")
        .lists::<AuditEntry>();
    all.operation("GET /auditExport", "exportAudit", "The audit log as CSV or NDJSON, streamed")
        .query("format", "`csv` or `ndjson`; `csv` when not said")
        .query("actor", "Only what this one did")
        .query("kind", "Only this kind of thing")
        .query("id", "Only the thing of this id")
        .query("since", "Only at this time or later")
        .query("until", "Only before this time")
        .downloads("text/csv");
}

fn enrollment(all: &mut Description) {
    let group = "/enrollmentGroups/{enrollmentGroupId}";
    let certificate = "/enrollmentGroups/{enrollmentGroupId}/certificates/{entry}";
    all.operation("GET /enrollmentGroups", "listEnrollmentGroups", "Enrollment groups").paged().lists::<Value>();
    all.operation_at("GET", group, "getEnrollmentGroup", "An enrollment group").answers::<Value>();
    all.operation_at("PUT", group, "putEnrollmentGroup", "Makes an enrollment group")
        .takes::<Value>()
        .answers::<Value>();
    all.operation_at("PATCH", group, "patchEnrollmentGroup", "Changes an enrollment group")
        .patches()
        .answers::<Value>();
    all.operation_at("DELETE", group, "deleteEnrollmentGroup", "Deletes an enrollment group").answers_nothing();
    all.operation_at("GET", certificate, "getCertificate", "A certificate of an enrollment group").answers::<Value>();
    all.operation_at("PUT", certificate, "putCertificate", "Uploads a certificate").takes::<Value>().answers::<Value>();
    all.operation_at("DELETE", certificate, "deleteCertificate", "Removes a certificate").answers_nothing();
    let code = format!("{certificate}/generateVerificationCode");
    all.operation_at("POST", &code, "makeVerificationCode", "Makes a code to prove possession").answers::<Value>();
    let verify = format!("{certificate}/verify");
    all.operation_at("POST", &verify, "verifyCertificate", "Proves possession").takes::<Value>().answers_nothing();
}
