//! The topics of a device, from the device's side (device-protocol §3 to §5).

/// What the hub sent.
#[derive(Debug, PartialEq, Eq)]
pub enum Received<'a> {
    /// A direct method: its name and what the answer must carry.
    Method {
        /// The method's name.
        name: &'a str,
        /// To be echoed.
        rid: &'a str,
    },
    /// The answer to a twin read or a reported patch.
    TwinAnswer {
        /// HTTP-like status.
        status: u16,
        /// Which request it answers.
        rid: &'a str,
    },
    /// Desired properties changed.
    Desired,
    /// Something a device need not know.
    Other,
}

/// Reads a topic that the hub published to.
pub fn read(topic: &str) -> Received<'_> {
    if let Some(rest) = topic.strip_prefix("$iothub/methods/POST/") {
        return match rest.rsplit_once("/?$rid=") {
            Some((name, rid)) => Received::Method { name, rid },
            None => Received::Other,
        };
    }
    if let Some(rest) = topic.strip_prefix("$iothub/twin/res/") {
        let parsed = rest.split_once("/?$rid=").and_then(|(status, rest)| {
            let rid = rest.split('&').next().unwrap_or_default();
            status.parse().ok().map(|status| Received::TwinAnswer { status, rid })
        });
        return parsed.unwrap_or(Received::Other);
    }
    if topic.starts_with("$iothub/twin/PATCH/properties/desired/") { Received::Desired } else { Received::Other }
}

/// What a device subscribes to.
pub const FILTERS: [&str; 3] =
    ["$iothub/methods/POST/#", "$iothub/twin/res/#", "$iothub/twin/PATCH/properties/desired/#"];

/// Where a method's answer goes.
pub fn method_answer(status: u16, rid: &str) -> String {
    format!("$iothub/methods/res/{status}/?$rid={rid}")
}

/// Where a twin is asked for.
pub fn twin_read(rid: u64) -> String {
    format!("$iothub/twin/GET/?$rid={rid}")
}

/// Where reported properties go.
pub fn reported(rid: u64) -> String {
    format!("$iothub/twin/PATCH/properties/reported/?$rid={rid}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics() {
        let method = Received::Method { name: "a*b", rid: "7-1" };
        assert_eq!(read("$iothub/methods/POST/a*b/?$rid=7-1"), method);
        assert_eq!(read("$iothub/twin/res/204/?$rid=3&$version=9"), Received::TwinAnswer { status: 204, rid: "3" });
        assert_eq!(read("$iothub/twin/PATCH/properties/desired/?$version=2"), Received::Desired);
        for other in ["", "$iothub/methods/POST/x", "$iothub/twin/res/x/?$rid=1", "devices/a/messages/devicebound/"] {
            assert_eq!(read(other), Received::Other, "{other}");
        }
    }
}
