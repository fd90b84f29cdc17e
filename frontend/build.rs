//! Turns `locales/strings.tsv` into one constant a key, each with its text in three languages. A hole fails the build.

use std::fmt::Write as _;
use std::{env, fs, path::Path};

fn main() {
    println!("cargo::rerun-if-changed=locales/strings.tsv");
    let table = fs::read_to_string("locales/strings.tsv").expect("locales/strings.tsv belongs to the crate");
    let mut code = String::new();
    for (index, line) in table.lines().enumerate().skip(1) {
        let cells: Vec<&str> = line.split('\t').collect();
        let [key, english, dari, pashto] = cells[..] else { panic!("locales/strings.tsv:{}: four columns are needed", index + 1) };
        assert!(cells.iter().all(|cell| !cell.trim().is_empty()), "locales/strings.tsv:{}: {key} has a hole", index + 1);
        let name = key.replace(['.', '-'], "_").to_uppercase();
        writeln!(code, "/// `{key}`\npub const {name}: Words = Words([{english:?}, {dari:?}, {pashto:?}]);")
            .expect("a String takes any text");
    }
    let out = env::var("OUT_DIR").expect("cargo sets OUT_DIR for build scripts");
    fs::write(Path::new(&out).join("words.rs"), code).expect("cargo's OUT_DIR can be written");
}
