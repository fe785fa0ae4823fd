//! Spellings of a job's type (iot-hub.md §1.4): rows carry the canonical two, constants that are compared
//! with `jobType` may be any alias, in any case (query-language.md §8.2).

use crate::ast::{Constant, Expr};
use crate::collection::Collection;
use crate::field::Field;

const SPELLINGS: [(&str, &[&str]); 2] = [
    (
        "scheduleDeviceMethod",
        &[
            "scheduleDeviceMethod",
            "scheduleDirectRequest",
            "scheduledDeviceMethod",
            "scheduleDirectMethod",
            "cloudToDeviceMethod",
        ],
    ),
    ("scheduleUpdateTwin", &["scheduleUpdateTwin", "scheduleTwinUpdate", "scheduledUpdateTwin", "updateTwin"]),
];

fn canonical(text: &str) -> Option<&'static str> {
    let spelt = |spellings: &[&str]| spellings.iter().any(|spelling| spelling.eq_ignore_ascii_case(text));
    SPELLINGS.iter().find(|(_, spellings)| spelt(spellings)).map(|&(canonical, _)| canonical)
}

fn is_job_type(expr: &Expr, collection: Collection) -> bool {
    collection == Collection::DeviceJobs && matches!(expr, Expr::Path(path) if path.is_field(Field::JobType))
}

fn make_canonical(constant: &mut Constant) {
    if let Constant::String(text) = constant
        && let Some(canonical) = canonical(text)
    {
        *text = canonical.into();
    }
}

/// Puts a constant that stands beside `jobType` in canonical spelling.
pub(crate) fn canonical_beside(left: &mut Expr, right: &mut Expr, collection: Collection) {
    if is_job_type(left, collection) {
        right.constant_mut().into_iter().for_each(make_canonical);
    } else if is_job_type(right, collection) {
        left.constant_mut().into_iter().for_each(make_canonical);
    }
}

/// Puts the constants of a list that `jobType` is looked up in in canonical spelling.
pub(crate) fn canonical_list(item: &Expr, list: &mut [Constant], collection: Collection) {
    if is_job_type(item, collection) {
        list.iter_mut().for_each(make_canonical);
    }
}
