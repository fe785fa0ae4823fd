//! Shared access policies and what they allow (iot-hub §7.2).

use serde::{Deserialize, Serialize};

use crate::identity::Keys;

/// One thing that a policy may allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Right {
    /// Read identities.
    RegistryRead,
    /// Create, change and delete identities.
    RegistryWrite,
    /// Twins, queries, direct methods, jobs.
    ServiceConnect,
    /// Connect in the place of any device.
    DeviceConnect,
}

/// A named pair of keys with its rights.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// Name, as in `skn=`.
    pub name: String,
    /// Both are valid.
    pub keys: Keys,
    /// What it allows.
    pub rights: Vec<Right>,
}

impl Policy {
    /// Does it allow at least one of these?
    pub fn allows(&self, any_of: &[Right]) -> bool {
        any_of.iter().any(|right| self.rights.contains(right))
    }
}

/// The five policies that every hub has, with their rights; their keys are made at the first start.
pub const STANDARD: [(&str, &[Right]); 5] = [
    (OWNER, &[Right::RegistryRead, Right::RegistryWrite, Right::ServiceConnect, Right::DeviceConnect]),
    ("service", &[Right::ServiceConnect]),
    ("device", &[Right::DeviceConnect]),
    ("registryRead", &[Right::RegistryRead]),
    ("registryReadWrite", &[Right::RegistryRead, Right::RegistryWrite]),
];

/// The policy that allows everything.
pub const OWNER: &str = "iothubowner";

/// All policies of a hub.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Policies(pub Vec<Policy>);

impl Policies {
    /// The policy called `name`, in exactly this spelling.
    pub fn get(&self, name: &str) -> Option<&Policy> {
        self.0.iter().find(|policy| policy.name == name)
    }
}
