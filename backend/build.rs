//! Embeds the phone's page: copies Trunk's output to `OUT_DIR/site` and compresses each file there with brotli and gzip at
//! their best levels.
//!
//! `AMANAT_DIST` names another folder than the workspace's `dist/`.

use std::error::Error;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::{env, process};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-env-changed=AMANAT_DIST");
    println!("cargo::rerun-if-changed=migrations");
    let workspace = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("..");
    let chosen =
        env::var_os("AMANAT_DIST").filter(|folder| !folder.is_empty()).map_or_else(|| PathBuf::from("dist"), PathBuf::from);
    let dist = workspace.join(&chosen);
    println!("cargo::rerun-if-changed={}", dist.display());

    let Ok(page) = fs::read_to_string(dist.join("index.html")) else {
        fail(
            &format!("The phone's page is not built: there is no {}.", chosen.join("index.html").display()),
            "Run: scripts/build-site.sh",
        );
    };
    if page.matches(r#"id="amanat-pack">null</script>"#).count() != 1 {
        fail(
            "The phone's page has no place for the signed pack.",
            "Keep `<script … id=\"amanat-pack\">null</script>` in frontend/index.html.",
        );
    }
    let site = Path::new(&env::var("OUT_DIR")?).join("site");
    if site.exists() {
        fs::remove_dir_all(&site)?;
    }
    copy(&dist, &site)
}

fn copy(from: &Path, to: &Path) -> Result<(), Box<dyn Error>> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
            continue;
        }
        let bytes = fs::read(entry.path())?;
        fs::write(&target, &bytes)?;
        // The server compresses the page itself, once the pack is in it.
        if target.extension().is_some_and(|extension| extension == "html") {
            continue;
        }
        let mut brotli = brotli::CompressorWriter::new(File::create(with_suffix(&target, ".br"))?, 64 * 1024, 11, 22);
        brotli.write_all(&bytes)?;
        brotli.flush()?;
        drop(brotli);
        let mut gzip = flate2::write::GzEncoder::new(File::create(with_suffix(&target, ".gz"))?, flate2::Compression::best());
        gzip.write_all(&bytes)?;
        gzip.finish()?;
    }
    Ok(())
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Reports an error in two lines: what happened, and what to do.
fn fail(what: &str, advice: &str) -> ! {
    println!("cargo::error={what}");
    println!("cargo::error={advice}");
    process::exit(1)
}
