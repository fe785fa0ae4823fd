//! A device's answer to a direct method call (device-protocol §5).

use bellwether_model::json::depth;
use bellwether_model::method::{MethodAnswer, PAYLOAD_BYTES_MAX, PAYLOAD_DEPTH_MAX};
use serde_json::value::RawValue;

/// Reads status and payload. The status is any integer; the payload is one JSON value, or empty or blank
/// for `null`, of at most 128 KB (iot-hub §4).
///
/// # Errors
/// A sentence about what is wrong, for `CallError::Malformed`.
pub fn read(status: &str, payload: &[u8]) -> Result<MethodAnswer, String> {
    let status: i64 = status.parse().map_err(|_| format!("the status {:?} is not an integer", shortened(status)))?;
    if payload.len() > PAYLOAD_BYTES_MAX {
        return Err(format!("the payload of {} bytes is larger than {PAYLOAD_BYTES_MAX}", payload.len()));
    }
    if payload.trim_ascii().is_empty() {
        return Ok(MethodAnswer { status, payload: "null".to_owned() });
    }
    match serde_json::from_slice::<&RawValue>(payload) {
        Ok(json) if depth(json.get()) > PAYLOAD_DEPTH_MAX => {
            Err(format!("the payload nests deeper than {PAYLOAD_DEPTH_MAX}"))
        }
        Ok(json) => Ok(MethodAnswer { status, payload: json.get().to_owned() }),
        Err(error) => Err(format!("the payload is not JSON: {error}")),
    }
}

fn shortened(text: &str) -> String {
    text.chars().take(40).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers() {
        for (status, payload, expected) in [
            ("200", r#"{"a":1}"#, Ok((200, r#"{"a":1}"#))),
            ("200", " [1.50, \"x\"] ", Ok((200, "[1.50, \"x\"]"))),
            ("0", "", Ok((0, "null"))),
            ("-7", " ", Ok((-7, "null"))),
            ("404", "null", Ok((404, "null"))),
            ("", "null", Err("the status \"\" is not an integer")),
            ("2.5", "null", Err("the status \"2.5\" is not an integer")),
            ("ok", "null", Err("the status \"ok\" is not an integer")),
            ("200", "{", Err("the payload is not JSON: EOF while parsing an object at line 1 column 1")),
            ("200", "1 2", Err("the payload is not JSON: trailing characters at line 1 column 3")),
        ] {
            let found = read(status, payload.as_bytes());
            let found = found.as_ref().map(|a| (a.status, a.payload.as_str())).map_err(String::as_str);
            assert_eq!(found, expected, "{status} {payload}");
        }
        assert!(read("200", &[0xff]).is_err());
        assert!(read("200", &vec![b' '; PAYLOAD_BYTES_MAX + 1]).is_err());
        let deep = "[".repeat(100_000) + &"]".repeat(100_000);
        assert!(read("200", &deep.as_bytes()[100_000 - 65..100_000 + 65]).is_err());
        assert!(read("200", &deep.as_bytes()[100_000 - 64..100_000 + 64]).is_ok());
        let _ = read("200", &deep.as_bytes()[..PAYLOAD_BYTES_MAX]);
    }
}
