//! Reading request bodies within limits.

use axum::body::Body;
use axum::http::{HeaderMap, header};
use bytes::BytesMut;
use http_body_util::BodyExt;
use tokio::time::{Duration, timeout};

use crate::Limits;

/// A body that nobody wants is still read for so long, and so far: a client that is still sending would
/// otherwise see a broken connection in the place of the answer.
const DISCARD_TIME: Duration = Duration::from_secs(2);
const DISCARD_BYTES: usize = 16 * 1024 * 1024;

/// Why there is no body to work with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BodyError {
    /// Over so many bytes.
    #[error("the body may have at most {0} bytes")]
    TooLarge(usize),
    /// The connection ended in the middle.
    #[error("the body broke off")]
    BrokeOff,
    /// It came too slowly.
    #[error("the body did not arrive in time")]
    TimedOut,
    /// It is no UTF-8.
    #[error("the body is not UTF-8")]
    NotText,
}

/// The whole body as text.
///
/// # Errors
/// See [`BodyError`].
pub(crate) async fn read_body(mut body: Body, headers: &HeaderMap, limits: &Limits) -> Result<String, BodyError> {
    let most = limits.body_bytes;
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|bytes| bytes > most as u64) {
        discard(body).await;
        return Err(BodyError::TooLarge(most));
    }
    let mut bytes = BytesMut::new();
    let reading = async {
        while let Some(frame) = body.frame().await {
            let data = frame.map_err(|_| BodyError::BrokeOff)?;
            let Ok(data) = data.into_data() else { continue };
            if bytes.len() + data.len() > most {
                return Err(BodyError::TooLarge(most));
            }
            bytes.extend_from_slice(&data);
        }
        Ok(())
    };
    match timeout(limits.body_time, reading).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => {
            drop(bytes);
            discard(body).await;
            return Err(error);
        }
        Err(_) => return Err(BodyError::TimedOut),
    }
    String::from_utf8(bytes.into()).map_err(|_| BodyError::NotText)
}

/// Reads a body that nobody wants, within limits.
pub(crate) async fn discard(mut body: Body) {
    let mut read = 0;
    let reading = async {
        while read < DISCARD_BYTES
            && let Some(Ok(frame)) = body.frame().await
        {
            read += frame.data_ref().map_or(0, bytes::Bytes::len);
        }
    };
    // What is left after that is cut off with the connection.
    let _ = timeout(DISCARD_TIME, reading).await;
}
