//! `make-test-roots DIR` writes `roots.toml` and three root keys for builds that tests run against, unless they exist.
//!
//! The keys have no password, so that `amanat pack sign` and the stock `minisign` sign with them without being asked.

use std::{env, error::Error, fs, path::Path};

use minisign::KeyPair;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = env::args_os().nth(1).ok_or("make-test-roots was not told where. Run: make-test-roots DIR")?;
    let folder = Path::new(&folder);
    let roots = folder.join("roots.toml");
    if roots.exists() {
        return Ok(());
    }
    fs::create_dir_all(folder)?;
    let mut keys = Vec::new();
    for number in 1..=3 {
        let pair = KeyPair::generate_unencrypted_keypair()?;
        fs::write(folder.join(format!("root-{number}.key")), pair.sk.to_box(None)?.to_string())?;
        fs::write(folder.join(format!("root-{number}.pub")), pair.pk.to_box()?.to_string())?;
        keys.push(pair.pk.to_base64());
    }
    // The file is renamed into place last, so that a folder with this file has the keys.
    let unfinished = folder.join("roots.toml.new");
    fs::write(&unfinished, format!("threshold = 2\nkeys = {keys:?}\n"))?;
    fs::rename(unfinished, roots)?;
    Ok(())
}
