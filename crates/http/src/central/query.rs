//! `POST /query` (iot-central §11).

use bellwether_engine::AskError;
use bellwether_query::CentralQueryError;
use serde::Deserialize;

use super::call::{Answer, Call};
use super::error::CentralError;

#[derive(Debug, Deserialize)]
struct Body {
    query: String,
}

impl From<AskError> for CentralError {
    fn from(error: AskError) -> CentralError {
        match error {
            AskError::Query(CentralQueryError::Text(_)) => CentralError::bad_request(error),
            AskError::Query(CentralQueryError::Unserved(_)) | AskError::Names(_) | AskError::TooLarge(_) => {
                CentralError::unprocessable(error)
            }
            AskError::Store(error) => error.into(),
        }
    }
}

/// `POST /query`: the rows, all at once.
pub(crate) async fn ask(call: Call) -> Result<Answer, CentralError> {
    let body: Body = call.json()?;
    let rows = call.engine().ask(&body.query, call.scope.clone()).await?;
    Ok(Answer::text(format!(r#"{{"results":[{}]}}"#, rows.join(","))))
}
