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
}
