//! `filter` and `orderby` of a list (iot-central §2.2).
//!
//! They mean the same in every version, with and without the dollar sign, also where a version does not have them:
//! a filter that is not looked at would show, and let delete, what its sender did not mean.

use bellwether_query::{ListField, ListFilter, ListFilterError, ListOrder};

use super::call::Call;
use super::error::CentralError;

/// Most characters of a text that is looked for.
const SEARCH_MAX: usize = 256;

impl Call {
    /// The filter of the list; an empty one is none.
    ///
    /// # Errors
    /// 400: it does not parse, or names a field that is not there.
    pub fn filter<F: ListField>(&self) -> Result<Option<ListFilter<F>>, CentralError> {
        self.said(["filter", "$filter"])
            .map(|text| ListFilter::parse(text).map_err(|error| refused("filter", &error)))
            .transpose()
    }

    /// The order of the list; nothing said is the order of creation.
    ///
    /// # Errors
    /// 400: it is not by `displayName`.
    pub fn order(&self) -> Result<ListOrder, CentralError> {
        let order = self.said(["orderby", "$orderby"]).map(ListOrder::parse).transpose();
        Ok(order.map_err(|error| refused("orderby", &error))?.unwrap_or_default())
    }

    /// The order of a list of our own version: one of `orders`, and whether from the last to the first; `None` when
    /// nothing is said.
    ///
    /// # Errors
    /// 400: it is none of these.
    pub fn sorted<T: Copy>(&self, orders: &[(&str, T)]) -> Result<Option<(T, bool)>, CentralError> {
        let Some(text) = self.said(["orderby", "$orderby"]) else { return Ok(None) };
        let mut parts = text.split_ascii_whitespace();
        let order = parts.next().and_then(|word| orders.iter().find(|(member, _)| *member == word));
        let descending = match parts.next() {
            None | Some("asc") => Some(false),
            Some("desc") => Some(true),
            Some(_) => None,
        };
        match (order, descending, parts.next()) {
            (Some((_, order)), Some(descending), None) => Ok(Some((*order, descending))),
            _ => {
                let members: Vec<&str> = orders.iter().map(|(member, _)| *member).collect();
                let members = members.join(", ");
                Err(CentralError::bad_request(format!("orderby must be one of {members}, with desc or not")))
            }
        }
    }

    /// What is looked for in a list of our own version.
    ///
    /// # Errors
    /// 400: it is too long.
    pub fn searched(&self) -> Result<Option<&str>, CentralError> {
        let search = self.query.get("search");
        if search.is_some_and(|search| search.chars().count() > SEARCH_MAX) {
            return Err(CentralError::bad_request(format!("search may have at most {SEARCH_MAX} characters")));
        }
        Ok(search)
    }

    fn said(&self, names: [&str; 2]) -> Option<&str> {
        names.into_iter().find_map(|name| self.query.get(name)).filter(|text| !text.trim().is_empty())
    }
}

fn refused(parameter: &str, error: &ListFilterError) -> CentralError {
    CentralError::bad_request(format!("{parameter}: {error}"))
}
