//! The console: a web page of its own that the program holds, and nothing more. All it does are calls of the central
//! face's own version.
//!
//! Only `/` and `/console…` are taken from the hub face. A build without the page (`cargo build` alone) serves a text
//! that says how to make it; a debug build reads the page from the disk each time, so that it can be built anew
//! beside it.

mod assets;
mod policy;

use axum::body::Body;
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use rust_embed::{EmbeddedFile, RustEmbed};

use assets::{Coding, etag};
use policy::Nonce;

/// What `make console` builds, each text also as `.br` and `.gz`.
#[derive(RustEmbed)]
#[folder = "../../console/dist"]
#[exclude = ".vite/*"]
#[allow_missing = true]
pub(crate) struct Page;

const INDEX: &str = "index.html";
/// Files below it are named after their content.
const HASHED: &str = "assets/";
/// Stands in the page where the nonce belongs.
const NONCE_PLACE: &str = "__CSP_NONCE__";

/// `/`: the console is what a person looks for here.
pub(crate) fn from_root() -> Redirect {
    Redirect::temporary("/console")
}

/// `/console`.
pub(crate) async fn index<Files: RustEmbed>() -> Response {
    policy::protect(page::<Files>)
}

/// `/console/…`: a file of the page, or the page itself, for the rest of the path is a place in it.
pub(crate) async fn file<Files: RustEmbed>(Path(path): Path<String>, headers: HeaderMap) -> Response {
    policy::protect(|nonce| {
        if path.is_empty() || path == INDEX {
            return page::<Files>(nonce);
        }
        match Files::get(&path) {
            Some(file) => asset::<Files>(&path, file, &headers),
            None if path.starts_with(HASHED) => {
                (StatusCode::NOT_FOUND, "there is no such file; reload the page").into_response()
            }
            None => page::<Files>(nonce),
        }
    })
}

/// The page with this answer's nonce in it. It is never kept: the next answer has another.
fn page<Files: RustEmbed>(nonce: &Nonce) -> Response {
    let no_store = (header::CACHE_CONTROL, "no-store");
    let Some(file) = Files::get(INDEX) else {
        let text = "This build of Bellwether has no console: run `make console`, then build the program again.\n\
                    Everything that the console does can also be done over the REST API.\n";
        return (StatusCode::NOT_FOUND, [no_store], text).into_response();
    };
    let text = String::from_utf8_lossy(&file.data).replace(NONCE_PLACE, nonce.as_str());
    ([(header::CONTENT_TYPE, "text/html; charset=utf-8"), no_store], text).into_response()
}

fn asset<Files: RustEmbed>(path: &str, file: EmbeddedFile, headers: &HeaderMap) -> Response {
    let caching = match path.starts_with(HASHED) {
        true => "public, max-age=31536000, immutable",
        false => "no-cache",
    };
    let coding = assets::accepted(headers).into_iter().find_map(|coding| {
        let coded = Files::get(&format!("{path}.{}", coding.extension()))?;
        Some((coding, coded))
    });
    let content_type = file.metadata.mimetype().to_owned();
    let (coding, file) = coding.map_or((None, file), |(coding, coded)| (Some(coding), coded));
    let etag = etag(&file.metadata.sha256_hash());
    let is_same = headers.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == etag.as_bytes());
    let mut response = match is_same {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => Response::new(Body::from(file.data)),
    };
    let out = response.headers_mut();
    out.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    out.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    out.extend(HeaderValue::try_from(etag).ok().map(|etag| (header::ETAG, etag)));
    if !is_same {
        out.extend(HeaderValue::try_from(content_type).ok().map(|value| (header::CONTENT_TYPE, value)));
        out.extend(coding.map(Coding::name).map(|name| (header::CONTENT_ENCODING, HeaderValue::from_static(name))));
    }
    response
}
