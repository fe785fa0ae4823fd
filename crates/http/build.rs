//! Looks at the console's page again when it was built again.

use std::path::Path;

fn main() {
    let page = Path::new("../../console/dist");
    // cargo takes a folder that is absent for one that has just changed, each time anew. That it cannot be made costs
    // only that time.
    let _ = std::fs::create_dir_all(page);
    println!("cargo::rerun-if-changed={}", page.display());
    println!("cargo::rerun-if-changed=build.rs");
}
