//! PUBLISH packets towards a client, numbered.

use std::num::NonZeroU16;

use bytes::Bytes;
use rmqtt_codec::types::{Publish, QoS};
use rmqtt_codec::v3::Packet;

use super::subscriptions::Granted;

/// Numbers what is sent with QoS 1. It is not kept, so a number is free again at once.
#[derive(Debug, Default)]
pub struct Outgoing {
    last_packet_id: u16,
}

impl Outgoing {
    /// A PUBLISH with the quality of service that was granted.
    pub fn publish(&mut self, topic: String, payload: Bytes, granted: Granted) -> Packet {
        let qos = qos_of(granted);
        let packet_id = match granted {
            Granted::Qos0 => None,
            Granted::Qos1 => Some(self.next_packet_id()),
        };
        let topic = topic.into();
        let publish = Publish { dup: false, retain: false, qos, topic, packet_id, payload, properties: None };
        Packet::Publish(Box::new(publish))
    }

    fn next_packet_id(&mut self) -> NonZeroU16 {
        let id = NonZeroU16::new(self.last_packet_id.wrapping_add(1)).unwrap_or(NonZeroU16::MIN);
        self.last_packet_id = id.get();
        id
    }
}

/// As the codec says it.
pub fn qos_of(granted: Granted) -> QoS {
    match granted {
        Granted::Qos0 => QoS::AtMostOnce,
        Granted::Qos1 => QoS::AtLeastOnce,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packet_ids_skip_zero() {
        let mut outgoing = Outgoing { last_packet_id: u16::MAX };
        assert_eq!(outgoing.next_packet_id().get(), 1);
    }
}
