//! Generates one constant per interface text: from `locales/strings.tsv` with the text in three languages, from
//! `locales/deferred.tsv`, whose texts arrive with the worker, with an index into a table. A missing translation fails the build.

use std::fmt::Write as _;
use std::{env, fs, path::Path};

fn main() {
    let mut constants = String::new();
    for Row { key, constant, texts } in rows("locales/strings.tsv") {
        writeln!(constants, "/// `{key}`\npub const {constant}: StaticText = StaticText({texts:?});")
            .expect("a String takes any text");
    }
    write("texts.rs", &constants);

    let (mut constants, mut table) = (String::new(), String::new());
    for (index, Row { key, constant, texts }) in rows("locales/deferred.tsv").into_iter().enumerate() {
        writeln!(constants, "/// `{key}`\npub const {constant}: DeferredText = DeferredText({index});")
            .expect("a String takes any text");
        table.extend(texts.map(|text| format!("{text:?},\n")));
    }
    write("deferred_texts.rs", &constants);
    write("deferred_table.rs", &format!("&[{table}]"));
    check_passphrase_words("locales/passphrase.tsv");
}

/// Checks that a random byte chooses among the passphrase words evenly: 256 rows of three languages, without a duplicate.
fn check_passphrase_words(path: &str) {
    println!("cargo::rerun-if-changed={path}");
    let table = fs::read_to_string(path).unwrap_or_else(|error| panic!("{path} belongs to the crate: {error}"));
    let rows: Vec<Vec<&str>> = table.lines().skip(1).map(|line| line.split('\t').collect()).collect();
    assert_eq!(rows.len(), 256, "{path}");
    for (index, row) in rows.iter().enumerate() {
        assert!(row.len() == 3 && row.iter().all(|word| !word.is_empty()), "{path}:{}: a word is missing", index + 2);
        let duplicate = rows[..index].iter().any(|other| other.iter().zip(row).any(|(one, other)| one == other));
        assert!(!duplicate, "{path}:{}: an earlier row has this word", index + 2);
    }
}

struct Row {
    key: String,
    constant: String,
    texts: [String; 3],
}

fn rows(path: &str) -> Vec<Row> {
    println!("cargo::rerun-if-changed={path}");
    let table = fs::read_to_string(path).unwrap_or_else(|error| panic!("{path} belongs to the crate: {error}"));
    let row = |(index, line): (usize, &str)| {
        let cells: Vec<&str> = line.split('\t').collect();
        let [key, english, dari, pashto] = cells[..] else { panic!("{path}:{}: four columns are needed", index + 1) };
        assert!(cells.iter().all(|cell| !cell.trim().is_empty()), "{path}:{}: {key} lacks a translation", index + 1);
        let constant = key.replace(['.', '-'], "_").to_uppercase();
        Row { key: key.to_owned(), constant, texts: [english, dari, pashto].map(str::to_owned) }
    };
    table.lines().enumerate().skip(1).map(row).collect()
}

fn write(name: &str, code: &str) {
    let out = env::var("OUT_DIR").expect("cargo sets OUT_DIR for build scripts");
    fs::write(Path::new(&out).join(name), code).expect("cargo's OUT_DIR can be written");
}
