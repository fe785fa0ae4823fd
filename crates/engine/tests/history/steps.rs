//! What happens in a history.

use bellwether_model::job::{Amount, Decimal, Delivery, JobData, Threshold};
use bellwether_model::json::RawJson;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::fleet::{DEVICES, FLOORS, GROUPS, Group, ORGANIZATIONS, TEMPLATES};

#[derive(Debug, Clone)]
pub enum Step {
    /// A job of the hub face, over all devices or some.
    MethodJob {
        all: bool,
        lifetime: i64,
    },
    TwinJob {
        all: bool,
        later: i64,
    },
    /// A job of the central face: its entries name the template `target`.
    Central {
        kind: Kind,
        target: &'static str,
        group: &'static str,
        organization: Option<&'static str>,
        delivery: Delivery,
    },
    Cancel(usize),
    StopJob(usize),
    Resume(usize),
    /// The job stops when its open batch has ended, or does not after all.
    Pause(usize),
    WithdrawPause(usize),
    /// All jobs are held; the machine stops after so many commits from then on, if at all.
    Hold(Option<u32>),
    /// The hold is lifted; those that it stopped go on, or not.
    Release(bool),
    Rerun(usize),
    PutGroup(&'static str, Group),
    DeleteGroup(&'static str),
    Connect(usize),
    Disconnect(usize),
    Habit(usize, u8),
    Delete(usize),
    Create(usize, Option<&'static str>),
    Disable(usize),
    Enable(usize),
    /// The device gets another template, or none.
    Assign(usize, Option<&'static str>),
    /// The device goes to another organization, or to the root.
    HandOver(usize, Option<&'static str>),
    /// An operator writes the cloud property `floor`.
    Floor(usize, i64),
    /// Milliseconds.
    Advance(u64),
    /// The machine stops after so many more commits, and is started again.
    CrashAfter(u32),
    Crash,
    Stop(u64),
}

/// What a job does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// One call, or two.
    Calls(usize),
    Property,
    /// Tags and desired properties.
    Twin,
    /// Sets the cloud property `floor`.
    Floor(i64),
    /// Gives the devices this template.
    Template(&'static str),
}

impl Kind {
    /// What a client of the central face writes for the job `id`. The calls tell the devices for which job they are.
    pub fn data(self, id: &str, target: &str) -> Vec<JobData> {
        let value = |text: String| Some(RawJson::parse(&text).unwrap());
        let target = target.to_owned();
        let command = |path: &&str| {
            let (target, path) = (target.clone(), (*path).to_owned());
            JobData::Command { target, path, value: value(format!("{id:?}")) }
        };
        match self {
            Kind::Calls(n) => ["m", "second"][..n].iter().map(command).collect(),
            Kind::Property | Kind::Twin => {
                let number = id.trim_start_matches('j').to_owned();
                vec![JobData::Property { target, path: "level".to_owned(), value: value(number) }]
            }
            Kind::Floor(floor) => {
                vec![JobData::CloudProperty { target, path: "floor".to_owned(), value: value(floor.to_string()) }]
            }
            Kind::Template(template) => vec![JobData::DeviceTemplateMigration { template: template.to_owned() }],
        }
    }
}

fn amount() -> impl Strategy<Value = Amount> {
    prop_oneof![
        (1i64..5).prop_map(|n| Amount::Number(Decimal::from(n))),
        (1i64..=100).prop_map(|n| Amount::Percentage(Decimal::from(n))),
    ]
}

fn delivery() -> impl Strategy<Value = Delivery> {
    let threshold = (amount(), any::<bool>()).prop_map(|(amount, per_batch)| Threshold { amount, per_batch });
    (option::of(amount()), option::of(threshold)).prop_map(|(batch, threshold)| Delivery { batch, threshold })
}

fn floor() -> impl Strategy<Value = i64> {
    select(&FLOORS[..])
}

fn one_organization() -> impl Strategy<Value = &'static str> {
    select(&ORGANIZATIONS[..]).prop_map(|(id, _)| id)
}

/// None is the most likely.
fn organization() -> impl Strategy<Value = Option<&'static str>> {
    option::weighted(0.4, one_organization())
}

fn group() -> impl Strategy<Value = Group> {
    let filter = option::weighted(0.8, (select(&TEMPLATES[..]), option::of(floor())));
    (filter, organization()).prop_map(|(filter, organization)| Group { filter, organization })
}

fn central() -> impl Strategy<Value = Step> {
    let kind = prop_oneof![
        2 => Just(Kind::Calls(1)),
        2 => Just(Kind::Calls(2)),
        1 => Just(Kind::Property),
        1 => floor().prop_map(Kind::Floor),
        1 => select(&TEMPLATES[..]).prop_map(Kind::Template),
    ];
    let target = prop_oneof![3 => Just(TEMPLATES[0]), 1 => Just(TEMPLATES[1])];
    (kind, target, select(&GROUPS[..]), organization(), delivery()).prop_map(
        |(kind, target, group, organization, delivery)| Step::Central { kind, target, group, organization, delivery },
    )
}

fn step() -> impl Strategy<Value = Step> {
    let device = 0..DEVICES.len();
    let template = || option::weighted(0.8, select(&TEMPLATES[..]));
    let of_jobs = prop_oneof![
        2 => (any::<bool>(), 1i64..60).prop_map(|(all, lifetime)| Step::MethodJob { all, lifetime }),
        2 => (any::<bool>(), 0i64..20).prop_map(|(all, later)| Step::TwinJob { all, later }),
        8 => central(),
        1 => (0usize..8).prop_map(Step::Cancel),
        3 => (0usize..8).prop_map(Step::StopJob),
        3 => (0usize..8).prop_map(Step::Resume),
        4 => (0usize..8).prop_map(Step::Rerun),
        3 => (0usize..8).prop_map(Step::Pause),
        1 => (0usize..8).prop_map(Step::WithdrawPause),
        1 => option::weighted(0.3, 0u32..4).prop_map(Step::Hold),
        2 => any::<bool>().prop_map(Step::Release),
    ];
    let of_groups = prop_oneof![
        2 => (select(&GROUPS[..]), group()).prop_map(|(id, group)| Step::PutGroup(id, group)),
        1 => select(&GROUPS[..]).prop_map(Step::DeleteGroup),
    ];
    let of_devices = prop_oneof![
        5 => device.clone().prop_map(Step::Connect),
        2 => device.clone().prop_map(Step::Disconnect),
        2 => (device.clone(), 0u8..5).prop_map(|(device, habit)| Step::Habit(device, habit)),
        1 => device.clone().prop_map(Step::Delete),
        1 => (device.clone(), template()).prop_map(|(device, template)| Step::Create(device, template)),
        1 => device.clone().prop_map(Step::Disable),
        1 => device.clone().prop_map(Step::Enable),
        3 => (device.clone(), template()).prop_map(|(device, template)| Step::Assign(device, template)),
        3 => (device.clone(), option::weighted(0.8, one_organization()))
            .prop_map(|(device, to)| Step::HandOver(device, to)),
        1 => (device, floor()).prop_map(|(device, floor)| Step::Floor(device, floor)),
    ];
    let of_the_program = prop_oneof![
        5 => (1u64..4000).prop_map(Step::Advance),
        1 => (4000u64..40_000).prop_map(Step::Advance),
        2 => (0u32..12).prop_map(Step::CrashAfter),
        1 => Just(Step::Crash),
        1 => (0u64..3000).prop_map(Step::Stop),
    ];
    prop_oneof![24 => of_jobs, 3 => of_groups, 18 => of_devices, 10 => of_the_program]
}

/// How many jobs may run at once, and what happens.
pub fn history() -> impl Strategy<Value = (Option<usize>, Vec<Step>)> {
    (option::weighted(0.4, 1usize..3), proptest::collection::vec(step(), 1..40))
}
