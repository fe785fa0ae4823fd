//! Which devices of a job: the parameters that the grid, a link to it and the download have in common.

use std::num::NonZeroU64;

use bellwether_model::job::{Class, DeviceJobState, Success};
use bellwether_store::{ResultFilter, SearchText};
use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde::de::value::{Error, StrDeserializer};

use super::super::error::CentralError;
use super::device_jobs::{DeviceJobStatus, OutcomeClass};
use crate::query_string::QueryString;

/// Most characters that are looked for.
const SEARCH_CHARACTERS_MAX: usize = 256;

/// Reads the filter of a job with this rule of success. What is named must hold all at once; of several words in one
/// parameter one is enough.
///
/// # Errors
/// 400: the parameter and its rule.
pub(crate) fn read(query: &QueryString, success: Success) -> Result<ResultFilter, CentralError> {
    let statuses: Option<Vec<DeviceJobStatus>> =
        words(query, "status", "pending, running, completed, failed or cancelled")?;
    let rule = "succeeded, rejected, timedOut, neverReached, preconditionFailed, serverError, unknown or cancelled";
    let classes: Option<Vec<OutcomeClass>> = words(query, "class", rule)?;
    let states = [DeviceJobState::Pending, DeviceJobState::Running]
        .into_iter()
        .chain(Class::ALL.map(DeviceJobState::Ended))
        .filter(|state| statuses.as_ref().is_none_or(|all| all.contains(&DeviceJobStatus::of(*state, success))))
        .filter(|state| match (state, &classes) {
            (_, None) => true,
            (DeviceJobState::Pending | DeviceJobState::Running, Some(_)) => false,
            (DeviceJobState::Ended(class), Some(classes)) => classes.contains(&(*class).into()),
        });
    let text = query.get("search").map(str::trim).filter(|text| !text.is_empty());
    if text.is_some_and(|text| text.chars().count() > SEARCH_CHARACTERS_MAX) {
        let rule = format!("search may have at most {SEARCH_CHARACTERS_MAX} characters");
        return Err(CentralError::bad_request(rule));
    }
    let status = query.get("responseStatus").map(str::parse).transpose();
    let batch = query.get("batch").map(str::parse::<NonZeroU64>).transpose();
    Ok(ResultFilter {
        states: (statuses.is_some() || classes.is_some()).then(|| states.collect()),
        code: query.get("code").map(str::to_owned),
        status: status.map_err(|_| CentralError::bad_request("responseStatus must be a whole number"))?,
        text: text.map(SearchText::new),
        batch: batch.map_err(|_| CentralError::bad_request("batch must be a whole number of at least 1"))?,
        among: None,
    })
}

/// The words of a parameter, spelled as in the bodies.
fn words<'q, T: Deserialize<'q>>(
    query: &'q QueryString,
    name: &str,
    rule: &str,
) -> Result<Option<Vec<T>>, CentralError> {
    let Some(text) = query.get(name) else { return Ok(None) };
    let word = |word: &'q str| {
        let word: StrDeserializer<'q, Error> = word.trim().into_deserializer();
        T::deserialize(word).map_err(|_| CentralError::bad_request(format!("each word of {name} must be {rule}")))
    };
    text.split(',').map(word).collect::<Result<_, _>>().map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_become_states_by_the_rule_of_success() {
        let states = |query: &str, success| read(&QueryString::parse(query), success).ok().map(|filter| filter.states);
        let ended = |classes: &[Class]| classes.iter().map(|class| DeviceJobState::Ended(*class)).collect::<Vec<_>>();
        let (hub, central) = (Success::Answered, Success::Status2xx);
        for (query, success, expected) in [
            ("", hub, Some(None)),
            ("status=", hub, Some(None)),
            ("status=completed", hub, Some(Some(ended(&[Class::Succeeded, Class::Rejected])))),
            ("status=completed", central, Some(Some(ended(&[Class::Succeeded])))),
            ("status=pending, running", hub, Some(Some(vec![DeviceJobState::Pending, DeviceJobState::Running]))),
            ("class=timedOut,rejected", central, Some(Some(ended(&[Class::Rejected, Class::TimedOut])))),
            ("class=timedOut&status=failed,pending", central, Some(Some(ended(&[Class::TimedOut])))),
            ("class=timedOut&status=pending", central, Some(Some(vec![]))),
            ("status=Completed", hub, None),
            ("status=done", hub, None),
            ("class=late", hub, None),
            ("responseStatus=ok", hub, None),
            ("batch=0", hub, None),
            ("batch=-1", hub, None),
        ] {
            assert_eq!(states(query, success), expected, "{query}");
        }
        let long = format!("search={}", "x".repeat(SEARCH_CHARACTERS_MAX + 1));
        assert!(read(&QueryString::parse(&long), hub).is_err());
    }
}
