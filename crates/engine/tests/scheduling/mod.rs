//! What the tests of scheduled jobs share: a simulated program with groups, organizations and tokens.
#![allow(dead_code, clippy::disallowed_methods)]

use std::time::Duration;

use bellwether_engine::{ScheduledJobError, Settings};
use bellwether_model::Time;
use bellwether_model::access::{Assignment, Caller, Role};
use bellwether_model::api_token::ApiToken;
use bellwether_model::group::DeviceGroup;
use bellwether_model::identity::IfMatch;
use bellwether_model::job::{Delivery, Job, JobData};
use bellwether_model::organization::Organization;
use bellwether_model::schedule::{Definition, End, Recurrence, Schedule, ScheduledJob};
use bellwether_model::template::DeviceTemplate;
use bellwether_store::{JobFilter, Records, StoreError, Stored};

use serde_json::json;

use crate::simulation::Sim;

pub const DAY: Duration = Duration::from_secs(86_400);

const COOLER: &str = "dtmi:acme:cooler;1";

pub fn hours(hours: u64) -> Duration {
    Duration::from_secs(hours * 3600)
}

/// Groups `g`, `g-gone` of the root and `g-eu` of `eu`; tokens are made as needed, `ops` may everything.
pub struct Bed {
    pub sim: Sim,
}

type Kept = Result<Stored<ScheduledJob>, ScheduledJobError>;

impl Bed {
    pub fn new(settings: Settings) -> Bed {
        let bed = Bed { sim: Sim::new(settings) };
        for id in ["eu", "us"] {
            let organization = Organization { id: id.to_owned(), display_name: id.to_owned(), parent: None };
            bed.change(move |records| records.put(organization).map(|_| ()));
        }
        for (id, organization) in [("g", None), ("g-gone", None), ("g-eu", Some("eu"))] {
            let group = DeviceGroup {
                id: id.parse().unwrap(),
                display_name: id.to_owned(),
                description: None,
                filter: "SELECT * FROM devices WHERE $provisioned = true".to_owned(),
                organization: organization.map(str::to_owned),
            };
            bed.change(move |records| records.put(group).map(|_| ()));
        }
        let model = json!({
            "@type": ["ModelDefinition", "DeviceModel"], "displayName": "Cooler",
            "capabilityModel": {
                "@id": COOLER, "@type": "Interface", "contents": [{"@type": "Command", "name": "reboot"}]
            }
        });
        let (template, _) = DeviceTemplate::new(COOLER, model).unwrap();
        bed.change(move |records| records.put(template).map(|_| ()));
        bed.token("ops", &[(Role::Administrator, None)], "2099-01-01T00:00:00Z");
        bed
    }

    pub fn change(&self, change: impl FnOnce(&Records<'_>) -> Result<(), StoreError> + Send + 'static) {
        self.sim.block_on(self.sim.engine().store().change_records(change)).unwrap();
    }

    /// Makes a token, or gives the one of this name other roles.
    pub fn token(&self, id: &str, roles: &[(Role, Option<&str>)], expiry: &str) {
        let assignment = |(role, organization): &(Role, Option<&str>)| Assignment {
            role: *role,
            organization: organization.map(str::to_owned),
        };
        let roles = roles.iter().map(assignment).collect();
        let token = ApiToken { id: id.parse().unwrap(), roles, expiry: expiry.parse().unwrap(), nonce: [0; 16] };
        self.change(move |records| records.put(token).map(|_| ()));
    }

    pub fn remove_group(&self, id: &str) {
        let id = id.to_owned();
        self.change(move |records| records.delete::<DeviceGroup>(&id).map(|_| ()));
    }

    fn caller(&self, token: &str) -> Caller {
        let stored = self.sim.block_on(self.sim.engine().store().record::<ApiToken>(token)).unwrap().unwrap();
        Caller { name: format!("token:{token}"), roles: stored.record.roles }
    }

    pub fn put(&self, id: &str, definition: Definition) -> Kept {
        self.put_as("ops", id, definition)
    }

    pub fn put_as(&self, token: &str, id: &str, definition: Definition) -> Kept {
        let (id, caller, change) =
            (id.parse().unwrap(), self.caller(token), Box::new(move |_: Option<&_>| Ok(definition)));
        self.sim.block_on(self.sim.engine().put_scheduled_job(id, change, IfMatch::Any, caller))
    }

    pub fn patch(&self, id: &str, if_match: IfMatch, patch: impl FnOnce(&mut Definition) + Send + 'static) -> Kept {
        self.patch_as("ops", id, if_match, patch)
    }

    pub fn patch_as(
        &self,
        token: &str,
        id: &str,
        if_match: IfMatch,
        patch: impl FnOnce(&mut Definition) + Send + 'static,
    ) -> Kept {
        let change = Box::new(move |stands: Option<&Definition>| {
            let mut definition = stands.cloned().ok_or("nothing stands there")?;
            patch(&mut definition);
            Ok(definition)
        });
        let (id, caller) = (id.parse().unwrap(), self.caller(token));
        self.sim.block_on(self.sim.engine().patch_scheduled_job(id, change, if_match, caller))
    }

    pub fn delete_as(&self, token: &str, id: &str, if_match: IfMatch) -> Result<(), ScheduledJobError> {
        let (id, caller) = (id.parse().unwrap(), self.caller(token));
        self.sim.block_on(self.sim.engine().delete_scheduled_job(id, if_match, caller))
    }

    pub fn get(&self, id: &str) -> Option<Stored<ScheduledJob>> {
        self.sim.block_on(self.sim.engine().store().record::<ScheduledJob>(id)).unwrap()
    }

    /// The jobs of its runs, oldest first.
    pub fn jobs(&self, id: &str) -> Vec<Job> {
        let page = self.sim.block_on(self.sim.engine().store().jobs(JobFilter::default(), None, 10_000)).unwrap();
        let is_run = |job: &Job| job.spec.central().is_some_and(|central| central.scheduled_job.as_deref() == Some(id));
        page.jobs.into_iter().rev().filter(is_run).collect()
    }

    /// The names of its runs and the minutes when they were made, oldest first.
    pub fn runs(&self, id: &str) -> Vec<String> {
        let show = |job: &Job| {
            let name = job.spec.central().and_then(|central| central.display_name.clone()).unwrap();
            format!("{name} {}", &job.created.to_string()[..16])
        };
        self.jobs(id).iter().map(show).collect()
    }

    /// The program is off until then.
    pub fn sleep_until(&mut self, time: Time) {
        let wait = Duration::from_micros(time.micros_since(self.sim.now()));
        self.sim.crash();
        self.sim.pass(wait);
        self.sim.start();
    }
}

/// A definition over the group `g` that runs no longer than it takes.
pub fn definition(start: &str, recurrence: Recurrence, end: End, zone: &str) -> Definition {
    let schedule = Schedule::new(start.parse().unwrap(), recurrence, end, zone.parse().unwrap()).unwrap();
    Definition {
        display_name: None,
        description: None,
        group: "g".to_owned(),
        delivery: Delivery::default(),
        data: vec![JobData::Command { target: COOLER.to_owned(), path: "reboot".to_owned(), value: None }],
        organization: None,
        schedule,
        enabled: true,
    }
}
