//! Compiles the root keys and the build's day into the program.
//!
//! `AMANAT_ROOTS` names a `roots.toml` (`threshold = 2`, `keys = ["RWQ…", …]`); without it the build is a demo build.

use std::{env, fs, path::Path, time::SystemTime};

#[path = "build/roots.rs"]
mod roots;

fn main() {
    println!("cargo::rerun-if-env-changed=AMANAT_ROOTS");
    println!("cargo::rerun-if-env-changed=SOURCE_DATE_EPOCH");
    let roots = env::var_os("AMANAT_ROOTS").filter(|path| !path.is_empty()).map(|path| {
        println!("cargo::rerun-if-changed={}", Path::new(&path).display());
        let text = fs::read_to_string(&path)
            .unwrap_or_else(|error| panic!("AMANAT_ROOTS: {} cannot be read: {error}", Path::new(&path).display()));
        roots::parse(&text).unwrap_or_else(|error| panic!("AMANAT_ROOTS: {}: {error}", Path::new(&path).display()))
    });
    let seconds = env::var("SOURCE_DATE_EPOCH").ok().and_then(|seconds| seconds.parse::<u64>().ok()).unwrap_or_else(|| {
        #[expect(clippy::disallowed_methods, reason = "a build script has no clock but the system's")]
        SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |passed| passed.as_secs())
    });
    let roots = roots.map_or_else(|| "None".to_owned(), |roots| format!("Some(({}, &{:?}))", roots.threshold, roots.keys));
    let code = format!(
        "/// Threshold and minisign public keys.\nconst COMPILED: Option<(usize, &[&str])> = {roots};\n/// Days since 1970 of the build.\nconst BUILD_DAY: i32 = {};\n",
        seconds / 86_400
    );
    let out = env::var("OUT_DIR").expect("cargo sets OUT_DIR for build scripts");
    fs::write(Path::new(&out).join("roots.rs"), code).expect("cargo's OUT_DIR can be written");
}
