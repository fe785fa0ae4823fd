//! Patterns of paths.

use percent_encoding::percent_decode_str;

/// What `path` has for the parameters of `pattern`, if it has its form. Ids arrive percent-encoded or raw; what
/// is no valid escape stays as it is.
pub(crate) fn params(pattern: &str, path: &str) -> Option<Vec<String>> {
    let path = path.strip_suffix('/').unwrap_or(path);
    let (mut wanted, mut given) = (pattern.split('/'), path.split('/'));
    let mut params = Vec::new();
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return Some(params),
            (Some(word), Some(segment)) if word.starts_with('{') && !segment.is_empty() => {
                params.push(percent_decode_str(segment).decode_utf8_lossy().into_owned());
            }
            (Some(word), Some(segment)) if word == segment => {}
            (Some(_) | None, Some(_)) | (Some(_), None) => return None,
        }
    }
}
