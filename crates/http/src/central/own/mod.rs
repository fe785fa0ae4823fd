//! What our own version has beyond the newest published one: everything the console does is a call that any program
//! may make.

pub(crate) mod audit;
pub(crate) mod batches;
pub(crate) mod comments;
pub(crate) mod device_export;
pub(crate) mod device_import;
pub(crate) mod device_jobs;
pub(crate) mod device_lists;
pub(crate) mod device_twin;
pub(crate) mod drafts;
pub(crate) mod failures;
pub(crate) mod family;
pub(crate) mod groups;
pub(crate) mod job_events;
pub(crate) mod job_hold;
pub(crate) mod job_lists;
pub(crate) mod job_reason;
pub(crate) mod job_wire;
pub(crate) mod jobs;
pub(crate) mod owner;
pub(crate) mod preview;
pub(crate) mod result_filter;
pub(crate) mod results;
pub(crate) mod scheduled;
pub(crate) mod session;
pub(crate) mod spreadsheet;
