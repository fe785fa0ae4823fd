//! Every route of the central face with the versions in which it exists and the permission it needs
//! (iot-central §1.1, §9.2): one table.

use axum::http::{HeaderValue, Method, header};
use bellwether_model::access::Permission;
use futures::future::BoxFuture;

use super::call::{Answer, Call};
use super::error::{CentralError, Code};
use super::version::{Resource, Version, Versions};
use super::{
    api_tokens, attestation, device_groups, device_templates, enrollment_groups, jobs, organizations, properties,
    query, roles, users,
};
use crate::path::params;

/// Does what a route is for.
type Operation = fn(Call) -> BoxFuture<'static, Result<Answer, CentralError>>;

/// One operation of the API.
pub(crate) struct Route {
    /// The verb.
    pub method: Method,
    /// The path below `/api`; a segment in braces takes any text.
    pub path: &'static str,
    /// Where it exists.
    pub versions: Versions,
    /// What a role of the caller must allow; the operation learns where it does ([`Call::scope`]).
    pub permission: Permission,
    /// What its bodies are about.
    pub resource: Resource,
    /// What it does.
    pub run: Operation,
}

/// `preview` keeps cloud properties apart from the device's, and lists the devices of a template.
const PREVIEW: Versions = Versions::only(&[Version::Preview]);

/// Versions in which device groups can be changed.
const DEVICE_GROUPS: Versions = Versions::from(Version::V1_2Preview);

/// Versions that have enrollment groups.
const ENROLLMENT_GROUPS: Versions = Versions::from(Version::V2022_06_30Preview);

/// Versions that have organizations.
const ORGANIZATIONS: Versions = Versions::from(Version::V1_1Preview);

/// The routes.
pub(crate) static ROUTES: &[Route] = &[
    route(
        Method::POST,
        "/query",
        Versions::from(Version::V1_1Preview).without(&[Version::V2022_07_31]),
        Permission::QueryData,
        Resource::Query,
        |call| Box::pin(query::ask(call)),
    ),
    route(Method::GET, "/deviceGroups", Versions::ALL, Permission::ViewGroups, Resource::DeviceGroup, |call| {
        Box::pin(device_groups::list(call))
    }),
    route(
        Method::GET,
        "/deviceGroups/{deviceGroupId}",
        DEVICE_GROUPS,
        Permission::ViewGroups,
        Resource::DeviceGroup,
        |call| Box::pin(device_groups::get(call)),
    ),
    route(
        Method::PUT,
        "/deviceGroups/{deviceGroupId}",
        DEVICE_GROUPS,
        Permission::ManageGroups,
        Resource::DeviceGroup,
        |call| Box::pin(device_groups::put(call)),
    ),
    route(
        Method::PATCH,
        "/deviceGroups/{deviceGroupId}",
        DEVICE_GROUPS,
        Permission::ManageGroups,
        Resource::DeviceGroup,
        |call| Box::pin(device_groups::patch(call)),
    ),
    route(
        Method::DELETE,
        "/deviceGroups/{deviceGroupId}",
        DEVICE_GROUPS,
        Permission::ManageGroups,
        Resource::Plain,
        |call| Box::pin(device_groups::delete(call)),
    ),
    route(
        Method::GET,
        "/deviceGroups/{deviceGroupId}/devices",
        Versions::from(Version::V2022_06_30Preview),
        Permission::ViewGroups,
        Resource::Device,
        |call| Box::pin(device_groups::devices(call)),
    ),
    route(
        Method::GET,
        "/devices/{deviceId}/attestation",
        Versions::ALL,
        Permission::ManageDevices,
        Resource::Attestation,
        |call| Box::pin(attestation::get(call)),
    ),
    route(
        Method::PUT,
        "/devices/{deviceId}/attestation",
        Versions::ALL,
        Permission::ManageDevices,
        Resource::Attestation,
        |call| Box::pin(attestation::put(call)),
    ),
    route(
        Method::PATCH,
        "/devices/{deviceId}/attestation",
        Versions::ALL,
        Permission::ManageDevices,
        Resource::Attestation,
        |call| Box::pin(attestation::patch(call)),
    ),
    route(
        Method::DELETE,
        "/devices/{deviceId}/attestation",
        Versions::ALL,
        Permission::ManageDevices,
        Resource::Plain,
        |call| Box::pin(attestation::delete(call)),
    ),
    route(
        Method::GET,
        "/devices/{deviceId}/credentials",
        Versions::ALL,
        Permission::ManageDevices,
        Resource::Credentials,
        |call| Box::pin(attestation::credentials(call)),
    ),
    route(
        Method::GET,
        "/enrollmentGroups",
        ENROLLMENT_GROUPS,
        Permission::ManageEnrollment,
        Resource::EnrollmentGroup,
        |call| Box::pin(enrollment_groups::list(call)),
    ),
    route(
        Method::GET,
        "/enrollmentGroups/{enrollmentGroupId}",
        ENROLLMENT_GROUPS,
        Permission::ManageEnrollment,
        Resource::EnrollmentGroup,
        |call| Box::pin(enrollment_groups::get(call)),
    ),
    route(
        Method::PUT,
        "/enrollmentGroups/{enrollmentGroupId}",
        ENROLLMENT_GROUPS,
        Permission::ManageEnrollment,
        Resource::EnrollmentGroup,
        |call| Box::pin(enrollment_groups::put(call)),
    ),
    route(
        Method::PATCH,
        "/enrollmentGroups/{enrollmentGroupId}",
        ENROLLMENT_GROUPS,
        Permission::ManageEnrollment,
        Resource::EnrollmentGroup,
        |call| Box::pin(enrollment_groups::patch(call)),
    ),
    route(
        Method::DELETE,
        "/enrollmentGroups/{enrollmentGroupId}",
        ENROLLMENT_GROUPS,
        Permission::ManageEnrollment,
        Resource::Plain,
        |call| Box::pin(enrollment_groups::delete(call)),
    ),
    route(
        Method::GET,
        "/enrollmentGroups/{enrollmentGroupId}/certificates/{entry}",
        ENROLLMENT_GROUPS,
        Permission::ManageEnrollment,
        Resource::SigningCertificate,
        |call| Box::pin(enrollment_groups::get_certificate(call)),
    ),
    route(
        Method::PUT,
        "/enrollmentGroups/{enrollmentGroupId}/certificates/{entry}",
        ENROLLMENT_GROUPS,
        Permission::ManageEnrollment,
        Resource::SigningCertificate,
        |call| Box::pin(enrollment_groups::put_certificate(call)),
    ),
    route(
        Method::DELETE,
        "/enrollmentGroups/{enrollmentGroupId}/certificates/{entry}",
        ENROLLMENT_GROUPS,
        Permission::ManageEnrollment,
        Resource::Plain,
        |call| Box::pin(enrollment_groups::delete_certificate(call)),
    ),
    route(
        Method::POST,
        "/enrollmentGroups/{enrollmentGroupId}/certificates/{entry}/generateVerificationCode",
        ENROLLMENT_GROUPS,
        Permission::ManageEnrollment,
        Resource::VerificationCode,
        |call| Box::pin(enrollment_groups::generate_verification_code(call)),
    ),
    route(
        Method::POST,
        "/enrollmentGroups/{enrollmentGroupId}/certificates/{entry}/verify",
        ENROLLMENT_GROUPS,
        Permission::ManageEnrollment,
        Resource::Verification,
        |call| Box::pin(enrollment_groups::verify(call)),
    ),
    route(
        Method::GET,
        "/deviceTemplates",
        Versions::ALL,
        Permission::ViewTemplates,
        Resource::DeviceTemplate,
        |call| Box::pin(device_templates::list(call)),
    ),
    route(
        Method::GET,
        "/deviceTemplates/{deviceTemplateId}",
        Versions::ALL,
        Permission::ViewTemplates,
        Resource::DeviceTemplate,
        |call| Box::pin(device_templates::get(call)),
    ),
    route(
        Method::PUT,
        "/deviceTemplates/{deviceTemplateId}",
        Versions::ALL,
        Permission::ManageTemplates,
        Resource::DeviceTemplate,
        |call| Box::pin(device_templates::put(call)),
    ),
    route(
        Method::PATCH,
        "/deviceTemplates/{deviceTemplateId}",
        Versions::ALL,
        Permission::ManageTemplates,
        Resource::DeviceTemplate,
        |call| Box::pin(device_templates::patch(call)),
    ),
    route(
        Method::DELETE,
        "/deviceTemplates/{deviceTemplateId}",
        Versions::ALL,
        Permission::ManageTemplates,
        Resource::Plain,
        |call| Box::pin(device_templates::delete(call)),
    ),
    route(
        Method::GET,
        "/deviceTemplates/{deviceTemplateId}/merged",
        PREVIEW,
        Permission::ViewTemplates,
        Resource::DeviceTemplate,
        |call| Box::pin(device_templates::get(call)),
    ),
    route(
        Method::GET,
        "/deviceTemplates/{deviceTemplateId}/devices",
        PREVIEW,
        Permission::ViewDevices,
        Resource::Device,
        |call| Box::pin(device_templates::devices(call)),
    ),
    route(
        Method::GET,
        "/devices/{deviceId}/properties",
        Versions::ALL,
        Permission::ViewDevices,
        Resource::Plain,
        |call| Box::pin(properties::get(call)),
    ),
    route(
        Method::PUT,
        "/devices/{deviceId}/properties",
        Versions::ALL,
        Permission::ManageDevices,
        Resource::Plain,
        |call| Box::pin(properties::put(call)),
    ),
    route(
        Method::PATCH,
        "/devices/{deviceId}/properties",
        Versions::ALL,
        Permission::ManageDevices,
        Resource::Plain,
        |call| Box::pin(properties::patch(call)),
    ),
    route(
        Method::GET,
        "/devices/{deviceId}/cloudProperties",
        PREVIEW,
        Permission::ViewDevices,
        Resource::Plain,
        |call| Box::pin(properties::get_cloud(call)),
    ),
    route(
        Method::PUT,
        "/devices/{deviceId}/cloudProperties",
        PREVIEW,
        Permission::ManageDevices,
        Resource::Plain,
        |call| Box::pin(properties::put_cloud(call)),
    ),
    route(
        Method::PATCH,
        "/devices/{deviceId}/cloudProperties",
        PREVIEW,
        Permission::ManageDevices,
        Resource::Plain,
        |call| Box::pin(properties::patch_cloud(call)),
    ),
    route(
        Method::GET,
        "/devices/{deviceId}/components",
        Versions::ALL,
        Permission::ViewDevices,
        Resource::Component,
        |call| Box::pin(properties::components(call)),
    ),
    route(
        Method::GET,
        "/devices/{deviceId}/components/{componentName}/properties",
        Versions::ALL,
        Permission::ViewDevices,
        Resource::Plain,
        |call| Box::pin(properties::get_component(call)),
    ),
    route(
        Method::PUT,
        "/devices/{deviceId}/components/{componentName}/properties",
        Versions::ALL,
        Permission::ManageDevices,
        Resource::Plain,
        |call| Box::pin(properties::put_component(call)),
    ),
    route(
        Method::PATCH,
        "/devices/{deviceId}/components/{componentName}/properties",
        Versions::ALL,
        Permission::ManageDevices,
        Resource::Plain,
        |call| Box::pin(properties::patch_component(call)),
    ),
    route(
        Method::GET,
        "/devices/{deviceId}/modules",
        Versions::ALL,
        Permission::ViewDevices,
        Resource::Component,
        |call| Box::pin(properties::modules(call)),
    ),
    route(
        Method::GET,
        "/devices/{deviceId}/modules/{moduleName}/components",
        Versions::ALL,
        Permission::ViewDevices,
        Resource::Component,
        |call| Box::pin(properties::module_components(call)),
    ),
    route(
        Method::GET,
        "/devices/{deviceId}/modules/{moduleName}/properties",
        Versions::ALL,
        Permission::ViewDevices,
        Resource::Plain,
        |call| Box::pin(properties::get_module(call)),
    ),
    route(
        Method::PUT,
        "/devices/{deviceId}/modules/{moduleName}/properties",
        Versions::ALL,
        Permission::ManageDevices,
        Resource::Plain,
        |call| Box::pin(properties::set_module(call)),
    ),
    route(
        Method::PATCH,
        "/devices/{deviceId}/modules/{moduleName}/properties",
        Versions::ALL,
        Permission::ManageDevices,
        Resource::Plain,
        |call| Box::pin(properties::set_module(call)),
    ),
    route(
        Method::GET,
        "/devices/{deviceId}/modules/{moduleName}/components/{componentName}/properties",
        Versions::ALL,
        Permission::ViewDevices,
        Resource::Plain,
        |call| Box::pin(properties::get_module(call)),
    ),
    route(
        Method::PUT,
        "/devices/{deviceId}/modules/{moduleName}/components/{componentName}/properties",
        Versions::ALL,
        Permission::ManageDevices,
        Resource::Plain,
        |call| Box::pin(properties::set_module(call)),
    ),
    route(
        Method::PATCH,
        "/devices/{deviceId}/modules/{moduleName}/components/{componentName}/properties",
        Versions::ALL,
        Permission::ManageDevices,
        Resource::Plain,
        |call| Box::pin(properties::set_module(call)),
    ),
    route(
        Method::GET,
        "/organizations",
        ORGANIZATIONS,
        Permission::ViewOrganizations,
        Resource::Organization,
        |call| Box::pin(organizations::list(call)),
    ),
    route(
        Method::GET,
        "/organizations/{organizationId}",
        ORGANIZATIONS,
        Permission::ViewOrganizations,
        Resource::Organization,
        |call| Box::pin(organizations::get(call)),
    ),
    route(
        Method::PUT,
        "/organizations/{organizationId}",
        ORGANIZATIONS,
        Permission::ManageOrganizations,
        Resource::Organization,
        |call| Box::pin(organizations::put(call)),
    ),
    route(
        Method::PATCH,
        "/organizations/{organizationId}",
        ORGANIZATIONS,
        Permission::ManageOrganizations,
        Resource::Organization,
        |call| Box::pin(organizations::patch(call)),
    ),
    route(
        Method::DELETE,
        "/organizations/{organizationId}",
        ORGANIZATIONS,
        Permission::ManageOrganizations,
        Resource::Plain,
        |call| Box::pin(organizations::delete(call)),
    ),
    route(Method::GET, "/jobs", Versions::ALL, Permission::ViewJobs, Resource::Job, |call| Box::pin(jobs::list(call))),
    route(Method::GET, "/jobs/{jobId}", Versions::ALL, Permission::ViewJobs, Resource::Job, |call| {
        Box::pin(jobs::get(call))
    }),
    route(Method::PUT, "/jobs/{jobId}", Versions::ALL, Permission::RunJobs, Resource::Job, |call| {
        Box::pin(jobs::put(call))
    }),
    route(Method::GET, "/jobs/{jobId}/devices", Versions::ALL, Permission::ViewJobs, Resource::JobDevice, |call| {
        Box::pin(jobs::devices(call))
    }),
    route(Method::POST, "/jobs/{jobId}/stop", Versions::ALL, Permission::RunJobs, Resource::Plain, |call| {
        Box::pin(jobs::stop(call))
    }),
    route(Method::POST, "/jobs/{jobId}/resume", Versions::ALL, Permission::RunJobs, Resource::Plain, |call| {
        Box::pin(jobs::resume(call))
    }),
    route(Method::PUT, "/jobs/{jobId}/rerun/{rerunId}", Versions::ALL, Permission::RunJobs, Resource::Job, |call| {
        Box::pin(jobs::rerun(call))
    }),
    route(Method::GET, "/roles", Versions::ALL, Permission::ViewRoles, Resource::Role, |call| {
        Box::pin(roles::list(call))
    }),
    route(Method::GET, "/roles/{roleId}", Versions::ALL, Permission::ViewRoles, Resource::Role, |call| {
        Box::pin(roles::get(call))
    }),
    route(Method::GET, "/users", Versions::ALL, Permission::ManageUsers, Resource::User, |call| {
        Box::pin(users::list(call))
    }),
    route(Method::GET, "/users/{userId}", Versions::ALL, Permission::ManageUsers, Resource::User, |call| {
        Box::pin(users::get(call))
    }),
    route(Method::PUT, "/users/{userId}", Versions::ALL, Permission::ManageUsers, Resource::User, |call| {
        Box::pin(users::put(call))
    }),
    route(Method::PATCH, "/users/{userId}", Versions::ALL, Permission::ManageUsers, Resource::User, |call| {
        Box::pin(users::patch(call))
    }),
    route(Method::DELETE, "/users/{userId}", Versions::ALL, Permission::ManageUsers, Resource::Plain, |call| {
        Box::pin(users::delete(call))
    }),
    route(Method::GET, "/apiTokens", Versions::ALL, Permission::ManageTokens, Resource::ApiToken, |call| {
        Box::pin(api_tokens::list(call))
    }),
    route(Method::GET, "/apiTokens/{tokenId}", Versions::ALL, Permission::ManageTokens, Resource::ApiToken, |call| {
        Box::pin(api_tokens::get(call))
    }),
    route(Method::PUT, "/apiTokens/{tokenId}", Versions::ALL, Permission::ManageTokens, Resource::ApiToken, |call| {
        Box::pin(api_tokens::put(call))
    }),
    route(Method::DELETE, "/apiTokens/{tokenId}", Versions::ALL, Permission::ManageTokens, Resource::Plain, |call| {
        Box::pin(api_tokens::delete(call))
    }),
];

const fn route(
    method: Method,
    path: &'static str,
    versions: Versions,
    permission: Permission,
    resource: Resource,
    run: Operation,
) -> Route {
    Route { method, path, versions, permission, resource, run }
}

/// A route, and what stands in the path for its parameters.
pub(crate) struct Found {
    /// The route.
    pub route: &'static Route,
    /// In the path's order, decoded.
    pub params: Vec<String>,
}

/// The route of a request; `path` begins after `/api`. One slash at the end does not matter.
///
/// # Errors
/// 404 when no route has this path in this version, 405 when one has, but not with this verb.
pub(crate) fn find(method: &Method, path: &str, version: Version) -> Result<Found, CentralError> {
    let mut allowed: Vec<&str> = Vec::new();
    let mut elsewhere = false;
    for route in ROUTES {
        let Some(params) = params(route.path, path) else { continue };
        if !route.versions.contains(version) {
            elsewhere = true;
        } else if route.method == *method {
            return Ok(Found { route, params });
        } else if !allowed.contains(&route.method.as_str()) {
            allowed.push(route.method.as_str());
        }
    }
    if allowed.is_empty() {
        let text = match elsewhere {
            true => format!("api-version {} has nothing at this path; another has", version.as_str()),
            false => "there is nothing at this path".to_owned(),
        };
        return Err(CentralError::new(Code::NotFound, text));
    }
    let allowed = allowed.join(", ");
    let mut error = CentralError::new(Code::MethodNotAllowed, format!("this path takes only {allowed}"));
    error.headers.extend(HeaderValue::from_str(&allowed).ok().map(|value| (header::ALLOW, value)));
    Err(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_route_hides_behind_another() {
        for route in ROUTES {
            for version in Version::ALL.into_iter().filter(|version| route.versions.contains(*version)) {
                let found = find(&route.method, route.path, version).map(|found| found.route.path);
                assert_eq!(found.ok(), Some(route.path), "{} {}", route.method, route.path);
            }
        }
    }

    #[test]
    fn a_path_of_another_version_says_so() {
        let error = find(&Method::GET, "/organizations", Version::Preview).err().unwrap();
        assert_eq!(error.code, Code::NotFound);
        assert!(error.message.contains("another has"), "{}", error.message);
        let error = find(&Method::GET, "/nothing", Version::Preview).err().unwrap();
        assert_eq!(error.message, "there is nothing at this path");
    }
}
