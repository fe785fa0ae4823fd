//! Roles and users (iot-central §9.2, §9.3).

use bellwether_model::access::Role;
use serde_json::{Value, json};

use super::{Central, NEWEST, make_token, outcome};

#[tokio::test]
async fn roles() {
    let central = Central::start().await;
    let list = central.ask("GET /roles", "").await.json();
    let shown: Vec<(&str, &str)> = list["value"]
        .as_array()
        .unwrap()
        .iter()
        .map(|role| (role["id"].as_str().unwrap(), role["displayName"].as_str().unwrap()))
        .collect();
    assert_eq!(
        shown,
        [
            ("ca310b8d-2f4a-44e0-a36e-957c202cd8d4", "Administrator"),
            ("344138e9-8de4-4497-8c54-5237e96d6aaf", "Builder"),
            ("ae2c9854-393b-4f97-8c42-479d70ce626e", "Operator"),
            ("c495eb57-eb18-489e-9802-62c474e5645c", "Org Admin"),
            ("b4935647-30e4-4ed3-9074-dcac66c2f8ef", "Org Operator"),
            ("84cc62c1-dabe-49d3-b16e-8b291232b285", "Org Viewer"),
        ]
    );
    for (id, name) in shown {
        let role = central.ask(&format!("GET /roles/{id}"), "").await.json();
        assert_eq!(role, json!({"id": id, "displayName": name}));
    }
    assert_eq!(outcome(&central.ask("GET /roles/none", "").await), "404 NotFound");
    let page = central.ask("GET /roles?maxpagesize=4", "").await.json();
    assert_eq!(page["value"].as_array().unwrap().len(), 4);
    let next = page["nextLink"].as_str().unwrap().split_once("/api").unwrap().1;
    let rest = central.ask(&format!("GET {next}"), "").await.json();
    assert_eq!((rest["value"].as_array().unwrap().len(), rest.get("nextLink")), (2, None));
}

#[tokio::test]
async fn our_own_version_says_what_a_role_allows() {
    let central = Central::start().await;
    let list = central.ask_as(Some(&central.token), "bellwether-1", "GET /roles", &[], "").await.json();
    let roles = list["value"].as_array().unwrap();
    let count = |role: &Value| role["permissions"].as_array().unwrap().len();
    // All; without administration; without templates and enrollment; all but these; as the operator; reading.
    assert_eq!(roles.iter().map(count).collect::<Vec<_>>(), [17, 13, 11, 15, 11, 7]);
    let within: Vec<bool> = roles.iter().map(|role| role["withinOrganization"].as_bool().unwrap()).collect();
    assert_eq!(within, [false, false, false, true, true, true]);
    let path = format!("GET /roles/{}", Role::OrgViewer.id());
    let viewer = central.ask_as(Some(&central.token), "bellwether-1", &path, &[], "").await.json();
    assert_eq!(
        viewer["permissions"],
        json!([
            "viewDevices",
            "viewGroups",
            "viewTemplates",
            "viewJobs",
            "queryData",
            "viewOrganizations",
            "viewRoles"
        ])
    );
}

fn user(identity: Value, roles: &[(Role, Option<&str>)]) -> String {
    let mut user = identity;
    user["roles"] = roles
        .iter()
        .map(|(role, organization)| match organization {
            Some(organization) => json!({"role": role.id(), "organization": organization}),
            None => json!({"role": role.id()}),
        })
        .collect();
    user.to_string()
}

fn email(email: &str, roles: &[(Role, Option<&str>)]) -> String {
    user(json!({"type": "email", "email": email}), roles)
}

#[tokio::test]
async fn of_an_administrator() {
    let central = Central::start().await;
    let operator = [(Role::Operator, None)];
    let of_eu = [(Role::OrgViewer, Some("eu"))];
    let principal = json!({"type": "servicePrincipal", "tenantId": "t1", "objectId": "o1"});
    let group = json!({"type": "adGroup", "tenantId": "t1", "objectId": "o2"});
    let no_roles = json!({"type": "email", "email": "b@c.d", "roles": []}).to_string();
    let no_role = json!({"type": "email", "email": "b@c.d", "roles": [{"role": "none"}]}).to_string();
    central
        .check(
            &central.token,
            &[
                ("PUT /organizations/eu", "{}", "200", ""),
                (
                    "PUT /users/user-001",
                    &email("user5@contoso.com", &operator),
                    "200",
                    r#"{"id":"user-001","type":"email","email":"user5@contoso.com","roles":[{"role":"ae2c9854-393b-4f97-8c42-479d70ce626e"}]}"#,
                ),
                ("PUT /users/p", &user(principal.clone(), &of_eu), "200", r#""organization":"eu""#),
                ("PUT /users/g", &user(group, &of_eu), "200", r#""type":"adGroup""#),
                // The article's change of a role.
                ("PATCH /users/user-001", r#"{"roles":[{"role":"344138e9-8de4-4497-8c54-5237e96d6aaf"}]}"#, "200", "user5@contoso.com"),
                ("GET /users/user-001", "", "200", "344138e9"),
                ("PATCH /users/user-001", r#"{"email":"user6@contoso.com"}"#, "200", "user6@contoso.com"),
                ("PUT /users/a.b", &email("b@c.d", &operator), "400 BadRequest", "userId"),
                ("PUT /users/b", &no_roles, "422 UnprocessableEntity", "at least one role"),
                ("PUT /users/b", &no_role, "422 UnprocessableEntity", "there is no role none"),
                ("PUT /users/b", &email("b", &operator), "422 UnprocessableEntity", "email"),
                ("PUT /users/b", &email("USER6@contoso.com", &operator), "409 Conflict", "already"),
                ("PUT /users/b", &user(principal, &operator), "409 Conflict", "already"),
                ("PUT /users/b", &email("b@c.d", &[(Role::OrgViewer, None)]), "422 UnprocessableEntity", "Org Viewer needs an organization"),
                ("PUT /users/b", &email("b@c.d", &[(Role::Builder, Some("eu"))]), "422 UnprocessableEntity", "Builder is for the whole"),
                ("PUT /users/b", &email("b@c.d", &[(Role::OrgViewer, Some("us"))]), "422 UnprocessableEntity", "there is no organization us"),
                ("PUT /users/b", r#"{"type":"robot","roles":[]}"#, "422 UnprocessableEntity", ""),
                ("PUT /users/b", r#"{"type":"email","roles":[]}"#, "422 UnprocessableEntity", "email"),
                ("PATCH /users/b", "{}", "404 NotFound", "user"),
                ("DELETE /users/b", "", "404 NotFound", "user"),
                ("DELETE /users/g", "", "204", ""),
            ],
        )
        .await;
    assert_eq!(central.ids(&central.token, "/users").await, ["user-001", "p"]);
    // The oldest version knows no organization of a role.
    let old = central.ask_in("preview", "GET /users/p", "").await.json();
    assert_eq!(old["roles"], json!([{"role": Role::OrgViewer.id()}]));
}

#[tokio::test]
async fn within_an_organization() {
    let central = Central::start().await;
    let both = [(Role::OrgViewer, Some("eu")), (Role::OrgViewer, Some("us"))];
    for (call, body) in [
        ("PUT /organizations/eu", "{}".to_owned()),
        ("PUT /organizations/us", "{}".to_owned()),
        ("PUT /users/root", email("a@a.a", &[(Role::Operator, None)])),
        ("PUT /users/us", email("b@b.b", &[(Role::OrgViewer, Some("us"))])),
        ("PUT /users/both", email("c@c.c", &both)),
    ] {
        assert_eq!(outcome(&central.ask(call, &body).await), "200", "{call}");
    }
    let of_eu = make_token(&central.hub, "eu", &[(Role::OrgAdministrator, Some("eu"))]).await;
    let viewer = [(Role::OrgViewer, Some("eu"))];
    let to_root = format!(r#"{{"roles":[{{"role":"{}"}}]}}"#, Role::Administrator.id());
    let mut cases = vec![
        ("PUT /users/mine", email("d@d.d", &viewer), "200", ""),
        ("PATCH /users/mine", r#"{"email":"e@e.e"}"#.to_owned(), "200", ""),
        (
            "PUT /users/x",
            email("f@f.f", &[(Role::OrgViewer, Some("us"))]),
            "422 UnprocessableEntity",
            "there is no organization us",
        ),
        ("PUT /users/x", email("f@f.f", &[(Role::Operator, None)]), "403 Forbidden", "more than the caller"),
        ("PATCH /users/mine", to_root, "403 Forbidden", "more than the caller"),
    ];
    for foreign in ["root", "us", "both"] {
        for (verb, body) in [
            ("GET", String::new()),
            ("PUT", email("g@g.g", &viewer)),
            ("PATCH", "{}".to_owned()),
            ("DELETE", String::new()),
        ] {
            cases.push((format!("{verb} /users/{foreign}").leak(), body, "404 NotFound", "no user"));
        }
    }
    for (call, body, expected, part) in cases {
        central.check(&of_eu, &[(call, &body, expected, part)]).await;
    }
    assert_eq!(central.ids(&of_eu, "/users").await, ["mine"]);
    assert_eq!(central.ids(&central.token, "/users").await, ["root", "us", "both", "mine"]);
}

/// With neither a user nor a token left that is an administrator nobody could ever change anything.
#[tokio::test]
async fn the_last_administrator_stays() {
    let central = Central::start().await;
    let administrator = email("a@a.a", &[(Role::Administrator, None)]);
    let operator = email("a@a.a", &[(Role::Operator, None)]);
    central
        .check(
            &central.token,
            &[
                ("DELETE /apiTokens/administrator", "", "409 Conflict", "last administrator"),
                ("PUT /users/a", &administrator, "200", ""),
                ("PUT /users/a", &operator, "200", ""),
                ("PUT /users/a", &administrator, "200", ""),
                ("DELETE /users/a", "", "204", ""),
                ("PUT /users/a", &administrator, "200", ""),
            ],
        )
        .await;
    // The token ends: then the user is the last one.
    let helper = make_token(&central.hub, "helper", &[(Role::Administrator, None)]).await;
    central.check(&helper, &[("DELETE /apiTokens/administrator", "", "204", "")]).await;
    let last = [("DELETE /apiTokens/helper", "", "204", ""), ("GET /users", "", "401 Unauthorized", "revoked")];
    central.check(&helper, &last).await;
    let reply = central.ask_as(Some(&central.token), NEWEST, "GET /users", &[], "").await;
    assert_eq!(outcome(&reply), "401 Unauthorized");
}
