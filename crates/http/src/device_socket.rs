//! MQTT over WebSocket (device-protocol §1): devices that may only reach the HTTPS port. A WebSocket becomes a stream of
//! bytes, and the devices' side takes it from there like any other connection.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum::extract::State;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::response::{IntoResponse, Response};
use bytes::{Buf, Bytes};
use futures::{Sink, Stream};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::hub::{Code, refused};
use crate::{ApiState, console};

/// The sub-protocol in every spelling that clients offer; they expect their own back.
const PROTOCOLS: [&str; 2] = ["mqtt", "MQTT"];
/// No MQTT packet that is taken is longer, and no client splits one over more than it needs (device-protocol §2.7).
const FRAME_BYTES_MAX: usize = 288 * 1024;
/// What a connection reads at a time; a longer frame takes what it needs, for as long as it is at hand.
const READ_BUFFER_BYTES: usize = 4 * 1024;
/// Bytes of one frame that is written: a connection keeps room for the longest.
const WRITE_BYTES_MAX: usize = 8 * 1024;

/// Takes the connections of devices.
pub type DeviceDoor = Arc<dyn Fn(DeviceStream) + Send + Sync>;

/// `GET /$iothub/websocket`.
pub(crate) async fn open(
    State(state): State<Arc<ApiState>>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    match upgrade {
        Ok(upgrade) => upgraded(&state, upgrade),
        Err(_) => refused(&state, Code::GenericBadRequest, "this path takes WebSockets with the sub-protocol mqtt"),
    }
}

/// `GET /`: some devices ask for their hub here (device-protocol §1), people for the console.
pub(crate) async fn open_at_root(
    State(state): State<Arc<ApiState>>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    match upgrade {
        Ok(upgrade) => upgraded(&state, upgrade),
        Err(_) => console::from_root().into_response(),
    }
}

fn upgraded(state: &ApiState, upgrade: WebSocketUpgrade) -> Response {
    if state.readiness.is_draining() {
        return refused(state, Code::ServiceUnavailable, "the server is stopping; try again later");
    }
    let upgrade = upgrade.protocols(PROTOCOLS);
    if upgrade.selected_protocol().is_none() {
        return refused(
            state,
            Code::GenericBadRequest,
            "the WebSocket must offer the sub-protocol mqtt: AMQP is not served",
        );
    }
    let door = Arc::clone(&state.device_door);
    upgrade
        .max_frame_size(FRAME_BYTES_MAX)
        .max_message_size(FRAME_BYTES_MAX)
        .read_buffer_size(READ_BUFFER_BYTES)
        // Whoever writes has collected what belongs together.
        .write_buffer_size(0)
        .max_write_buffer_size(2 * WRITE_BYTES_MAX)
        .on_failed_upgrade(|error| tracing::debug!(%error, "a WebSocket could not be opened"))
        .on_upgrade(async move |socket| door(DeviceStream { socket, read: Bytes::new() }))
        .into_response()
}

/// The bytes in the binary frames of a WebSocket. Where frames begin and end means nothing; text ends the connection.
pub struct DeviceStream {
    socket: WebSocket,
    /// Of the frame at hand.
    read: Bytes,
}

impl AsyncRead for DeviceStream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, out: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        while self.read.is_empty() {
            match ready!(Pin::new(&mut self.socket).poll_next(cx)) {
                Some(Ok(Message::Binary(bytes))) => self.read = bytes,
                // Pings are answered below us.
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                Some(Ok(Message::Text(_))) => {
                    return Poll::Ready(Err(io::Error::new(io::ErrorKind::InvalidData, "a text frame")));
                }
                Some(Ok(Message::Close(_))) | None => return Poll::Ready(Ok(())),
                Some(Err(error)) => return Poll::Ready(Err(io::Error::other(error))),
            }
        }
        let count = self.read.len().min(out.remaining());
        out.put_slice(&self.read[..count]);
        self.read.advance(count);
        if self.read.is_empty() {
            // It holds the memory of its frame.
            self.read = Bytes::new();
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for DeviceStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        ready!(Pin::new(&mut self.socket).poll_ready(cx)).map_err(io::Error::other)?;
        let count = bytes.len().min(WRITE_BYTES_MAX);
        let message = Message::Binary(Bytes::copy_from_slice(&bytes[..count]));
        Pin::new(&mut self.socket).start_send(message).map_err(io::Error::other)?;
        Poll::Ready(Ok(count))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(cx).map_err(io::Error::other)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_close(cx).map_err(io::Error::other)
    }
}
