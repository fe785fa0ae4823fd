//! `/healthz` and `/readyz`: for those who watch the process. No authentication, and nothing told that needs it.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;

use crate::ApiState;

/// A store that takes longer than this does not answer.
const STORE_TIME: Duration = Duration::from_secs(2);

/// The process runs.
pub(crate) async fn alive() -> impl IntoResponse {
    answer(StatusCode::OK, "alive")
}

/// Requests will be served: the store answers, recovery is done, the server is not about to stop.
pub(crate) async fn ready(State(state): State<Arc<ApiState>>) -> impl IntoResponse {
    if state.readiness.is_draining() {
        return answer(StatusCode::SERVICE_UNAVAILABLE, "draining");
    }
    if !state.readiness.is_recovered() {
        return answer(StatusCode::SERVICE_UNAVAILABLE, "recovering");
    }
    match tokio::time::timeout(STORE_TIME, state.engine.store().devices(1)).await {
        Ok(Ok(_)) => answer(StatusCode::OK, "ready"),
        Ok(Err(error)) => {
            tracing::error!(%error, "not ready: the store refuses");
            answer(StatusCode::SERVICE_UNAVAILABLE, "the store does not answer")
        }
        Err(_) => answer(StatusCode::SERVICE_UNAVAILABLE, "the store does not answer"),
    }
}

fn answer(status: StatusCode, word: &str) -> impl IntoResponse + use<> {
    let headers = [(header::CONTENT_TYPE, crate::hub::JSON), (header::CACHE_CONTROL, "no-store")];
    (status, headers, format!("{{\"status\":\"{word}\"}}"))
}
