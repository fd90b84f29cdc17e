//! Turns `locales/strings.tsv` into one constant a key, each with its text in three languages; and `locales/deferred.tsv`, the words
//! that come with the sealer, into one constant a key and a table. A hole fails the build.

use std::fmt::Write as _;
use std::{env, fs, path::Path};

fn main() {
    let mut words = String::new();
    for Row { key, constant, texts } in rows("locales/strings.tsv") {
        writeln!(words, "/// `{key}`\npub const {constant}: Words = Words({texts:?});").expect("a String takes any text");
    }
    write("texts.rs", &words);

    let (mut later, mut table) = (String::new(), String::new());
    for (index, Row { key, constant, texts }) in rows("locales/deferred.tsv").into_iter().enumerate() {
        writeln!(later, "/// `{key}`\npub const {constant}: Later = Later({index});").expect("a String takes any text");
        table.extend(texts.map(|text| format!("{text:?},\n")));
    }
    write("deferred_texts.rs", &later);
    write("deferred_table.rs", &format!("&[{table}]"));
    check_passphrase_words("locales/passphrase.tsv");
}

/// Words that lock a draft are chosen by a byte of chance each: there are 256 rows, each in three languages.
fn check_passphrase_words(path: &str) {
    println!("cargo::rerun-if-changed={path}");
    let table = fs::read_to_string(path).unwrap_or_else(|error| panic!("{path} belongs to the crate: {error}"));
    let rows: Vec<Vec<&str>> = table.lines().skip(1).map(|line| line.split('\t').collect()).collect();
    assert_eq!(rows.len(), 256, "{path}");
    for (index, row) in rows.iter().enumerate() {
        assert!(row.len() == 3 && row.iter().all(|word| !word.is_empty()), "{path}:{}: it has a hole", index + 2);
        let twice = rows[..index].iter().any(|other| other.iter().zip(row).any(|(one, other)| one == other));
        assert!(!twice, "{path}:{}: a word is there already", index + 2);
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
        assert!(cells.iter().all(|cell| !cell.trim().is_empty()), "{path}:{}: {key} has a hole", index + 1);
        let constant = key.replace(['.', '-'], "_").to_uppercase();
        Row { key: key.to_owned(), constant, texts: [english, dari, pashto].map(str::to_owned) }
    };
    table.lines().enumerate().skip(1).map(row).collect()
}

fn write(name: &str, code: &str) {
    let out = env::var("OUT_DIR").expect("cargo sets OUT_DIR for build scripts");
    fs::write(Path::new(&out).join(name), code).expect("cargo's OUT_DIR can be written");
}
