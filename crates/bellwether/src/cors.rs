//! The setting `--cors-origin`: whose web pages may call the IoT Central API from a browser.

use std::str::FromStr;

use bellwether_http::{CorsOrigins, Origin};

use crate::failure::Failure;

/// One value of the setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CorsOrigin {
    /// Everybody's.
    Any,
    /// Nobody's.
    None,
    /// This one's.
    Origin(Origin),
}

impl FromStr for CorsOrigin {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.trim() {
            "any" => Ok(CorsOrigin::Any),
            "none" => Ok(CorsOrigin::None),
            origin => origin.parse().map(CorsOrigin::Origin).map_err(|rule| format!("{rule}; or any, or none")),
        }
    }
}

/// What all values say together.
///
/// # Errors
/// `any` or `none` stands beside something else.
pub fn origins(values: &[CorsOrigin]) -> Result<CorsOrigins, Failure> {
    match values {
        [CorsOrigin::Any] => return Ok(CorsOrigins::Any),
        [CorsOrigin::None] => return Ok(CorsOrigins::Only(Vec::new())),
        _ => {}
    }
    let origin = |value: &CorsOrigin| match value {
        CorsOrigin::Origin(origin) => Ok(origin.clone()),
        CorsOrigin::Any | CorsOrigin::None => Err(Failure::usage("--cors-origin: any and none stand alone")),
    };
    Ok(CorsOrigins::Only(values.iter().map(origin).collect::<Result<_, _>>()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values() {
        let all = |texts: &[&str]| {
            let values: Vec<CorsOrigin> = texts.iter().map(|text| text.parse().unwrap()).collect();
            origins(&values).map_err(|error| error.code())
        };
        let (a, b) = ("https://a.test", "http://b.test:3000");
        let only = |texts: &[&str]| CorsOrigins::Only(texts.iter().map(|text| text.parse().unwrap()).collect());
        for (texts, expected) in [
            (&["any"][..], Ok(CorsOrigins::Any)),
            (&["none"], Ok(only(&[]))),
            (&[a], Ok(only(&[a]))),
            (&[a, b], Ok(only(&[a, b]))),
            (&["any", a], Err(2)),
            (&[a, "none"], Err(2)),
            (&["any", "none"], Err(2)),
        ] {
            assert_eq!(all(texts), expected, "{texts:?}");
        }
        assert!("*".parse::<CorsOrigin>().is_err());
    }
}
