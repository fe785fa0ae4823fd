//! The bodies of IoT Central's REST API in all their versions, as the published descriptions declare them
//! (iot-central §3, §4, §6 to §10; `tests/data/central/openapi`). A test holds these tables against those files.

use super::Version::{Own, V1_1Preview, V1_2Preview, V2022_06_30Preview, V2022_10_31Preview};
use super::shape::Kind::{List, Object, Switch};
use super::shape::{Member, Shape, Variant};

const fn variant(tag: &'static str, long_tag: &'static str, members: &'static [Member]) -> Variant {
    Variant { tag, long_tag, since: super::Version::Preview, members, stand_in: &[] }
}

/// §7.1, and what our own version has beyond it.
pub(super) static DEVICE: Shape = Shape::Plain(&[
    Member::read_only("connected").since(Own),
    Member::read_only("connectionChanged").since(Own),
    Member::read_only("lastActivity").since(Own),
    Member::read_only("id"),
    Member::new("etag"),
    Member::new("displayName"),
    Member::new("template").in_preview("instanceOf"),
    Member::new("enabled").in_preview("approved"),
    Member::read_only("provisioned"),
    Member::new("simulated"),
    Member::new("organizations").since(V1_1Preview),
    Member::new("type").since(V2022_10_31Preview),
    Member::new("deploymentManifest").since(V2022_10_31Preview),
]);

/// §8.1. `@context` is in no schema, but in what people send and expect back.
pub(super) static DEVICE_TEMPLATE: Shape = Shape::Plain(&[
    Member::read_only("@id").in_preview("id"),
    Member::new("@type").in_preview("types"),
    Member::new("@context"),
    Member::new("etag"),
    Member::new("displayName"),
    Member::new("description"),
    Member::new("capabilityModel"),
]);

/// §6.1.
pub(super) static DEVICE_GROUP: Shape = Shape::Plain(&[
    Member::read_only("id"),
    Member::new("displayName"),
    Member::new("filter").since(V1_2Preview),
    Member::new("description").since(V1_2Preview),
    Member::new("etag").since(V1_2Preview),
    Member::new("organizations").since(V1_1Preview),
]);

static BATCH: Shape = Shape::Plain(&[Member::new("type"), Member::new("value")]);

static THRESHOLD: Shape = Shape::Plain(&[Member::new("type"), Member::new("value"), Member::new("batch").of(Switch)]);

static CAPABILITY: [Member; 3] = [Member::new("target"), Member::new("path"), Member::new("value")];

/// §3.3. Before 1.2-preview every entry has a `target` and a `path`, so a job that was made with a later version
/// shows what it moves the devices to as its target.
static JOB_DATA: Shape = Shape::Tagged(
    &[],
    &[
        variant("property", "PropertyJobData", &CAPABILITY),
        variant("command", "CommandJobData", &CAPABILITY),
        variant("cloudProperty", "CloudPropertyJobData", &CAPABILITY),
        Variant {
            since: V1_2Preview,
            stand_in: &[("target", "template"), ("path", "")],
            ..variant("deviceTemplateMigration", "DeviceTemplateMigrationJobData", &[Member::new("template")])
        },
        Variant {
            since: V2022_10_31Preview,
            stand_in: &[("target", "manifest"), ("path", "")],
            ..variant("deviceManifestMigration", "DeviceManifestMigrationJobData", &[Member::new("manifest")])
        },
    ],
);

/// §3.1, and what our own version has beyond it.
pub(super) static JOB: Shape = Shape::Plain(&[
    Member::new("devices").since(Own),
    Member::read_only("face").since(Own),
    Member::read_only("type").since(Own),
    Member::read_only("hub").since(Own),
    Member::read_only("groupName").since(Own),
    Member::read_only("chosenDevices").since(Own),
    Member::read_only("created").since(Own),
    Member::read_only("owner").since(Own),
    Member::read_only("ownerName").since(Own),
    Member::read_only("target").since(Own),
    Member::read_only("rerunOf").since(Own),
    Member::read_only("reason").since(Own),
    Member::read_only("counters").since(Own),
    Member::read_only("openBatch").since(Own),
    Member::read_only("gauge").since(Own),
    Member::read_only("attention").since(Own),
    Member::read_only("actions").since(Own),
    Member::read_only("event").since(Own),
    Member::read_only("id"),
    Member::read_only("scheduledJobId").since(V2022_06_30Preview),
    Member::new("displayName"),
    Member::new("description"),
    Member::new("group"),
    Member::new("batch").of(Object(&BATCH)),
    Member::new("cancellationThreshold").of(Object(&THRESHOLD)),
    Member::new("data").of(List(&JOB_DATA)),
    Member::read_only("start").since(V2022_06_30Preview),
    Member::read_only("end").since(V2022_06_30Preview),
    Member::read_only("progress").since(V2022_06_30Preview),
    Member::read_only("status"),
    Member::new("organizations").since(V1_1Preview),
]);

/// §3.5.
pub(super) static JOB_DEVICE: Shape = Shape::Plain(&[Member::read_only("id"), Member::read_only("status")]);

static SCHEDULE_END: Shape = Shape::Tagged(
    &[],
    &[
        variant("date", "DateJobScheduleEnd", &[Member::new("date")]),
        variant("occurrences", "OccurrencesJobScheduleEnd", &[Member::new("occurrences")]),
    ],
);

static SCHEDULE: Shape = Shape::Plain(&[
    Member::new("recurrence"),
    Member::new("start"),
    Member::new("end").of(Object(&SCHEDULE_END)),
    Member::new("zone").since(Own),
]);

/// A job of our own version that is only looked at, with its schedule.
pub(super) static JOB_PREVIEW: Shape = Shape::Plain(&[
    Member::new("displayName"),
    Member::new("description"),
    Member::new("group"),
    Member::new("devices"),
    Member::new("batch").of(Object(&BATCH)),
    Member::new("cancellationThreshold").of(Object(&THRESHOLD)),
    Member::new("data").of(List(&JOB_DATA)),
    Member::new("organizations"),
    Member::new("schedule").of(Object(&SCHEDULE)),
    Member::new("scheduledJob"),
    Member::new("rerunOf"),
]);

/// A saved job of our own version. What it holds is not looked at.
pub(super) static JOB_DRAFT: Shape = Shape::Plain(&[
    Member::read_only("id"),
    Member::read_only("etag"),
    Member::new("displayName"),
    Member::new("organizations"),
    Member::read_only("owner"),
    Member::read_only("ownerName"),
    Member::read_only("saved"),
    Member::new("job"),
]);

/// §4.1.
pub(super) static SCHEDULED_JOB: Shape = Shape::Plain(&[
    Member::new("etag"),
    Member::read_only("id"),
    Member::new("displayName"),
    Member::new("description"),
    Member::new("group"),
    Member::new("batch").of(Object(&BATCH)),
    Member::new("cancellationThreshold").of(Object(&THRESHOLD)),
    Member::new("data").of(List(&JOB_DATA)),
    Member::new("organizations"),
    Member::new("schedule").of(Object(&SCHEDULE)),
    Member::new("enabled"),
    Member::read_only("completed"),
    Member::read_only("nextRuns").since(Own),
    Member::read_only("owner").since(Own),
    Member::read_only("ownerName").since(Own),
    Member::read_only("lastRun").since(Own),
    Member::read_only("skipped").since(Own),
    Member::read_only("skips").since(Own),
]);

/// §9.1.
pub(super) static ORGANIZATION: Shape =
    Shape::Plain(&[Member::read_only("id"), Member::new("displayName"), Member::new("parent")]);

/// §9.2.
pub(super) static ROLE: Shape = Shape::Plain(&[Member::read_only("id"), Member::read_only("displayName")]);

static ROLE_ASSIGNMENT: Shape = Shape::Plain(&[Member::new("role"), Member::new("organization").since(V1_1Preview)]);

static PRINCIPAL: [Member; 2] = [Member::new("tenantId"), Member::new("objectId")];

/// §9.3.
pub(super) static USER: Shape = Shape::Tagged(
    &[Member::read_only("id"), Member::new("roles").of(List(&ROLE_ASSIGNMENT))],
    &[
        variant("email", "EmailUser", &[Member::new("email")]),
        variant("servicePrincipal", "ServicePrincipalUser", &PRINCIPAL),
        variant("adGroup", "ADGroupUser", &PRINCIPAL),
    ],
);

/// §9.4.
pub(super) static API_TOKEN: Shape = Shape::Plain(&[
    Member::read_only("id"),
    Member::new("roles").of(List(&ROLE_ASSIGNMENT)),
    Member::new("expiry"),
    Member::read_only("token"),
]);

static SYMMETRIC_KEY: Shape = Shape::Plain(&[Member::new("primaryKey"), Member::new("secondaryKey")]);

static CERTIFICATE: Shape = Shape::Plain(&[Member::new("certificate"), Member::new("info").of(Object(&INFO))]);

/// Read-only by the schema; but a thumbprint is what says which certificate when the certificate itself is not
/// sent, so it is passed on.
static INFO: Shape = Shape::Plain(&[Member::new("sha1Thumbprint")]);

static CERTIFICATES: Shape =
    Shape::Plain(&[Member::new("primary").of(Object(&CERTIFICATE)), Member::new("secondary").of(Object(&CERTIFICATE))]);

static X509: Shape = Shape::Plain(&[Member::new("clientCertificates").of(Object(&CERTIFICATES))]);

static TPM: Shape = Shape::Plain(&[Member::new("endorsementKey")]);

/// §7.5.
pub(super) static ATTESTATION: Shape = Shape::Tagged(
    &[],
    &[
        variant("symmetricKey", "SymmetricKeyAttestation", &[Member::new("symmetricKey").of(Object(&SYMMETRIC_KEY))]),
        variant("x509", "X509Attestation", &[Member::new("x509").of(Object(&X509))]),
        variant("tpm", "TpmAttestation", &[Member::new("tpm").of(Object(&TPM))]),
    ],
);

/// §7.5.
pub(super) static CREDENTIALS: Shape = Shape::Plain(&[
    Member::read_only("idScope"),
    Member::read_only("symmetricKey").of(Object(&SYMMETRIC_KEY)),
    Member::read_only("x509").of(Object(&X509)),
    Member::read_only("tpm").of(Object(&TPM)),
]);

/// §10.
pub(super) static SIGNING_CERTIFICATE: Shape = Shape::Plain(&[
    Member::new("verified"),
    Member::new("certificate"),
    Member::read_only("info").of(Object(&INFO)),
    Member::new("etag"),
]);

static SIGNING_CERTIFICATES: Shape = Shape::Plain(&[
    Member::new("primary").of(Object(&SIGNING_CERTIFICATE)),
    Member::new("secondary").of(Object(&SIGNING_CERTIFICATE)),
]);

static SIGNING_X509: Shape = Shape::Plain(&[Member::new("signingCertificates").of(Object(&SIGNING_CERTIFICATES))]);

static GROUP_ATTESTATION: Shape = Shape::Tagged(
    &[],
    &[
        variant(
            "symmetricKey",
            "GroupSymmetricKeyAttestation",
            &[Member::new("symmetricKey").of(Object(&SYMMETRIC_KEY))],
        ),
        variant("x509", "GroupX509Attestation", &[Member::new("x509").of(Object(&SIGNING_X509))]),
    ],
);

/// §10.
pub(super) static ENROLLMENT_GROUP: Shape = Shape::Plain(&[
    Member::read_only("id"),
    Member::new("displayName"),
    Member::new("enabled"),
    Member::new("type"),
    Member::new("attestation").of(Object(&GROUP_ATTESTATION)),
    Member::new("etag"),
    Member::read_only("idScope").since(V2022_10_31Preview),
]);

/// §10.
pub(super) static VERIFICATION_CODE: Shape = Shape::Plain(&[Member::read_only("verificationCode")]);

/// §10.
pub(super) static VERIFICATION_CERTIFICATE: Shape = Shape::Plain(&[Member::new("certificate")]);

/// §7.4. `name` is only known to the two oldest versions that have relationships; the newest keeps it, so that
/// they can read it again.
pub(super) static RELATIONSHIP: Shape = Shape::Plain(&[
    Member::read_only("id"),
    Member::new("name").until(V1_2Preview),
    Member::new("source"),
    Member::new("target"),
]);

/// §7.3.
pub(super) static COMMAND: Shape = Shape::Plain(&[
    Member::read_only("id"),
    Member::new("connectionTimeout"),
    Member::new("responseTimeout"),
    Member::new("request"),
    Member::read_only("response"),
    Member::read_only("responseCode"),
]);

/// §7.4.
pub(super) static TELEMETRY: Shape = Shape::Plain(&[Member::read_only("value"), Member::read_only("timestamp")]);

/// §11.
pub(super) static QUERY: Shape = Shape::Plain(&[Member::new("query")]);
