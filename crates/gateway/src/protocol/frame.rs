//! From bytes to packets, with every limit checked before memory is taken for what was announced.
//!
//! The codec reads whole packets only: cutting the stream is done here, so that the buffer grows with what
//! has arrived and never with what a length field claims, and no decoder state is kept per connection.

use bytes::BytesMut;
use rmqtt_codec::error::{DecodeError, EncodeError};
use rmqtt_codec::v3::{Codec, Packet};
use tokio_util::codec::{Decoder, Encoder};

/// The largest packet: 256 KiB of payload, with an allowance for the header, the topic and its property
/// bag (device-protocol §2.7).
pub const PACKET_MAX: usize = 256 * 1024 + 8 * 1024;

/// The largest CONNECT. A will may carry as much as MQTT's two-byte length allows; everything else in it
/// is short.
pub const CONNECT_MAX: usize = 72 * 1024;

/// First byte of every CONNECT.
const CONNECT: u8 = 0x10;

/// Which packet may come next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expect {
    /// The first packet of a connection: CONNECT and nothing else.
    Connect,
    /// Any packet.
    Any,
}

/// Why the stream cannot be read any further. The connection is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadFrame {
    /// The announced packet is larger than the limit.
    #[error("a packet of {size} bytes is larger than {max}")]
    TooLarge {
        /// Whole size announced, in bytes.
        size: usize,
        /// The limit, in bytes.
        max: usize,
    },
    /// The first packet is not CONNECT.
    #[error("the first packet is not CONNECT")]
    NotConnect,
    /// CONNECT with a protocol level other than 4: answered with CONNACK 1 (device-protocol §2).
    #[error("the protocol level is not 4 (MQTT 3.1.1)")]
    ProtocolLevel,
    /// CONNECT with an empty client id and a session to keep: answered with CONNACK 2 (MQTT 3.1.3.1).
    #[error("the client id is empty")]
    EmptyClientId,
    /// Not MQTT.
    #[error("a packet is malformed: {0}")]
    Malformed(&'static str),
}

/// Takes the next whole packet off `buffer`; `None` when more bytes are needed.
pub fn next_packet(buffer: &mut BytesMut, expect: Expect) -> Result<Option<Packet>, BadFrame> {
    let Some((&first, rest)) = buffer.split_first() else { return Ok(None) };
    let max = match expect {
        Expect::Connect if first != CONNECT => return Err(BadFrame::NotConnect),
        Expect::Connect => CONNECT_MAX,
        Expect::Any => PACKET_MAX,
    };
    let Some((length, digits)) = remaining_length(rest)? else { return Ok(None) };
    let size = 1 + digits + length;
    if size > max {
        return Err(BadFrame::TooLarge { size, max });
    }
    if buffer.len() < size {
        return Ok(None);
    }
    let mut codec = Codec::new(0);
    match codec.decode(buffer) {
        Ok(Some((packet, _))) => Ok(Some(packet)),
        Ok(None) => Err(BadFrame::Malformed("its length does not hold")),
        Err(error) => Err(refusal(&error)),
    }
}

/// The *remaining length* field and how many bytes it takes; `None` when it is not complete yet.
fn remaining_length(bytes: &[u8]) -> Result<Option<(usize, usize)>, BadFrame> {
    let mut length = 0;
    for (i, &byte) in bytes.iter().take(4).enumerate() {
        length |= usize::from(byte & 0x7f) << (7 * i);
        if byte & 0x80 == 0 {
            return Ok(Some((length, i + 1)));
        }
    }
    if bytes.len() < 4 { Ok(None) } else { Err(BadFrame::Malformed("its length field is too long")) }
}

fn refusal(error: &DecodeError) -> BadFrame {
    match error {
        DecodeError::UnsupportedProtocolLevel => BadFrame::ProtocolLevel,
        DecodeError::InvalidClientId => BadFrame::EmptyClientId,
        DecodeError::InvalidProtocol => BadFrame::Malformed("unknown protocol name"),
        DecodeError::Utf8Error => BadFrame::Malformed("a text is not UTF-8"),
        DecodeError::InvalidTopicName | DecodeError::InvalidTopicFilter => BadFrame::Malformed("an empty topic"),
        DecodeError::UnsupportedPacketType => BadFrame::Malformed("unknown packet type or flags"),
        // The codec's own enum, not ours: whatever else it names is malformed.
        _ => BadFrame::Malformed("bad content"),
    }
}

/// Appends `packet` to `out`. Fails only for what MQTT cannot express, such as a topic beyond 64 KiB.
pub fn encode(packet: Packet, out: &mut BytesMut) -> Result<(), EncodeError> {
    let before = out.len();
    Codec::new(0).encode(packet, out).inspect_err(|_| out.truncate(before))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(bytes: &[u8], expect: Expect) -> Result<Option<Packet>, BadFrame> {
        next_packet(&mut BytesMut::from(bytes), expect)
    }

    #[test]
    fn incomplete_takes_no_memory() {
        // Announces 200,000 bytes.
        let mut buffer = BytesMut::from(&[0x30, 0xc0, 0x9a, 0x0c, 0, 1][..]);
        let capacity = buffer.capacity();
        assert_eq!(next_packet(&mut buffer, Expect::Any), Ok(None));
        assert_eq!((buffer.len(), buffer.capacity()), (6, capacity));
    }

    #[test]
    fn limits_come_before_the_body() {
        let too_large = [0x30, 0xff, 0xff, 0xff, 0x7f];
        assert_eq!(next(&too_large, Expect::Any), Err(BadFrame::TooLarge { size: 268_435_460, max: PACKET_MAX }));
        let connect = [0x10, 0xff, 0xff, 0x7f];
        assert!(matches!(next(&connect, Expect::Connect), Err(BadFrame::TooLarge { max: CONNECT_MAX, .. })));
        assert_eq!(
            next(&[0x30, 0xff, 0xff, 0xff, 0xff], Expect::Any),
            Err(BadFrame::Malformed("its length field is too long"))
        );
    }

    #[test]
    fn first_packet() {
        assert_eq!(next(&[0xc0], Expect::Connect), Err(BadFrame::NotConnect));
        assert_eq!(next(b"GET / HTTP/1.1\r\n", Expect::Connect), Err(BadFrame::NotConnect));
        assert_eq!(next(&[], Expect::Connect), Ok(None));
        assert_eq!(next(&[0x10], Expect::Connect), Ok(None));
        assert_eq!(next(b"\x10\x0d\0\x04MQTT\x05\x02\0\x3c\0\x01a", Expect::Connect), Err(BadFrame::ProtocolLevel));
        assert_eq!(next(b"\x10\x0c\0\x04MQTT\x04\0\0\x3c\0\0", Expect::Connect), Err(BadFrame::EmptyClientId));
        assert!(matches!(next(b"\x10\x0c\0\x04mqtt\x04\x02\0\x3c\0\0", Expect::Connect), Err(BadFrame::Malformed(_))));
    }

    #[test]
    fn several_packets_in_one_read() {
        let mut buffer = BytesMut::from(&[0xc0, 0, 0xc0, 0, 0xe0][..]);
        assert_eq!(next_packet(&mut buffer, Expect::Any), Ok(Some(Packet::PingRequest)));
        assert_eq!(next_packet(&mut buffer, Expect::Any), Ok(Some(Packet::PingRequest)));
        assert_eq!(next_packet(&mut buffer, Expect::Any), Ok(None));
        buffer.extend_from_slice(&[0]);
        assert_eq!(next_packet(&mut buffer, Expect::Any), Ok(Some(Packet::Disconnect)));
    }

    #[test]
    fn a_topic_too_long_leaves_the_buffer_alone() {
        let mut out = BytesMut::from(&b"x"[..]);
        let publish = rmqtt_codec::types::Publish {
            dup: false,
            retain: false,
            qos: rmqtt_codec::types::QoS::AtMostOnce,
            topic: "a".repeat(70_000).into(),
            packet_id: None,
            payload: bytes::Bytes::new(),
            properties: None,
        };
        assert!(encode(Packet::Publish(Box::new(publish)), &mut out).is_err());
        assert_eq!(&out[..], b"x");
    }
}
