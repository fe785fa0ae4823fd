//! The three collections a query can read (query-language.md §1), and what their rows are called.

/// What stands after `FROM`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Collection {
    /// `devices`: device twins.
    Devices,
    /// `devices.modules`: module twins.
    Modules,
    /// `devices.jobs`: one row per device and job.
    DeviceJobs,
}

impl Collection {
    /// The name as written in a query.
    pub const fn as_str(self) -> &'static str {
        match self {
            Collection::Devices => "devices",
            Collection::Modules => "devices.modules",
            Collection::DeviceJobs => "devices.jobs",
        }
    }

    /// What follows `devices.` in the name; paths may carry the whole name as a prefix (§3).
    pub(crate) const fn member(self) -> Option<&'static str> {
        match self {
            Collection::Devices => None,
            Collection::Modules => Some("modules"),
            Collection::DeviceJobs => Some("jobs"),
        }
    }
}

impl std::fmt::Display for Collection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What the rows of an answer are: the value of the header `x-ms-item-type` (query-language.md §7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ItemType {
    /// Whole twins: `SELECT *` from devices or devices.modules.
    Twin,
    /// Whole job rows: `SELECT *` from devices.jobs.
    DeviceJob,
    /// Rows of a projection or an aggregate.
    Raw,
}

impl ItemType {
    /// The header's value; the capitals matter, the .NET client compares them (§7).
    pub const fn as_str(self) -> &'static str {
        match self {
            ItemType::Twin => "Twin",
            ItemType::DeviceJob => "DeviceJob",
            ItemType::Raw => "Raw",
        }
    }
}

impl std::fmt::Display for ItemType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
