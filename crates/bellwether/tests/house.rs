//! The rules of the house that a manifest can show: arrows between crates point down only, and the pure crates
//! depend on nothing that does I/O, waits, reads a clock or draws numbers.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeSet;
use std::path::Path;

/// Each crate with the crates of ours that it may use.
const ARROWS: [(&str, &[&str]); 7] = [
    ("model", &[]),
    ("query", &["model"]),
    ("store", &["model", "query"]),
    ("engine", &["model", "query", "store"]),
    ("gateway", &["model", "store", "engine"]),
    ("http", &["model", "query", "store", "engine"]),
    ("bellwether", &["model", "query", "store", "engine", "gateway", "http"]),
];

/// What the pure crates may use beyond our own.
const PURE: [(&str, &[&str]); 2] = [
    (
        "model",
        &[
            "base64",
            "hmac",
            "jiff",
            "percent-encoding",
            "rust_decimal",
            "serde",
            "serde_json",
            "sha1",
            "sha2",
            "subtle",
            "thiserror",
            "x509-parser",
        ],
    ),
    ("query", &["serde", "serde_json", "thiserror", "winnow"]),
];

fn dependencies(crate_name: &str) -> BTreeSet<String> {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join(crate_name).join("Cargo.toml");
    let text = std::fs::read_to_string(manifest).unwrap();
    let table: toml::Table = text.parse().unwrap();
    table["dependencies"].as_table().unwrap().keys().cloned().collect()
}

#[test]
fn arrows_point_down() {
    for (name, allowed) in ARROWS {
        for dependency in dependencies(name) {
            if let Some(ours) = dependency.strip_prefix("bellwether-") {
                assert!(allowed.contains(&ours), "{name} must not use {ours}");
            }
        }
    }
}

#[test]
fn every_crate_is_in_the_table() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    for entry in std::fs::read_dir(crates).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(ARROWS.iter().any(|(known, _)| *known == name), "{name} is not in the table of arrows");
    }
}

#[test]
fn pure_crates_stay_pure() {
    for (name, allowed) in PURE {
        for dependency in dependencies(name) {
            assert!(allowed.contains(&dependency.as_str()), "{name} is pure and must not use {dependency}");
        }
    }
}
