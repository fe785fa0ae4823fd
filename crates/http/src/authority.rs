//! `/ca.pem`: the authority that clients have to trust. No authentication: it is sent in every handshake.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::ApiState;

/// The certificate as a file; 404 where the server's own comes from an authority that it does not know.
pub(crate) async fn certificate(State(state): State<Arc<ApiState>>) -> Response {
    answer(state.ca_pem.as_deref())
}

fn answer(pem: Option<&str>) -> Response {
    let headers = |media| [(header::CONTENT_TYPE, media), (header::CACHE_CONTROL, "no-cache")];
    match pem {
        Some(pem) => {
            let name = (header::CONTENT_DISPOSITION, "attachment; filename=\"ca.pem\"");
            (headers("application/x-pem-file"), [name], pem.to_owned()).into_response()
        }
        None => {
            let text = "the server's certificate was given to it; whoever gave it knows its authority\n";
            (StatusCode::NOT_FOUND, headers("text/plain; charset=utf-8"), text).into_response()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_authority_that_is_not_known() {
        assert_eq!(answer(None).status(), StatusCode::NOT_FOUND);
        assert_eq!(answer(Some("pem")).status(), StatusCode::OK);
    }
}
