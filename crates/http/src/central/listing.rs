//! `filter` and `orderby` of a list (iot-central §2.2).
//!
//! They mean the same in every version, with and without the dollar sign, also where a version does not have them:
//! a filter that is not looked at would show, and let delete, what its sender did not mean.

use bellwether_query::{ListField, ListFilter, ListFilterError, ListOrder};

use super::call::Call;
use super::error::CentralError;

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

    fn said(&self, names: [&str; 2]) -> Option<&str> {
        names.into_iter().find_map(|name| self.query.get(name)).filter(|text| !text.trim().is_empty())
    }
}

fn refused(parameter: &str, error: &ListFilterError) -> CentralError {
    CentralError::bad_request(format!("{parameter}: {error}"))
}
