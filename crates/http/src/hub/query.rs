//! `POST /devices/query` (query-language.md §7).

use std::sync::Arc;

use bellwether_query::{Query, QueryError};
use bellwether_store::RunQueryError;
use serde::Deserialize;

use super::call::{Answer, Call};
use super::error::{Code, HubError};
use crate::continuation::Pager;

#[derive(Deserialize)]
struct Body {
    query: Option<String>,
}

/// One page of a query's rows.
pub(crate) async fn run(call: Call) -> Result<Answer, HubError> {
    let body: Body = call.json()?;
    let text = body.query.filter(|text| !text.is_empty());
    let text = text.ok_or_else(|| HubError::new(Code::ArgumentNull, "query must be given"))?;
    let query = Arc::new(Query::parse(&text).map_err(bad_query)?);
    let (page, pager) = (call.page()?, Pager::new(&call.state.token_secret, "query", &text));
    let from = page.position(&pager)?;
    let found = call.engine().query(Arc::clone(&query), from, page.limit).await?;
    let next = found.next.map(|position| pager.next(&position)).transpose()?;
    Ok(Answer::array(&found.rows).with_item_type(query.item_type().as_str()).with_continuation(next))
}

/// The real service says `BadRequest` and nothing else; ours adds the reason with its place (iot-hub §5.2).
fn bad_query(error: QueryError) -> HubError {
    HubError::invalid(format!("BadRequest: {error}"))
}

impl From<RunQueryError> for HubError {
    fn from(error: RunQueryError) -> HubError {
        match error {
            RunQueryError::Query(error) => bad_query(error),
            RunQueryError::Store(error) => error.into(),
        }
    }
}
