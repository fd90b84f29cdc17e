//! `amanat demo` runs a throw-away deployment in one folder, on this machine only.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use amanat_backend::clock::Clock;
use amanat_backend::config::{Config, Interval, MailAddress, Reviewer};
use amanat_backend::files::{self, Readers};
use amanat_backend::http::Site;
use amanat_backend::http::reviewers;
use amanat_backend::mail::{MailWorker, Transport, Wording};
use amanat_backend::net::Listeners;
use amanat_shared::api::hex;
use amanat_shared::dates::Day;
use amanat_shared::form::{self, AFGHAN_JUSTICE, Form};
use amanat_shared::pack::{Limits, MAX_VALID_DAYS, Pack, Roots, SignedPack};
use clap::Args;

use super::output::say;
use super::pack::{self, RootKey};
use super::shell::{command_name, shell_quote};
use super::startup::{self, Deployment};
use super::{Failure, keys};

/// Arguments of `amanat demo`.
#[derive(Debug, Args)]
pub struct Demo {
    /// The folder (default: a new one among the system's temporary files)
    #[arg(long)]
    dir: Option<PathBuf>,
    /// Where to listen: an address of this machine only; port 0 finds a free one (default: 127.0.0.1:8080)
    #[arg(long, value_name = "ADDR:PORT")]
    listen: Option<String>,
    /// How often mail goes out (default: 1m)
    #[arg(long, value_name = "TIME", value_parser = |text: &str| text.parse::<Interval>())]
    every: Option<Interval>,
}

const DEFAULT_LISTEN: &str = "127.0.0.1:8080";
const DEFAULT_INTERVAL: Interval = Interval(Duration::from_mins(1));

impl Demo {
    /// Creates what is missing, and serves.
    pub async fn run(self, clock: Clock) -> Result<(), Failure> {
        if Roots::compiled().is_some() {
            return Err(Failure::new(
                "This program was built with real root keys, so its page refuses a demo.",
                "Try it out with a build without them (`make run`); this one is for `amanat serve`.",
            ));
        }
        let dir = match &self.dir {
            Some(dir) => dir.clone(),
            None => temporary_dir()?,
        };
        let config = self.config(&dir)?;
        let (listener, address) = startup::bind(config.listen).await?;
        let metrics = match config.metrics_listen {
            Some(listen) => Some(startup::bind(listen).await?.0),
            None => None,
        };
        files::create_folder(&dir).map_err(|error| Failure::write(&dir, &error))?;
        let transport = Transport::new(&config.mail)?;
        let database = config.database;
        let mut journal = startup::open_journal(&config.journal)?;
        let store = startup::open_store(&database).await?;
        startup::reconcile(&mut journal, &store, &database).await?;

        let today = clock.today();
        let root = DemoRoot::find(&dir)?;
        let signed_before = store.packs().await.map_err(|error| startup::database_failure(&database, &error))?;
        let newest = signed_before.iter().filter_map(|signed| claimed_serial(&signed.pack)).max().unwrap_or(0);
        let desired_pack = desired_pack(&dir, address, today)?;
        let (signed, pack) = root.reuse_or_sign(&dir, desired_pack, newest, today)?;
        let remembered = startup::served_packs(&store, &database, &signed).await?;
        startup::remember_pack(&store, &database, &signed, &pack).await?;

        say(summary(&dir, address, &pack, config.mail.every));
        let reviewers = pack.recipients.iter().map(|recipient| reviewer(&recipient.name)).collect::<Result<Vec<_>, _>>()?;
        let url = format!("http://{address}");
        let site = Site {
            origins: vec![url.clone(), format!("http://localhost:{}", address.port())],
            reviewers_to_notify: reviewers.iter().map(|reviewer| reviewer.name.clone()).collect(),
            limits: config.limits,
            retention: config.retention.rules(reviewers::distinct_reviewers(&pack)),
            ..startup::site(signed, pack, remembered, today)
        };
        let schedule = config.mail.schedule();
        let wording = Wording { from: config.mail.from, subject: config.mail.subject, count: config.mail.count, server: Some(url) };
        let holder = startup::lease_holder()?;
        let mail = MailWorker {
            store: store.clone(),
            holder,
            transport,
            wording,
            reviewers,
            schedule,
            even_if_none: config.mail.even_if_none,
            retention: site.retention,
        };
        let listeners = Listeners {
            metrics,
            trusted_proxies: config.trusted_proxies,
            max_connections: startup::max_connections(config.max_connections),
            ..Listeners::plain(listener)
        };
        Deployment { listeners, address, site, store, mail, journal }.until_stopped(clock).await
    }
}

impl Demo {
    /// Reads the settings of the folder, then of the environment, then of the command line. The last one counts.
    fn config(&self, dir: &Path) -> Result<Config, Failure> {
        let here = std::path::absolute(dir).map_err(|error| Failure::write(dir, &error))?;
        let path = |name: &str| toml::Value::String(here.join(name).to_string_lossy().into_owned());
        let (database, pack, mail) = (path("amanat.sqlite"), path("pack.json"), path("mail"));
        let settings = format!(
            "listen = \"{DEFAULT_LISTEN}\"\norigins = [\"http://{DEFAULT_LISTEN}\"]\ndatabase = {database}\npack = {pack}\n\
             [mail]\nfrom = \"Demo <demo@demo.invalid>\"\ncount = true\nfolder = {mail}\n"
        );
        let mut config = Config::for_demo(&settings, &here)?;
        if let Some(listen) = &self.listen {
            config.listen = loopback(listen)?;
        }
        for listen in [Some(config.listen), config.metrics_listen].into_iter().flatten() {
            loopback(&listen.to_string())?;
        }
        if let Some(every) = self.every {
            (config.mail.every, config.mail.at) = (Some(every), None);
        } else if config.mail.at.is_none() {
            config.mail.every.get_or_insert(DEFAULT_INTERVAL);
        }
        Ok(config)
    }
}

fn loopback(listen: &str) -> Result<SocketAddr, Failure> {
    listen.parse::<SocketAddr>().ok().filter(|address| address.ip().is_loopback()).ok_or_else(|| {
        Failure::new(
            format!("A demo listens on this machine only, and {listen} is no address of it."),
            "Name one such as --listen 127.0.0.1:8080; to serve others, see `amanat init`.",
        )
    })
}

/// Returns the path of a new folder among the system's temporary files.
fn temporary_dir() -> Result<PathBuf, Failure> {
    let mut random = [0; 6];
    getrandom::fill(&mut random).map_err(|_| Failure::new("The system gave no random numbers.", "Name a folder with --dir."))?;
    Ok(std::env::temp_dir().join(format!("amanat-demo-{}", hex(&random))))
}

/// Builds the pack for the folder's keys and the address, unsigned and without a serial.
fn desired_pack(dir: &Path, address: SocketAddr, today: Day) -> Result<Pack, Failure> {
    let (recipients, access_keys) = [keys::reviewer(dir, 1, today)?, keys::reviewer(dir, 2, today)?].into_iter().unzip();
    Ok(Pack {
        serial: 0,
        issued: today.iso(),
        expires: Day(today.0 + i32::try_from(MAX_VALID_DAYS).unwrap_or_default()).iso(),
        site: address.to_string(),
        contact: "nobody: this is a demo".to_owned(),
        exit_url: "https://duckduckgo.com/".to_owned(),
        phases: vec![1, 2, 3],
        limits: Limits { files: 3, file_bytes: 2 * 1024 * 1024, total_bytes: 6 * 1024 * 1024 },
        recipients,
        access_keys,
        revoked: Vec::new(),
        demo: true,
        form: built_in_form()?,
    })
}

fn built_in_form() -> Result<Form, Failure> {
    form::load("built-in", AFGHAN_JUSTICE).map_err(|error| {
        Failure::new(
            format!("The form that this program was built with has faults: {error}"),
            "Report it; build from a commit that passes `make test`.",
        )
    })
}

/// Returns the serial that a pack claims.
fn claimed_serial(json: &str) -> Option<u64> {
    serde_json::from_str::<Pack>(json).ok().map(|pack| pack.serial)
}

/// The folder's root key. The secret half may be missing where a pack is signed already.
struct DemoRoot {
    secret: Option<RootKey>,
    public: Roots,
}

impl DemoRoot {
    /// Reads the key, or makes one in a folder that has none.
    fn find(dir: &Path) -> Result<Self, Failure> {
        let (secret, public) = (dir.join("root.key"), dir.join("root.pub"));
        if secret.exists() {
            return Self::of(RootKey::read(&secret)?, &public);
        }
        if public.exists() {
            return Ok(Self { secret: None, public: Roots { threshold: 1, keys: vec![pack::public_key(&public)?] } });
        }
        let root = RootKey::generate()?;
        root.write(&secret)?;
        Self::of(root, &public)
    }

    fn of(root: RootKey, public: &Path) -> Result<Self, Failure> {
        if !public.exists() {
            root.write_public(public)?;
        }
        Ok(Self { public: Roots { threshold: 1, keys: vec![root.public_base64()] }, secret: Some(root) })
    }

    /// Returns the folder's pack if it still equals the desired one, and otherwise signs and writes a new one.
    fn reuse_or_sign(&self, dir: &Path, mut desired_pack: Pack, newest: u64, today: Day) -> Result<(SignedPack, Pack), Failure> {
        let path = dir.join("pack.json");
        let there = if path.exists() { Some(pack::read_signed(&path)?) } else { None };
        let claimed = there.as_ref().and_then(|signed| claimed_serial(&signed.pack)).unwrap_or(0);
        if let Some(signed) = there {
            let signed = SignedPack { demo_root: Some(self.public.clone()), ..signed };
            if let Ok(pack) = signed.verify(today) {
                let same = Pack {
                    serial: desired_pack.serial,
                    issued: desired_pack.issued.clone(),
                    expires: desired_pack.expires.clone(),
                    ..pack.clone()
                };
                if same == desired_pack && pack.serial >= newest {
                    return Ok((signed, pack));
                }
            }
        }
        let Some(secret) = &self.secret else {
            return Err(Failure::new(
                format!(
                    "{} has expired, or does not fit the folder's keys and address, and there is no root.key to sign another.",
                    path.display()
                ),
                "Put root.key back, or name another folder with --dir.",
            ));
        };
        desired_pack.serial = newest.max(claimed) + 1;
        let json = pack::encode(&desired_pack);
        let signature = pack::signature(secret, &desired_pack, &json)?;
        let signature_path = pack::signature_path(&path, 1);
        for (path, bytes) in [(&path, &json), (&signature_path, &signature)] {
            files::replace(path, bytes.as_bytes(), Readers::Anybody).map_err(|error| Failure::write(path, &error))?;
        }
        Ok((SignedPack { pack: json, signatures: vec![signature], demo_root: Some(self.public.clone()) }, desired_pack))
    }
}

fn reviewer(name: &str) -> Result<Reviewer, Failure> {
    Ok(Reviewer { name: name.to_owned(), address: mail_address(&format!("{name}@demo.invalid"))? })
}

fn mail_address(text: &str) -> Result<MailAddress, Failure> {
    text.parse().map(MailAddress).map_err(|_| Failure::new(format!("{text} is no mail address."), "Report it."))
}

fn summary(dir: &Path, address: SocketAddr, pack: &Pack, every: Option<Interval>) -> String {
    let expires = &pack.expires;
    let mail_times = every.map_or_else(|| "at the set times".to_owned(), |every| format!("every {} s", every.0.as_secs()));
    let dir = std::path::absolute(dir).unwrap_or_else(|_| dir.to_owned());
    let (shown, amanat, reviewer) = (shell_quote(&dir), command_name("amanat"), command_name("amanat-reviewer"));
    let desk_hint = desk_hint(&dir).unwrap_or_default();
    format!(
        "A demo in {shown}: for trying out, never for real answers.
    pack.json, pack.json.1.minisig   the form and two reviewers' keys, signed with root.key, valid to {expires}
    root.pub                         the key that verifies them, with minisign too
    reviewer-1.key, access-1.key     a reviewer's keys, to open and to fetch; reviewer-2.key, access-2.key another's
    mail/                            what reviewers are told, {mail_times} if something waits
    amanat.sqlite                    what is sealed; amanat.sqlite.journal what was done to it
Fill in the form in a browser; then, in another terminal, as a reviewer:
    {reviewer} pull --server http://{address} --access {shown}/access-1.key --out {shown}/sealed
    {reviewer} list --identity {shown}/reviewer-1.key {shown}/sealed
    {reviewer} open --identity {shown}/reviewer-1.key --out {shown}/opened \"$(ls -t {shown}/sealed/*.age | head -n 1)\"
{desk_hint}And as whoever runs the server:
    {amanat} status --dir {shown}
    {amanat} pack show --root {shown}/root.pub {shown}/pack.json
Ctrl-C stops it; this goes on with it:
    {amanat} demo --dir {shown} --listen {address}"
    )
}

/// Describes the reviewers' desk, if it was built beside this program.
fn desk_hint(dir: &Path) -> Option<String> {
    let page = std::env::current_exe().ok()?.with_file_name("amanat-desk.html");
    page.is_file().then(|| {
        format!(
            "Or without commands, once the first of them has fetched: open {} in a browser, and choose {} and the folder {}.\n",
            page.display(),
            dir.join("reviewer-1.key").display(),
            dir.join("sealed").display()
        )
    })
}

#[cfg(test)]
pub mod tests;
