//! As much of MQTT 3.1.1 as a device needs. Written by hand so that the clients cost little beside the server.

use bytes::{Buf, BytesMut};

/// Something that the hub sent.
pub struct Received {
    /// Packet type, 1 to 14.
    pub kind: u8,
    /// All after the fixed header.
    pub body: BytesMut,
}

/// Packet types.
pub const CONNACK: u8 = 2;
/// See [`CONNACK`].
pub const PUBLISH: u8 = 3;
/// See [`CONNACK`].
pub const SUBACK: u8 = 9;

/// PINGREQ.
pub const PING: &[u8] = &[0xc0, 0];

/// CONNECT with clean session 0, as the device SDKs do.
pub fn connect(id: &str, user: &str, password: &str, keep_alive: u16) -> Vec<u8> {
    let mut body = Vec::new();
    text(&mut body, "MQTT");
    body.extend([4, 0b1100_0000]);
    body.extend(keep_alive.to_be_bytes());
    for field in [id, user, password] {
        text(&mut body, field);
    }
    packet(0x10, &body)
}

/// SUBSCRIBE at QoS 0.
pub fn subscribe(filters: &[&str]) -> Vec<u8> {
    let mut body = vec![0, 1];
    for filter in filters {
        text(&mut body, filter);
        body.push(0);
    }
    packet(0x82, &body)
}

/// PUBLISH at QoS 0.
pub fn publish(topic: &str, payload: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    text(&mut body, topic);
    body.extend(payload);
    packet(0x30, &body)
}

/// The topic of a PUBLISH.
pub fn topic(body: &[u8]) -> Option<&str> {
    let (length, rest) = body.split_first_chunk::<2>()?;
    std::str::from_utf8(rest.get(..u16::from_be_bytes(*length).into())?).ok()
}

/// Takes the first whole packet out of `input`.
pub fn next(input: &mut BytesMut) -> Option<Received> {
    let kind = input.first()? >> 4;
    let (mut length, mut header) = (0usize, 1);
    loop {
        let byte = *input.get(header)?;
        length |= usize::from(byte & 0x7f) << (7 * (header - 1));
        header += 1;
        if byte & 0x80 == 0 || header > 4 {
            break;
        }
    }
    if input.len() < header + length {
        return None;
    }
    input.advance(header);
    Some(Received { kind, body: input.split_to(length) })
}

fn packet(first: u8, body: &[u8]) -> Vec<u8> {
    let mut out = vec![first];
    let mut left = body.len();
    loop {
        let more = if left > 0x7f { 0x80 } else { 0 };
        out.push((left & 0x7f) as u8 | more);
        left >>= 7;
        if left == 0 {
            break;
        }
    }
    out.extend(body);
    out
}

fn text(out: &mut Vec<u8>, text: &str) {
    out.extend((text.len() as u16).to_be_bytes());
    out.extend(text.as_bytes());
}
