use miette::Diagnostic;

use super::*;

const GOOD: &str = r#"
listen = "127.0.0.1:8080"
origins = ["https://form.example.org"]
database = "amanat.sqlite"
pack = "pack.json"

[mail]
from = "Desk <desk@example.org>"
folder = "mail"

[[reviewer]]
name = "reviewer-1"
address = "one@example.org"
"#;

fn load(text: &str) -> Result<Config, String> {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("amanat.toml");
    std::fs::write(&file, text).unwrap();
    Config::load(&file).map_err(|error| {
        assert!(error.help().is_some_and(|advice| !advice.to_string().is_empty()));
        let shown = error.to_string().replace(&format!("{}/", dir.path().display()), "");
        assert!(!shown.contains('\n'), "{shown}");
        shown
    })
}

#[test]
fn a_valid_file_is_read_with_defaults_and_relative_paths() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("amanat.toml");
    std::fs::write(&file, GOOD).unwrap();
    let config = Config::load(&file).unwrap();
    assert_eq!(config.pack, dir.path().join("pack.json"));
    assert_eq!(config.database.path().unwrap(), dir.path().join("amanat.sqlite"));
    assert_eq!(config.mail.folder.as_deref().unwrap(), dir.path().join("mail"));
    assert_eq!(config.mail.schedule(), Schedule::every(Duration::from_hours(4)));
    assert_eq!(config.mail.subject, "Waiting");
    assert!(!config.mail.count && !config.mail.even_if_none);
    assert_eq!(config.journal, dir.path().join("amanat.sqlite.journal"));
    let rules = config.retention.rules(3);
    assert_eq!((rules.acknowledgements, rules.discards, rules.after_secs, rules.at_most_secs), (2, 2, 7 * 86_400, 180 * 86_400));
    std::fs::write(&file, GOOD.replace("\"amanat.sqlite\"", "\"postgres://db/amanat\"")).unwrap();
    assert_eq!(Config::load(&file).unwrap().journal, dir.path().join("amanat.journal"));
    std::fs::write(&file, format!("journal = \"log\"\n{GOOD}")).unwrap();
    assert_eq!(Config::load(&file).unwrap().journal, dir.path().join("log"));
}

#[test]
fn every_mistake_is_reported_with_file_and_key() {
    let with = |from: &str, to: &str| {
        assert!(GOOD.contains(from));
        GOOD.replace(from, to)
    };
    for (text, expected) in [
        (with("listen = \"127.0.0.1:8080\"\n", ""), "amanat.toml: listen: is missing"),
        (with("from = \"Desk <desk@example.org>\"\n", ""), "amanat.toml: mail.from: is missing"),
        (with("address = \"one@example.org\"\n", ""), "amanat.toml: reviewer[0].address: is missing"),
        (with("127.0.0.1:8080", "here"), "amanat.toml: listen: "),
        (
            with("[mail]\n", "[mail]\nevrey = \"1h\"\n"),
            "amanat.toml: mail.evrey: there is no such key; here can be from, subject, every, ",
        ),
        (with("[mail]\n", "[mail]\nevery = \"soon\"\n"), "amanat.toml: mail.every: a whole number and s, m, h or d are needed"),
        (with("[mail]\n", "[mail]\nevery = \"0h\"\n"), "amanat.toml: mail.every: a whole number"),
        (with("[mail]\n", "[mail]\nevery = \"1h\"\nat = [\"06:00\"]\n"), "amanat.toml: mail: there are both `every` and `at`"),
        (with("[mail]\n", "[mail]\nat = []\n"), "amanat.toml: mail.at: is empty"),
        (with("[mail]\n", "[mail]\nat = [\"06:00\", \"24:00\"]\n"), "amanat.toml: mail.at[1]: a time of day (UTC) from 00:00"),
        (with("[mail]\n", "[mail]\nat = \"06:00\"\n"), "amanat.toml: mail.at: must be a sequence, not a text"),
        (with("[mail]\n", "[mail]\ncount = \"secret\"\n"), "amanat.toml: mail.count: must be a boolean, not a text"),
        (with("one@example.org", "one"), "amanat.toml: reviewer[0].address: is no mail address"),
        (with("https://form.example.org", "form.example.org"), "amanat.toml: origins[0]: is no origin"),
        (with("https://form.example.org", "https://form.example.org/"), "amanat.toml: origins[0]: is no origin"),
        (with("folder = \"mail\"\n", ""), "amanat.toml: mail: there is no [mail.smtp], and no `folder`"),
        (with("folder = \"mail\"", "folder = \"mail\"\nsmtp = { host = \"h\", port = 25 }"), "amanat.toml: mail: there are both"),
        (
            with("folder = \"mail\"", "smtp = { host = \"mail.example.org\", port = 25, tls = \"none\" }"),
            "amanat.toml: mail.smtp.tls: is \"none\", which is only for a mail server on this machine",
        ),
        (
            with("folder = \"mail\"", "smtp = { host = \"mail.example.org\", port = 25, tls = \"ssl\" }"),
            "amanat.toml: mail.smtp.tls: must be one of starttls, implicit, none",
        ),
        (
            with("folder = \"mail\"", "smtp = { host = \"mail.example.org\", port = 25, username = \"u\" }"),
            "amanat.toml: mail.smtp.password_file: is missing, and there is a `username`",
        ),
        (
            with("folder = \"mail\"", "smtp = { host = \"mail.example.org\", port = 25, helo_name = \"form\" }"),
            "amanat.toml: mail.smtp.helo_name: is no full name of a machine",
        ),
        (with("listen", "listen = \"x\"\nlisten"), "amanat.toml: "),
        (with("[mail]\n", "[retention]\nacknowledgements = 0\n[mail]\n"), "amanat.toml: retention.acknowledgements: is 0"),
        (with("[mail]\n", "[retention]\nafter = \"59m\"\n[mail]\n"), "amanat.toml: retention.after: is less than an hour"),
        (with("[mail]\n", "[retention]\nafter = \"never\"\n[mail]\n"), "amanat.toml: retention.after: a whole number and s, m, "),
        (
            with("[mail]\n", "[retention]\nafter = \"40d\"\nat_most = \"40d\"\n[mail]\n"),
            "amanat.toml: retention.after: is not less",
        ),
        (with("[mail]\n", "[retention]\nat_most = \"180h\"\n[mail]\n"), "amanat.toml: retention.at_most: is less than 30 days"),
        (with("[mail]\n", "[retention]\nat_most = \"181d\"\n[mail]\n"), "amanat.toml: retention.at_most: is more than 180 days"),
        (with("[mail]\n", "[retention]\nkeep = 1\n[mail]\n"), "amanat.toml: retention.keep: there is no such key; here can be ack"),
        (with("[mail]", "trusted_proxies = [\"proxy\"]\n[mail]"), "amanat.toml: trusted_proxies[0]: is no address and no range"),
        (with("[mail]", "max_connections = 0\n[mail]"), "amanat.toml: max_connections: "),
        (with("[mail]", "metrics_listen = 9100\n[mail]"), "amanat.toml: metrics_listen: "),
        (with("[mail]", "tls = { cert = \"cert.pem\" }\n[mail]"), "amanat.toml: tls.key: is missing"),
        (
            with("[\"https://form.example.org\"]", "[\"https://form.example.org\", \"http://abc.onion\"]"),
            "amanat.toml: onion_listen: is missing, and there is an onion address in `origins`",
        ),
        (with("[mail]", "onion_listen = \"127.0.0.1:0\"\n[mail]"), "amanat.toml: origins: has no onion address"),
        (
            with("[mail]", "onion_location = \"http://abc.onion\"\n[mail]"),
            "amanat.toml: onion_location: is no onion address of `origins`",
        ),
    ] {
        let error = load(&text).unwrap_err();
        assert!(error.starts_with(expected), "{error}\n  expected {expected}");
    }
}

#[test]
fn the_mail_schedule_is_an_interval_or_times_of_day() {
    let schedule = |line: &str| load(&GOOD.replace("[mail]\n", &format!("[mail]\n{line}\n"))).unwrap().mail.schedule();
    assert_eq!(schedule("every = \"90m\""), Schedule::every(Duration::from_mins(90)));
    let twice = Schedule::at(["06:00", "18:30"].map(|time| time.parse().unwrap()).to_vec());
    assert_eq!(schedule("at = [\"18:30\", \"06:00\"]"), twice);
}

#[test]
fn unprotected_mail_is_allowed_to_this_machine_only_in_any_spelling() {
    let with = |host: &str, tls: &str| {
        load(&GOOD.replace("folder = \"mail\"", &format!("smtp = {{ host = \"{host}\", port = 25{tls} }}")))
    };
    for here in ["localhost", "LOCALHOST", "localhost.", "127.0.0.1", "127.8.9.10", "::1", "0:0:0:0:0:0:0:1", "::ffff:127.0.0.1"] {
        assert!(with(here, ", tls = \"none\"").is_ok(), "{here}");
    }
    for elsewhere in [
        "mail.example.org",
        "localhost.example.org",
        "localhost..",
        "127.0.0.1.example.org",
        "128.0.0.1",
        "0.0.0.0",
        "::",
        "::2",
        "::ffff:10.0.0.1",
        "",
    ] {
        let error = with(elsewhere, ", tls = \"none\"").unwrap_err();
        assert!(error.starts_with("amanat.toml: mail.smtp.tls: is \"none\""), "{elsewhere}: {error}");
        assert_eq!(with(elsewhere, "").unwrap().mail.smtp.unwrap().tls, SmtpTls::Starttls);
    }
}

#[test]
fn listeners_and_a_certificate_are_read_with_relative_paths() {
    let text = GOOD.replace("\"https://form.example.org\"", "\"https://form.example.org\", \"http://abc.onion\"").replace(
        "[mail]",
        r#"onion_listen = "127.0.0.1:8081"
metrics_listen = "[::1]:9100"
trusted_proxies = ["127.0.0.1", "10.0.0.0/8"]
max_connections = 5000
onion_location = "http://abc.onion"
tls = { cert = "cert.pem", key = "/etc/key.pem" }

[mail]"#,
    );
    let config = load(&text).unwrap();
    assert_eq!(config.onion_listen, Some("127.0.0.1:8081".parse().unwrap()));
    assert_eq!(config.metrics_listen, Some("[::1]:9100".parse().unwrap()));
    assert_eq!((config.trusted_proxies.len(), config.max_connections.unwrap().get()), (2, 5000));
    let tls = config.tls.unwrap();
    assert!(tls.cert.ends_with("cert.pem") && tls.cert.is_absolute());
    assert_eq!(tls.key, Path::new("/etc/key.pem"));
}

#[test]
fn a_missing_file_is_reported_with_its_path() {
    let error = Config::load(Path::new("/nowhere/amanat.toml")).unwrap_err();
    assert_eq!(error.to_string(), "/nowhere/amanat.toml: cannot be read: no such file or directory");
}

#[test]
fn debug_output_shows_neither_addresses_nor_the_databases_password() {
    let config = load(&GOOD.replace("\"amanat.sqlite\"", "\"postgres://amanat:hunter2@db/amanat\"")).unwrap();
    let shown = format!("{config:?}");
    assert!(!shown.contains("hunter2") && !shown.contains("example.org>") && !shown.contains("one@"), "{shown}");
    assert_eq!(config.database.url(), "postgres://amanat:hunter2@db/amanat");
    assert_eq!(config.database.path(), None);
}

#[test]
fn an_ehlo_name_is_a_domain_or_a_bracketed_address_and_injects_no_command() {
    for good in ["mail.example.org", "xn--mgbh0fb.example", "a-1.b", "[192.0.2.1]", "[IPv6:2001:db8::1]"] {
        assert_eq!(good.parse::<HeloName>().unwrap().0.to_string(), good);
    }
    for bad in [
        "",
        "mail",
        "localhost",
        "mail.example.org.",
        ".example.org",
        "mail..example.org",
        "-a.example.org",
        "a b.example.org",
        "mail.example.org\r\nMAIL FROM:<x@example.org>",
        "مثال.example",
        "192.0.2.1.",
        "[192.0.2.1",
        "[2001:db8::1]",
        "[]",
        "mail_1.example.org",
    ] {
        assert!(bad.parse::<HeloName>().is_err(), "{bad:?}");
    }
}
