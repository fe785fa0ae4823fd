//! Settings that limit how much there may be and how often something may be done.
//!
//! IoT Central's published numbers (iot-central §12) are what its users know; here they stand in each help text and bound
//! nothing until they are set. `docs/limits.md` has them all in one table, which a test holds to this file.

use std::num::NonZeroU32;

use bellwether_engine::Limits;
use bellwether_query::CentralQueryLimits;
use clap::Args;

/// Limits of an installation.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Limits: none unless set; what IoT Central has is said with each")]
pub struct LimitSettings {
    /// Most jobs that run side by side; a further one waits and says why. IoT Central: 5.
    #[arg(long, value_name = "N", env = "BELLWETHER_JOBS_AT_ONCE")]
    pub jobs_at_once: Option<NonZeroU32>,

    /// Most devices, whichever API or provisioning makes them. IoT Central: 200000.
    #[arg(long, value_name = "N", env = "BELLWETHER_DEVICES_MAX")]
    pub devices_max: Option<NonZeroU32>,

    /// Most device groups, the default groups of templates included. IoT Central: 500.
    #[arg(long, value_name = "N", env = "BELLWETHER_DEVICE_GROUPS_MAX")]
    pub device_groups_max: Option<NonZeroU32>,

    /// Most comparisons in the filter of a device group. IoT Central: 100.
    #[arg(long, value_name = "N", env = "BELLWETHER_DEVICE_GROUP_FILTERS_MAX")]
    pub device_group_filters_max: Option<NonZeroU32>,

    /// Most device templates. IoT Central: 1000.
    #[arg(long, value_name = "N", env = "BELLWETHER_DEVICE_TEMPLATES_MAX")]
    pub device_templates_max: Option<NonZeroU32>,

    /// Most capabilities of a device template, those of its components and modules included. IoT Central: 300.
    #[arg(long, value_name = "N", env = "BELLWETHER_TEMPLATE_CAPABILITIES_MAX")]
    pub template_capabilities_max: Option<NonZeroU32>,

    /// Most role assignments of all users together, each of whom has at least one. IoT Central: 200.
    #[arg(long, value_name = "N", env = "BELLWETHER_ROLE_ASSIGNMENTS_MAX")]
    pub role_assignments_max: Option<NonZeroU32>,

    /// Most organizations. IoT Central: 200.
    #[arg(long, value_name = "N", env = "BELLWETHER_ORGANIZATIONS_MAX")]
    pub organizations_max: Option<NonZeroU32>,

    /// How deep organizations may lie below each other, 1 to 100; always a limit, for every request looks up what lies
    /// below its caller's organization. IoT Central: 5.
    #[arg(long, value_name = "N", env = "BELLWETHER_ORGANIZATION_DEPTH_MAX", default_value_t = 100,
          value_parser = clap::value_parser!(u16).range(1..=100))]
    pub organization_depth_max: u16,

    /// Most requests a second to the IoT Central API, of all callers together. IoT Central: 20.
    #[arg(long, value_name = "N", env = "BELLWETHER_CENTRAL_REQUESTS_PER_SECOND")]
    pub central_requests_per_second: Option<NonZeroU32>,

    /// Most of these that are queries. IoT Central: 1.
    #[arg(long, value_name = "N", env = "BELLWETHER_CENTRAL_QUERIES_PER_SECOND")]
    pub central_queries_per_second: Option<NonZeroU32>,

    /// Most changes a second of a device's properties over the IoT Central API; those of jobs do not count.
    /// IoT Central: 100.
    #[arg(long, value_name = "N", env = "BELLWETHER_CENTRAL_PROPERTY_UPDATES_PER_SECOND")]
    pub central_property_updates_per_second: Option<NonZeroU32>,

    /// Most commands a second that are called on a device over the IoT Central API; those of jobs do not count.
    /// IoT Central: 20.
    #[arg(long, value_name = "N", env = "BELLWETHER_CENTRAL_COMMANDS_PER_SECOND")]
    pub central_commands_per_second: Option<NonZeroU32>,

    /// Most characters of a query over the IoT Central API. IoT Central: 350.
    #[arg(long, value_name = "N", env = "BELLWETHER_CENTRAL_QUERY_CHARACTERS_MAX")]
    pub central_query_characters_max: Option<NonZeroU32>,

    /// Most items that such a query selects. IoT Central: 15.
    #[arg(long, value_name = "N", env = "BELLWETHER_CENTRAL_QUERY_ITEMS_MAX")]
    pub central_query_items_max: Option<NonZeroU32>,

    /// Most AND and OR in such a query. IoT Central: 10.
    #[arg(long, value_name = "N", env = "BELLWETHER_CENTRAL_QUERY_OPERATORS_MAX")]
    pub central_query_operators_max: Option<NonZeroU32>,

    /// Most rows of its result; further ones are left out. IoT Central: 1000.
    #[arg(long, value_name = "N", env = "BELLWETHER_CENTRAL_QUERY_ROWS_MAX")]
    pub central_query_rows_max: Option<NonZeroU32>,

    /// Most registrations a minute with the provisioning service; a further one is told when to come again.
    /// IoT Central: 200.
    #[arg(long, value_name = "N", env = "BELLWETHER_REGISTRATIONS_PER_MINUTE")]
    pub registrations_per_minute: Option<NonZeroU32>,
}

impl LimitSettings {
    /// Most jobs that run side by side.
    pub fn jobs_at_once(&self) -> Option<usize> {
        self.jobs_at_once.map(size)
    }

    /// All others, as the engine has them.
    pub fn engine_limits(&self) -> Limits {
        Limits {
            devices_max: self.devices_max.map(size),
            device_groups_max: self.device_groups_max.map(size),
            device_group_filters_max: self.device_group_filters_max.map(size),
            device_templates_max: self.device_templates_max.map(size),
            template_capabilities_max: self.template_capabilities_max.map(size),
            organizations_max: self.organizations_max.map(size),
            organization_depth_max: self.organization_depth_max.into(),
            role_assignments_max: self.role_assignments_max.map(size),
            query: CentralQueryLimits {
                characters: self.central_query_characters_max.map(size),
                items: self.central_query_items_max.map(size),
                operators: self.central_query_operators_max.map(size),
                rows: self.central_query_rows_max.map(size),
            },
            requests_per_second: self.central_requests_per_second,
            queries_per_second: self.central_queries_per_second,
            property_updates_per_second: self.central_property_updates_per_second,
            commands_per_second: self.central_commands_per_second,
            registrations_per_minute: self.registrations_per_minute,
        }
    }
}

fn size(most: NonZeroU32) -> usize {
    usize::try_from(most.get()).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use clap::{Arg, Command};

    use super::super::tests::settings;
    use super::*;

    const TABLE: &str = include_str!("../../../../docs/limits.md");

    fn arguments() -> Vec<Arg> {
        let command = LimitSettings::augment_args(Command::new("limits").disable_help_flag(true));
        command.get_arguments().cloned().collect()
    }

    fn flag(argument: &Arg) -> &str {
        argument.get_long().unwrap()
    }

    /// The rows of the table that have a setting: its flag, then what IoT Central has and what is there unless set.
    fn rows() -> BTreeMap<String, (String, String)> {
        let mut rows = BTreeMap::new();
        for line in TABLE.lines().filter(|line| line.starts_with('|')) {
            let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
            let [_, published, unless_set, setting] = cells[..] else { continue };
            let Some(flag) = setting.strip_prefix("`--").and_then(|cell| cell.strip_suffix('`')) else { continue };
            let twice = rows.insert(flag.to_owned(), (published.replace(',', ""), unless_set.to_owned()));
            assert_eq!(twice, None, "{flag} stands twice in the table");
        }
        rows
    }

    #[test]
    fn the_documented_table_is_that_of_the_settings() {
        let (rows, arguments) = (rows(), arguments());
        let documented: BTreeSet<&str> = rows.keys().map(String::as_str).collect();
        assert_eq!(documented, arguments.iter().map(flag).collect());
        for argument in &arguments {
            let (published, unless_set) = &rows[flag(argument)];
            let help = argument.get_help().unwrap().to_string();
            assert!(help.ends_with(&format!("IoT Central: {published}")), "{}: {help}", flag(argument));
            let default = argument.get_default_values().first().map_or("none", |value| value.to_str().unwrap());
            assert_eq!(unless_set, default, "{}", flag(argument));
        }
    }

    #[test]
    fn each_limit_comes_from_flag_environment_and_file_and_is_off_by_default() {
        let none = settings(&[], None).unwrap().limits;
        assert_eq!((none.jobs_at_once(), none.engine_limits()), (None, Limits::default()));
        let mut file = String::new();
        for (value, argument) in (11..).zip(arguments()) {
            let name = flag(&argument).to_owned();
            let variable = format!("BELLWETHER_{}", name.to_uppercase().replace('-', "_"));
            assert_eq!(argument.get_env().unwrap().to_str(), Some(variable.as_str()));
            file.push_str(&format!("{name} = {value}\n"));

            let line = [format!("--{name}"), value.to_string()];
            let one = settings(&[&line[0], &line[1]], None).unwrap().limits;
            assert_ne!((one.jobs_at_once(), one.engine_limits()), (None, Limits::default()), "{name}");
            let error = settings(&[&line[0], "0"], None).unwrap_err();
            assert!(error.contains(&name), "{error}");
        }
        // Each value in its own place.
        let rate = NonZeroU32::new;
        let all = settings(&[], Some(&file)).unwrap().limits;
        assert_eq!(all.jobs_at_once(), Some(11));
        assert_eq!(
            all.engine_limits(),
            Limits {
                devices_max: Some(12),
                device_groups_max: Some(13),
                device_group_filters_max: Some(14),
                device_templates_max: Some(15),
                template_capabilities_max: Some(16),
                role_assignments_max: Some(17),
                organizations_max: Some(18),
                organization_depth_max: 19,
                requests_per_second: rate(20),
                queries_per_second: rate(21),
                property_updates_per_second: rate(22),
                commands_per_second: rate(23),
                query: CentralQueryLimits {
                    characters: Some(24),
                    items: Some(25),
                    operators: Some(26),
                    rows: Some(27),
                },
                registrations_per_minute: rate(28),
            }
        );
    }
}
