//! The topics devices publish on and those the gateway writes (device-protocol §3).
//!
//! Device ids are compared as literal text, never as patterns.

use super::bag;

/// What a device means by publishing on a topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Published<'a> {
    /// Telemetry with its property bag, still encoded.
    Telemetry {
        /// `name=value&…`, empty when there is none.
        bag: &'a str,
    },
    /// Twin read. Without a request id it is ignored (device-protocol §4).
    TwinRead {
        /// `$rid`, byte for byte.
        rid: Option<&'a str>,
    },
    /// Patch of the reported section. Without a request id it is applied and not answered.
    ReportedPatch {
        /// `$rid`, byte for byte.
        rid: Option<&'a str>,
        /// `$version` as sent; only old Java clients send it.
        version: Option<&'a str>,
    },
    /// Answer to a direct method call. Without a request id it belongs to no call.
    MethodAnswer {
        /// The status as sent; an integer when the device keeps to the rules.
        status: &'a str,
        /// `$rid`, byte for byte.
        rid: Option<&'a str>,
    },
}

/// Reads the topic of a PUBLISH of the device called `device`; `None` for every topic that is not one of
/// its own (device-protocol §3), which closes the connection (§2.7).
pub fn parse<'a>(topic: &'a str, device: &str) -> Option<Published<'a>> {
    if let Some(rest) = topic.strip_prefix("$iothub/") {
        return parse_hub(rest);
    }
    let rest = own(topic, device)?.strip_prefix("messages/events")?;
    let bag = match rest.strip_prefix('/') {
        None if rest.is_empty() => "",
        None => return None,
        Some(bag) => bag.strip_suffix('/').unwrap_or(bag),
    };
    Some(Published::Telemetry { bag })
}

/// What follows `devices/{device}/`.
pub(super) fn own<'a>(topic: &'a str, device: &str) -> Option<&'a str> {
    topic.strip_prefix("devices/")?.strip_prefix(device)?.strip_prefix('/')
}

fn parse_hub(rest: &str) -> Option<Published<'_>> {
    if let Some(query) = rest.strip_prefix("twin/GET/") {
        return Some(Published::TwinRead { rid: parameter(query, "$rid") });
    }
    if let Some(query) = rest.strip_prefix("twin/PATCH/properties/reported/") {
        return Some(Published::ReportedPatch { rid: parameter(query, "$rid"), version: parameter(query, "$version") });
    }
    let (status, query) = rest.strip_prefix("methods/res/")?.split_once('/')?;
    Some(Published::MethodAnswer { status, rid: parameter(query, "$rid") })
}

fn parameter<'a>(query: &'a str, name: &str) -> Option<&'a str> {
    bag::raw(query.strip_prefix('?').unwrap_or(query), name)
}

/// Topic of an answer to a twin request: `$rid` first and unchanged, nothing but `$version` after it
/// (device-protocol §4).
pub fn twin_answer(status: u16, rid: &str, version: Option<i64>) -> String {
    match version {
        None => format!("$iothub/twin/res/{status}/?$rid={rid}"),
        Some(version) => format!("$iothub/twin/res/{status}/?$rid={rid}&$version={version}"),
    }
}

/// Topic of a notification about the desired section (device-protocol §3).
pub fn desired_change(version: i64) -> String {
    format!("$iothub/twin/PATCH/properties/desired/?$version={version}")
}

/// Topic of a direct method call; the name stands in it raw (device-protocol §5).
pub fn method_call(name: &str, rid: &str) -> String {
    format!("$iothub/methods/POST/{name}/?$rid={rid}")
}

/// What a device means by publishing on a topic of provisioning (device-protocol §9.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Registration<'a> {
    /// It wants to be registered.
    Register {
        /// `$rid`, byte for byte.
        rid: Option<&'a str>,
    },
    /// It asks what came of it.
    Poll {
        /// `$rid`, byte for byte.
        rid: Option<&'a str>,
        /// Which operation, still encoded.
        operation_id: Option<&'a str>,
    },
}

impl<'a> Registration<'a> {
    /// `$rid`, byte for byte; without one there is no answer.
    pub fn rid(self) -> Option<&'a str> {
        match self {
            Registration::Register { rid } | Registration::Poll { rid, .. } => rid,
        }
    }
}

/// Reads the topic of a PUBLISH to provisioning; `None` for every other, which closes the connection.
pub fn parse_registration(topic: &str) -> Option<Registration<'_>> {
    let rest = topic.strip_prefix("$dps/registrations/")?;
    if let Some(query) = rest.strip_prefix("PUT/iotdps-register/") {
        return Some(Registration::Register { rid: parameter(query, "$rid") });
    }
    let query = rest.strip_prefix("GET/iotdps-get-operationstatus/")?;
    Some(Registration::Poll { rid: parameter(query, "$rid"), operation_id: parameter(query, "operationId") })
}

/// Topic of an answer of provisioning: `$rid` first and unchanged, and no other `$`; `retry-after` in lower case
/// (device-protocol §9.1).
pub fn registration_answer(status: u16, rid: &str, retry_after: Option<u32>) -> String {
    match retry_after {
        None => format!("$dps/registrations/res/{status}/?$rid={rid}"),
        Some(seconds) => format!("$dps/registrations/res/{status}/?$rid={rid}&retry-after={seconds}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(topic: &str, expected: Option<Published<'_>>) {
        assert_eq!(parse(topic, "dev-01"), expected, "{topic}");
    }

    #[test]
    fn telemetry() {
        for (topic, bag) in [
            ("devices/dev-01/messages/events", ""),
            ("devices/dev-01/messages/events/", ""),
            ("devices/dev-01/messages/events/a=b", "a=b"),
            ("devices/dev-01/messages/events/a=b/", "a=b"),
            ("devices/dev-01/messages/events/%24.ct=application%2Fjson&x", "%24.ct=application%2Fjson&x"),
        ] {
            check(topic, Some(Published::Telemetry { bag }));
        }
    }

    #[test]
    fn ids_are_literal() {
        for id in ["a+b", "#", "+", "a%20b", "$iothub", "a.b*c", "x/"] {
            let topic = format!("devices/{id}/messages/events/");
            assert_eq!(parse(&topic, id), Some(Published::Telemetry { bag: "" }), "{id}");
            assert_eq!(parse("devices/other/messages/events/", id), None, "{id}");
        }
    }

    #[test]
    fn twin_and_methods() {
        check("$iothub/twin/GET/?$rid=1", Some(Published::TwinRead { rid: Some("1") }));
        check("$iothub/twin/GET/?$rid=a%2Fb.c", Some(Published::TwinRead { rid: Some("a%2Fb.c") }));
        check("$iothub/twin/GET/", Some(Published::TwinRead { rid: None }));
        check(
            "$iothub/twin/PATCH/properties/reported/?$rid=r",
            Some(Published::ReportedPatch { rid: Some("r"), version: None }),
        );
        check(
            "$iothub/twin/PATCH/properties/reported/?$rid=r&$version=7",
            Some(Published::ReportedPatch { rid: Some("r"), version: Some("7") }),
        );
        check(
            "$iothub/twin/PATCH/properties/reported/?$version=7&$rid=r",
            Some(Published::ReportedPatch { rid: Some("r"), version: Some("7") }),
        );
        check("$iothub/twin/PATCH/properties/reported/", Some(Published::ReportedPatch { rid: None, version: None }));
        check("$iothub/methods/res/200/?$rid=r", Some(Published::MethodAnswer { status: "200", rid: Some("r") }));
        check("$iothub/methods/res/abc/?$rid=r", Some(Published::MethodAnswer { status: "abc", rid: Some("r") }));
        check("$iothub/methods/res/200/", Some(Published::MethodAnswer { status: "200", rid: None }));
    }

    #[test]
    fn not_ours() {
        for topic in [
            "",
            "a",
            "devices/dev-02/messages/events/",
            "devices/dev-01x/messages/events/",
            "devices/dev-01/messages/eventsx",
            "devices/dev-01/messages/devicebound/",
            "devices/dev-01/modules/m/messages/events/",
            "devices/dev-01",
            "$iothub/twin/res/200/?$rid=1",
            "$iothub/twin/GET",
            "$iothub/twin/PATCH/properties/desired/?$version=1",
            "$iothub/methods/POST/reboot/?$rid=1",
            "$iothub/methods/res/200",
            "$SYS/x",
            "$dps/registrations/PUT/iotdps-register/?$rid=1",
        ] {
            check(topic, None);
        }
    }

    #[test]
    fn written() {
        assert_eq!(twin_answer(200, "a=b%20", None), "$iothub/twin/res/200/?$rid=a=b%20");
        assert_eq!(twin_answer(204, "1", Some(9)), "$iothub/twin/res/204/?$rid=1&$version=9");
        assert_eq!(desired_change(3), "$iothub/twin/PATCH/properties/desired/?$version=3");
        assert_eq!(method_call("thermostat1*reboot", "f"), "$iothub/methods/POST/thermostat1*reboot/?$rid=f");
    }

    #[test]
    fn provisioning() {
        use Registration::{Poll, Register};
        for (topic, expected) in [
            ("$dps/registrations/PUT/iotdps-register/?$rid=a%20b", Some(Register { rid: Some("a%20b") })),
            ("$dps/registrations/PUT/iotdps-register/", Some(Register { rid: None })),
            (
                "$dps/registrations/GET/iotdps-get-operationstatus/?$rid=1&operationId=4.a.b",
                Some(Poll { rid: Some("1"), operation_id: Some("4.a.b") }),
            ),
            (
                "$dps/registrations/GET/iotdps-get-operationstatus/?operationId=&$rid=1",
                Some(Poll { rid: Some("1"), operation_id: Some("") }),
            ),
            (
                "$dps/registrations/GET/iotdps-get-operationstatus/?$rid=1",
                Some(Poll { rid: Some("1"), operation_id: None }),
            ),
            ("$dps/registrations/PUT/iotdps-register", None),
            ("$dps/registrations/res/200/?$rid=1", None),
            ("$iothub/twin/GET/?$rid=1", None),
            ("devices/dev-01/messages/events/", None),
        ] {
            assert_eq!(parse_registration(topic), expected, "{topic}");
        }
        assert_eq!(registration_answer(200, "1", None), "$dps/registrations/res/200/?$rid=1");
        assert_eq!(registration_answer(202, "1", Some(3)), "$dps/registrations/res/202/?$rid=1&retry-after=3");
        // The topics of a hub's device are none of provisioning, and the other way round.
        assert_eq!(parse("$dps/registrations/PUT/iotdps-register/?$rid=1", "dev-01"), None);
    }
}
