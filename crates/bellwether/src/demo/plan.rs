//! The demo's fleet and what must come of it: who is what is decided by number alone.

use std::time::Duration;

use serde_json::{Value, json};

use crate::simulate::behaviour::{Answering, Presence};
use crate::simulate::fleet::Plan;

/// The condition of the twin job.
pub const CONDITION: &str = "tags.building = '43' AND tags.floor = 3";
/// The method that the second job calls.
pub const METHOD: &str = "reboot";
/// How long a device may take to answer it.
pub const RESPONSE_SECONDS: u32 = 5;
/// Lifetime of the method job: so long are offline devices waited for.
pub const JOB_SECONDS: u32 = 15;

const SLOW: Duration = Duration::from_secs(2);
const QUICK: Duration = Duration::from_millis(20);

/// What a device of the demo is like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Online, answers at once.
    Normal,
    /// Online, answers after two seconds.
    Slow,
    /// Comes online when the method job has begun.
    Late,
    /// Online, answers with status 500.
    Failing,
    /// Online, never answers.
    Silent,
    /// Offline until both jobs have ended; it is repaired then.
    Offline,
}

impl Kind {
    /// All kinds in the order of the table.
    pub const ALL: [Kind; 6] = [Kind::Normal, Kind::Slow, Kind::Late, Kind::Failing, Kind::Silent, Kind::Offline];

    /// For the table.
    pub fn label(self) -> &'static str {
        match self {
            Kind::Normal => "online, answers at once",
            Kind::Slow => "slow: answers after 2 s",
            Kind::Late => "comes online after the job began",
            Kind::Failing => "answers with status 500",
            Kind::Silent => "never answers",
            Kind::Offline => "offline",
        }
    }

    /// What the method job must show for such a device.
    pub fn outcome(self) -> Outcome {
        match self {
            Kind::Normal | Kind::Slow | Kind::Late => Outcome::Answered(200),
            Kind::Failing => Outcome::Answered(500),
            Kind::Silent => Outcome::Failed("GatewayTimeout"),
            Kind::Offline => Outcome::Failed("JobRunPreconditionFailed"),
        }
    }

    /// Direct methods that such a device receives from the method job.
    pub fn calls(self) -> u32 {
        match self {
            Kind::Normal | Kind::Slow | Kind::Late | Kind::Failing | Kind::Silent => 1,
            Kind::Offline => 0,
        }
    }

    fn behaviour(self) -> (Presence, Answering) {
        let fixed = |status, after| Answering::Fixed { status, after };
        match self {
            Kind::Normal => (Presence::AtOnce, fixed(200, QUICK)),
            Kind::Slow => (Presence::AtOnce, fixed(200, SLOW)),
            Kind::Late => (Presence::Late, fixed(200, QUICK)),
            Kind::Failing => (Presence::AtOnce, fixed(500, QUICK)),
            Kind::Silent => (Presence::AtOnce, Answering::Silent),
            Kind::Offline => (Presence::Repaired, fixed(200, QUICK)),
        }
    }
}

/// How a device job of the method job ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Row `completed`, with the device's status.
    Answered(i64),
    /// Row `failed`, with this code.
    Failed(&'static str),
}

impl Outcome {
    /// For the table.
    pub fn label(self) -> String {
        match self {
            Outcome::Answered(status) => format!("completed, status {status}"),
            Outcome::Failed(code) => format!("failed, {code}"),
        }
    }
}

/// One device of the demo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its id.
    pub id: String,
    /// What it is like.
    pub kind: Kind,
    /// Tag.
    pub building: String,
    /// Tag.
    pub floor: u32,
}

impl Member {
    /// Does [`CONDITION`] select it?
    pub fn selected(&self) -> bool {
        self.building == "43" && self.floor == 3
    }

    /// As the simulator takes it.
    pub fn plan(&self) -> Plan {
        let (presence, answering) = self.kind.behaviour();
        Plan { id: self.id.clone(), tags: json!({"building": self.building, "floor": self.floor}), presence, answering }
    }
}

/// The first `count` devices.
pub fn members(count: u32) -> Vec<Member> {
    (0..count).map(member).collect()
}

/// Buildings 41 to 45 with floors 0 to 9: each fiftieth device is on floor 3 of building 43, and those numbers
/// (17 beyond a multiple of 50) are the ones among which some are offline or late.
fn member(number: u32) -> Member {
    let kind = match (number % 100, number % 200) {
        (_, 17) => Kind::Offline,
        (_, 117) => Kind::Late,
        (27, _) => Kind::Slow,
        (47, _) => Kind::Failing,
        (_, 37) => Kind::Silent,
        _ => Kind::Normal,
    };
    Member { id: format!("device-{number:04}"), kind, building: (41 + number % 5).to_string(), floor: number / 5 % 10 }
}

/// What the twin job writes.
pub fn twin_patch() -> Value {
    json!({"tags": {"wave": 1}, "properties": {"desired": desired()}})
}

/// Its desired properties, which connected devices then report.
pub fn desired() -> Value {
    json!({"firmware": {"channel": "stable"}, "telemetrySeconds": 30})
}

/// What the method job sends.
pub fn method() -> Value {
    json!({"methodName": METHOD, "payload": payload(), "responseTimeoutInSeconds": RESPONSE_SECONDS})
}

/// The payload, which the devices send back.
pub fn payload() -> Value {
    json!({"delaySeconds": 10})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thousand_devices() {
        let all = members(1000);
        let count = |kind| all.iter().filter(|member| member.kind == kind).count();
        assert_eq!(Kind::ALL.map(count), [965, 10, 5, 10, 5, 5]);
        let selected: Vec<_> = all.iter().filter(|member| member.selected()).collect();
        assert_eq!(selected.len(), 20);
        assert_eq!(selected.iter().filter(|member| member.kind == Kind::Offline).count(), 5);
        assert_eq!(selected.iter().filter(|member| member.kind == Kind::Late).count(), 5);
    }
}
