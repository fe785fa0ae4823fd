//! Every route of the central face with the versions in which it exists, the permission it needs and what its bodies
//! are about (iot-central §1.1, §9.2): one table.

use axum::http::Method;
use bellwether_model::access::Permission;

use super::own::{
    audit, batches, comments, device_export, device_import, device_jobs, device_twin, drafts, failures, family, groups,
    job_events, job_hold, job_lists, preview, results, session, upcoming,
};
use super::router::Route;
use super::version::{Resource, Version, Versions};
use super::{
    api_tokens, attestation, commands, device_groups, device_templates, devices, enrollment_groups, jobs,
    organizations, properties, query, relationships, roles, scheduled_jobs, telemetry, unserved, users,
};

const ALL: Versions = Versions::ALL;
/// What the console needs beyond the newest version.
const OWN: Versions = Versions::only(&[Version::Own]);
/// Only the first version.
const PREVIEW: Versions = Versions::only(&[Version::Preview]);
/// Where groups can be changed.
const DEVICE_GROUPS: Versions = Versions::from(Version::V1_2Preview);
/// Where the devices of a group can be listed.
const GROUP_DEVICES: Versions = Versions::from(Version::V2022_06_30Preview);
const QUERY: Versions = Versions::from(Version::V1_1Preview).without(&[Version::V2022_07_31]);
const ENROLLMENT_GROUPS: Versions = Versions::from(Version::V2022_06_30Preview);
const SCHEDULED_JOBS: Versions = Versions::from(Version::V2022_06_30Preview);
const ORGANIZATIONS: Versions = Versions::from(Version::V1_1Preview);
const RELATIONSHIPS: Versions = Versions::from(Version::V1_1Preview);
const MANIFESTS: Versions = Versions::only(&[Version::V2022_10_31Preview]);
const FILE_UPLOADS: Versions = Versions::from(Version::V1_1Preview).without(&[Version::Own]);
const DATA_EXPORT: Versions = Versions::from(Version::V1_1Preview).without(&[Version::V2022_07_31, Version::Own]);
const DASHBOARDS: Versions = Versions::only(&[Version::V2022_06_30Preview, Version::V2022_10_31Preview]);

/// One row: `VERB "path": versions permission resource operation;`
macro_rules! routes {
    ($($verb:ident $path:literal: $versions:ident $permission:ident $resource:ident $operation:path;)*) => {
        &[$(Route {
            method: Method::$verb,
            path: $path,
            versions: $versions,
            permission: Permission::$permission,
            resource: Resource::$resource,
            run: |call| Box::pin($operation(call)),
        }),*]
    };
}

/// The routes.
pub(crate) static ROUTES: &[Route] = routes! {
    POST "/query": QUERY QueryData Query query::ask;
    GET "/deviceGroups": ALL ViewGroups DeviceGroup device_groups::list;
    GET "/deviceGroups/{deviceGroupId}": DEVICE_GROUPS ViewGroups DeviceGroup device_groups::get;
    PUT "/deviceGroups/{deviceGroupId}": DEVICE_GROUPS ManageGroups DeviceGroup device_groups::put;
    PATCH "/deviceGroups/{deviceGroupId}": DEVICE_GROUPS ManageGroups DeviceGroup device_groups::patch;
    DELETE "/deviceGroups/{deviceGroupId}": DEVICE_GROUPS ManageGroups Plain device_groups::delete;
    GET "/deviceGroups/{deviceGroupId}/devices": GROUP_DEVICES ViewGroups Device device_groups::members;
    GET "/deviceGroups/{deviceGroupId}/members": OWN ViewGroups Plain groups::members;
    POST "/deviceGroupPreview": OWN ViewGroups Plain groups::preview;

    GET "/devices/{deviceId}/attestation": ALL ManageDevices Attestation attestation::get;
    PUT "/devices/{deviceId}/attestation": ALL ManageDevices Attestation attestation::put;
    PATCH "/devices/{deviceId}/attestation": ALL ManageDevices Attestation attestation::patch;
    DELETE "/devices/{deviceId}/attestation": ALL ManageDevices Plain attestation::delete;
    GET "/devices/{deviceId}/credentials": ALL ManageDevices Credentials attestation::credentials;
    GET "/enrollmentGroups": ENROLLMENT_GROUPS ManageEnrollment EnrollmentGroup enrollment_groups::list;
    GET "/enrollmentGroups/{enrollmentGroupId}":
        ENROLLMENT_GROUPS ManageEnrollment EnrollmentGroup enrollment_groups::get;
    PUT "/enrollmentGroups/{enrollmentGroupId}":
        ENROLLMENT_GROUPS ManageEnrollment EnrollmentGroup enrollment_groups::put;
    PATCH "/enrollmentGroups/{enrollmentGroupId}":
        ENROLLMENT_GROUPS ManageEnrollment EnrollmentGroup enrollment_groups::patch;
    DELETE "/enrollmentGroups/{enrollmentGroupId}": ENROLLMENT_GROUPS ManageEnrollment Plain enrollment_groups::delete;
    GET "/enrollmentGroups/{enrollmentGroupId}/certificates/{entry}":
        ENROLLMENT_GROUPS ManageEnrollment SigningCertificate enrollment_groups::get_certificate;
    PUT "/enrollmentGroups/{enrollmentGroupId}/certificates/{entry}":
        ENROLLMENT_GROUPS ManageEnrollment SigningCertificate enrollment_groups::put_certificate;
    DELETE "/enrollmentGroups/{enrollmentGroupId}/certificates/{entry}":
        ENROLLMENT_GROUPS ManageEnrollment Plain enrollment_groups::delete_certificate;
    POST "/enrollmentGroups/{enrollmentGroupId}/certificates/{entry}/generateVerificationCode":
        ENROLLMENT_GROUPS ManageEnrollment VerificationCode enrollment_groups::generate_verification_code;
    POST "/enrollmentGroups/{enrollmentGroupId}/certificates/{entry}/verify":
        ENROLLMENT_GROUPS ManageEnrollment Verification enrollment_groups::verify;
    GET "/deviceTemplates": ALL ViewTemplates DeviceTemplate device_templates::list;
    GET "/deviceTemplates/{deviceTemplateId}": ALL ViewTemplates DeviceTemplate device_templates::get;
    PUT "/deviceTemplates/{deviceTemplateId}": ALL ManageTemplates DeviceTemplate device_templates::put;
    PATCH "/deviceTemplates/{deviceTemplateId}": ALL ManageTemplates DeviceTemplate device_templates::patch;
    DELETE "/deviceTemplates/{deviceTemplateId}": ALL ManageTemplates Plain device_templates::delete;
    GET "/deviceTemplates/{deviceTemplateId}/merged": PREVIEW ViewTemplates DeviceTemplate device_templates::get;
    GET "/devices/{deviceId}/properties": ALL ViewDevices Plain properties::get;
    PUT "/devices/{deviceId}/properties": ALL ManageDevices Plain properties::put;
    PATCH "/devices/{deviceId}/properties": ALL ManageDevices Plain properties::patch;
    GET "/devices/{deviceId}/cloudProperties": PREVIEW ViewDevices Plain properties::get_cloud;
    PUT "/devices/{deviceId}/cloudProperties": PREVIEW ManageDevices Plain properties::put_cloud;
    PATCH "/devices/{deviceId}/cloudProperties": PREVIEW ManageDevices Plain properties::patch_cloud;
    GET "/devices/{deviceId}/components": ALL ViewDevices Component properties::components;
    GET "/devices/{deviceId}/components/{componentName}/properties": ALL ViewDevices Plain properties::get_component;
    PUT "/devices/{deviceId}/components/{componentName}/properties": ALL ManageDevices Plain properties::put_component;
    PATCH "/devices/{deviceId}/components/{componentName}/properties":
        ALL ManageDevices Plain properties::patch_component;
    GET "/devices/{deviceId}/modules": ALL ViewDevices Component properties::modules;
    GET "/devices/{deviceId}/modules/{moduleName}/components": ALL ViewDevices Component properties::module_components;
    GET "/devices/{deviceId}/modules/{moduleName}/properties": ALL ViewDevices Plain properties::get_module;
    PUT "/devices/{deviceId}/modules/{moduleName}/properties": ALL ManageDevices Plain properties::set_module;
    PATCH "/devices/{deviceId}/modules/{moduleName}/properties": ALL ManageDevices Plain properties::set_module;
    GET "/devices/{deviceId}/modules/{moduleName}/components/{componentName}/properties":
        ALL ViewDevices Plain properties::get_module;
    PUT "/devices/{deviceId}/modules/{moduleName}/components/{componentName}/properties":
        ALL ManageDevices Plain properties::set_module;
    PATCH "/devices/{deviceId}/modules/{moduleName}/components/{componentName}/properties":
        ALL ManageDevices Plain properties::set_module;
    GET "/jobs": ALL ViewJobs Job jobs::list;
    GET "/jobs/{jobId}": ALL ViewJobs Job jobs::get;
    PUT "/jobs/{jobId}": ALL RunJobs Job jobs::put;
    GET "/jobs/{jobId}/devices": ALL ViewJobs JobDevice jobs::devices;
    GET "/jobs/{jobId}/devices/{deviceId}": OWN ViewJobs Plain device_jobs::get;
    GET "/jobs/{jobId}/batches": OWN ViewJobs Plain batches::list;
    GET "/jobs/{jobId}/failures": OWN ViewJobs Plain failures::list;
    GET "/jobs/{jobId}/results": OWN ViewJobs Plain results::download;
    POST "/jobs/{jobId}/results": OWN ViewJobs Plain results::download_of;
    GET "/jobs/{jobId}/events": OWN ViewJobs Plain job_events::stream;
    POST "/jobs/{jobId}/stop": ALL RunJobs Plain jobs::stop;
    POST "/jobs/{jobId}/resume": ALL RunJobs Plain jobs::resume;
    POST "/jobs/{jobId}/cancel": OWN RunJobs Plain jobs::cancel;
    PUT "/jobs/{jobId}/pauseAfterBatch": OWN RunJobs Plain jobs::pause_after_batch;
    DELETE "/jobs/{jobId}/pauseAfterBatch": OWN RunJobs Plain jobs::withdraw_pause;
    POST "/jobs/{jobId}/acknowledge": OWN RunJobs Plain jobs::acknowledge;
    GET "/jobs/{jobId}/reruns": OWN ViewJobs Job job_lists::reruns;
    GET "/jobs/{jobId}/family": OWN ViewJobs Plain family::of_job;
    PUT "/jobs/{jobId}/rerun/{rerunId}": ALL RunJobs Job jobs::rerun;
    POST "/jobPreview": OWN RunJobs JobPreview preview::ask;
    GET "/jobDrafts": OWN ViewJobs JobDraft drafts::list;
    GET "/jobDrafts/{draftId}": OWN ViewJobs JobDraft drafts::get;
    PUT "/jobDrafts/{draftId}": OWN RunJobs JobDraft drafts::put;
    DELETE "/jobDrafts/{draftId}": OWN RunJobs Plain drafts::delete;
    GET "/jobHold": OWN ViewJobs Plain job_hold::get;
    PUT "/jobHold": OWN RunJobs Plain job_hold::put;
    DELETE "/jobHold": OWN RunJobs Plain job_hold::delete;
    GET "/organizations": ORGANIZATIONS ViewOrganizations Organization organizations::list;
    GET "/organizations/{organizationId}": ORGANIZATIONS ViewOrganizations Organization organizations::get;
    PUT "/organizations/{organizationId}": ORGANIZATIONS ManageOrganizations Organization organizations::put;
    PATCH "/organizations/{organizationId}": ORGANIZATIONS ManageOrganizations Organization organizations::patch;
    DELETE "/organizations/{organizationId}": ORGANIZATIONS ManageOrganizations Plain organizations::delete;
    GET "/roles": ALL ViewRoles Role roles::list;
    GET "/roles/{roleId}": ALL ViewRoles Role roles::get;
    GET "/users": ALL ManageUsers User users::list;
    GET "/users/{userId}": ALL ManageUsers User users::get;
    PUT "/users/{userId}": ALL ManageUsers User users::put;
    PATCH "/users/{userId}": ALL ManageUsers User users::patch;
    DELETE "/users/{userId}": ALL ManageUsers Plain users::delete;
    POST "/users/{userId}/password": OWN ManageUsers Plain session::make_password;
    GET "/apiTokens": ALL ManageTokens ApiToken api_tokens::list;
    GET "/apiTokens/{tokenId}": ALL ManageTokens ApiToken api_tokens::get;
    PUT "/apiTokens/{tokenId}": ALL ManageTokens ApiToken api_tokens::put;
    DELETE "/apiTokens/{tokenId}": ALL ManageTokens Plain api_tokens::delete;
    GET "/audit": OWN ViewAudit Plain audit::list;
    GET "/auditExport": OWN ViewAudit Plain audit::export;
    POST "/jobs/{jobId}/comments": OWN RunJobs Plain comments::add;
    GET "/jobs/{jobId}/activity": OWN ViewJobs Plain audit::of_job;
    GET "/upcomingRuns": OWN ViewJobs Plain upcoming::list;
    GET "/scheduledJobs/{scheduledJobId}/activity": OWN ViewJobs Plain audit::of_scheduled_job;

    GET "/devices": ALL ViewDevices Device devices::list;
    GET "/devices/{deviceId}": ALL ViewDevices Device devices::get;
    PUT "/devices/{deviceId}": ALL ManageDevices Device devices::put;
    PATCH "/devices/{deviceId}": ALL ManageDevices Device devices::patch;
    DELETE "/devices/{deviceId}": ALL ManageDevices Plain devices::delete;
    GET "/devices/{deviceId}/twin": OWN ViewDevices Plain device_twin::get;
    PATCH "/devices/{deviceId}/twin": OWN ManageDevices Plain device_twin::patch;
    GET "/devices/{deviceId}/jobs": OWN ViewJobs Plain device_twin::jobs;
    POST "/deviceImport": OWN ManageDevices DeviceFile device_import::import;
    GET "/deviceExport": OWN ViewDevices Plain device_export::export;
    GET "/deviceTemplates/{deviceTemplateId}/devices": PREVIEW ViewDevices Device devices::list_of_template;
    GET "/devices/{deviceId}/commands/{commandName}": ALL ViewDevices Command commands::history;
    POST "/devices/{deviceId}/commands/{commandName}": ALL ExecuteCommands Command commands::run;
    GET "/devices/{deviceId}/components/{componentName}/commands/{commandName}":
        ALL ViewDevices Command commands::component_history;
    POST "/devices/{deviceId}/components/{componentName}/commands/{commandName}":
        ALL ExecuteCommands Command commands::run_in_component;
    GET "/devices/{deviceId}/modules/{moduleName}/commands/{commandName}":
        ALL ViewDevices Command commands::module_history;
    POST "/devices/{deviceId}/modules/{moduleName}/commands/{commandName}":
        ALL ExecuteCommands Command commands::run_in_module;
    GET "/devices/{deviceId}/modules/{moduleName}/components/{componentName}/commands/{commandName}":
        ALL ViewDevices Command commands::module_history;
    POST "/devices/{deviceId}/modules/{moduleName}/components/{componentName}/commands/{commandName}":
        ALL ExecuteCommands Command commands::run_in_module;
    GET "/devices/{deviceId}/telemetry/{telemetryName}": ALL ViewDevices Telemetry telemetry::get;
    GET "/devices/{deviceId}/components/{componentName}/telemetry/{telemetryName}":
        ALL ViewDevices Telemetry telemetry::get_of_component;
    GET "/devices/{deviceId}/modules/{moduleName}/telemetry/{telemetryName}":
        ALL ViewDevices Telemetry telemetry::get_of_module;
    GET "/devices/{deviceId}/modules/{moduleName}/components/{componentName}/telemetry/{telemetryName}":
        ALL ViewDevices Telemetry telemetry::get_of_module;
    GET "/devices/{deviceId}/relationships": RELATIONSHIPS ViewDevices Relationship relationships::list;
    GET "/devices/{deviceId}/relationships/{relationshipId}": RELATIONSHIPS ViewDevices Relationship relationships::get;
    PUT "/devices/{deviceId}/relationships/{relationshipId}":
        RELATIONSHIPS ManageDevices Relationship relationships::put;
    PATCH "/devices/{deviceId}/relationships/{relationshipId}":
        RELATIONSHIPS ManageDevices Relationship relationships::patch;
    DELETE "/devices/{deviceId}/relationships/{relationshipId}":
        RELATIONSHIPS ManageDevices Plain relationships::delete;
    GET "/deploymentManifests": MANIFESTS ViewDevices Plain unserved::deployment_manifests;
    GET "/deploymentManifests/{deploymentManifestId}": MANIFESTS ViewDevices Plain unserved::deployment_manifests;
    PUT "/deploymentManifests/{deploymentManifestId}": MANIFESTS ViewDevices Plain unserved::deployment_manifests;
    PATCH "/deploymentManifests/{deploymentManifestId}": MANIFESTS ViewDevices Plain unserved::deployment_manifests;
    DELETE "/deploymentManifests/{deploymentManifestId}": MANIFESTS ViewDevices Plain unserved::deployment_manifests;
    POST "/devices/{deviceId}/applyDeploymentManifest": MANIFESTS ViewDevices Plain unserved::deployment_manifests;
    GET "/fileUploads": FILE_UPLOADS ViewDevices Plain unserved::file_uploads;
    PUT "/fileUploads": FILE_UPLOADS ViewDevices Plain unserved::file_uploads;
    PATCH "/fileUploads": FILE_UPLOADS ViewDevices Plain unserved::file_uploads;
    DELETE "/fileUploads": FILE_UPLOADS ViewDevices Plain unserved::file_uploads;
    GET "/dataExport/destinations": DATA_EXPORT ViewDevices Plain unserved::data_export;
    GET "/dataExport/destinations/{destinationId}": DATA_EXPORT ViewDevices Plain unserved::data_export;
    PUT "/dataExport/destinations/{destinationId}": DATA_EXPORT ViewDevices Plain unserved::data_export;
    PATCH "/dataExport/destinations/{destinationId}": DATA_EXPORT ViewDevices Plain unserved::data_export;
    DELETE "/dataExport/destinations/{destinationId}": DATA_EXPORT ViewDevices Plain unserved::data_export;
    GET "/dataExport/destinations/{destinationId}/exports": DATA_EXPORT ViewDevices Plain unserved::data_export;
    GET "/dataExport/exports": DATA_EXPORT ViewDevices Plain unserved::data_export;
    GET "/dataExport/exports/{exportId}": DATA_EXPORT ViewDevices Plain unserved::data_export;
    PUT "/dataExport/exports/{exportId}": DATA_EXPORT ViewDevices Plain unserved::data_export;
    PATCH "/dataExport/exports/{exportId}": DATA_EXPORT ViewDevices Plain unserved::data_export;
    DELETE "/dataExport/exports/{exportId}": DATA_EXPORT ViewDevices Plain unserved::data_export;
    GET "/dataExport/exports/{exportId}/destinations": DATA_EXPORT ViewDevices Plain unserved::data_export;
    GET "/dashboards": DASHBOARDS ViewDevices Plain unserved::dashboards;
    GET "/dashboards/{dashboardId}": DASHBOARDS ViewDevices Plain unserved::dashboards;
    PUT "/dashboards/{dashboardId}": DASHBOARDS ViewDevices Plain unserved::dashboards;
    PATCH "/dashboards/{dashboardId}": DASHBOARDS ViewDevices Plain unserved::dashboards;
    DELETE "/dashboards/{dashboardId}": DASHBOARDS ViewDevices Plain unserved::dashboards;
    GET "/scheduledJobs": SCHEDULED_JOBS ViewJobs ScheduledJob scheduled_jobs::list;
    GET "/scheduledJobs/{scheduledJobId}": SCHEDULED_JOBS ViewJobs ScheduledJob scheduled_jobs::get;
    PUT "/scheduledJobs/{scheduledJobId}": SCHEDULED_JOBS RunJobs ScheduledJob scheduled_jobs::put;
    PATCH "/scheduledJobs/{scheduledJobId}": SCHEDULED_JOBS RunJobs ScheduledJob scheduled_jobs::patch;
    DELETE "/scheduledJobs/{scheduledJobId}": SCHEDULED_JOBS RunJobs Plain scheduled_jobs::delete;
    GET "/scheduledJobs/{scheduledJobId}/jobs": SCHEDULED_JOBS ViewJobs Job scheduled_jobs::jobs;
};
