//! `amanat serve` runs a deployment.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use amanat_backend::clock::Clock;
use amanat_backend::config::{Config, RetentionRules};
use amanat_backend::exit_url;
use amanat_backend::http::Site;
use amanat_backend::http::reviewers::distinct_reviewers;
use amanat_backend::mail::{MailWorker, Transport, Wording};
use amanat_backend::net::{Certificates, Listeners};
use amanat_shared::dates::Day;
use amanat_shared::pack::{Pack, Roots, SignedPack};
use clap::Args;

use super::Failure;
use super::configuration::{check_site, load};
use super::output::say;
use super::pack::read_signed;
use super::startup::{self, Deployment};

/// Arguments of `amanat serve`.
#[derive(Debug, Args)]
pub struct Serve {
    /// The configuration, amanat.toml
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
}

impl Serve {
    /// Serves until the program is told to stop.
    pub async fn run(self, clock: Clock) -> Result<(), Failure> {
        let config = load(&self.config)?;
        let today = clock.today();
        let signed = read_signed(&config.pack)?;
        let pack = verify_pack(&config.pack, &signed, Roots::compiled().as_ref(), today)?;
        check_site(&self.config, &config, &pack)?;
        check_mail_reviewers(&self.config, &config, &pack)?;
        check_acknowledgement_count(&self.config, &config, &pack)?;
        let transport = Transport::new(&config.mail)?;
        let (listeners, address) = bind_listeners(&config, &clock).await?;
        let mut journal = startup::open_journal(&config.journal)?;
        let store = startup::open_store(&config.database).await?;
        startup::reconcile(&mut journal, &store, &config.database).await?;
        let remembered = startup::served_packs(&store, &config.database, &signed).await?;
        startup::refuse_rollback(&signed, &pack, &remembered)?;
        startup::remember_pack(&store, &config.database, &signed, &pack).await?;

        let rules = config.retention.rules(distinct_reviewers(&pack));
        say(format_args!("Serial {}, valid to {}; {} reviewers get mail.", pack.serial, pack.expires, config.reviewer.len()));
        say(deletion_text(&rules));
        let site = Site {
            tls: config.tls.is_some() || config.origins.iter().any(|origin| origin.starts_with("https://")),
            origins: config.origins,
            onion_location: config.onion_location,
            limits: config.limits,
            retention: rules,
            reviewers_to_notify: config.reviewer.iter().map(|reviewer| reviewer.name.clone()).collect(),
            ..startup::site(signed, pack, remembered, today)
        };
        let schedule = config.mail.schedule();
        let wording = Wording { from: config.mail.from, subject: config.mail.subject, count: config.mail.count, server: None };
        let mail = MailWorker {
            store: store.clone(),
            holder: startup::lease_holder()?,
            transport,
            wording,
            reviewers: config.reviewer,
            schedule,
            even_if_none: config.mail.even_if_none,
            retention: site.retention,
        };
        Deployment { listeners, address, site, store, mail, journal }.until_stopped(clock).await
    }
}

/// Binds every configured address, so that a failure shows before anything is written.
async fn bind_listeners(config: &Config, clock: &Clock) -> Result<(Listeners, SocketAddr), Failure> {
    let certificates = match config.tls.clone() {
        Some(files) => Some(
            Certificates::load(files, clock.clone())
                .await
                .map_err(|error| Failure { what: format!("{error}."), ..error.into() })?,
        ),
        None => None,
    };
    let (public, address) = startup::bind(config.listen).await?;
    let mut others = [None, None];
    for (listener, wanted) in others.iter_mut().zip([config.onion_listen, config.metrics_listen]) {
        if let Some(wanted) = wanted {
            *listener = Some(startup::bind(wanted).await?.0);
        }
    }
    let [onion, metrics] = others;
    let max_connections = startup::max_connections(config.max_connections);
    let listeners =
        Listeners { public, certificates, onion, metrics, trusted_proxies: config.trusted_proxies.clone(), max_connections };
    Ok((listeners, address))
}

/// Returns the pack if it may be served today. The claims of an unverified pack suffice to refuse it.
fn verify_pack(path: &Path, signed: &SignedPack, roots: Option<&Roots>, today: Day) -> Result<Pack, Failure> {
    let path = path.display();
    let refuse = |what: String, advice: &str| Err(Failure::new(what, advice));
    let claimed: Pack = match serde_json::from_str(&signed.pack) {
        Ok(pack) => pack,
        Err(error) => {
            return refuse(format!("{path} is no pack: {error}."), "Put there the pack.json that `amanat pack sign` wrote.");
        }
    };
    if claimed.demo {
        return refuse(
            format!("{path} is a demo pack."),
            "Serve a pack that the roots have signed; `amanat demo` is for trying out.",
        );
    }
    if claimed.expires_day().is_ok_and(|expires| expires < today) {
        return refuse(
            format!("{path} expired on {}, so phones refuse it.", claimed.expires),
            "Have the roots sign a new pack with a greater serial: amanat pack sign --help",
        );
    }
    // One day of grace is given, because it may be tomorrow already where the roots are.
    if claimed.issued_day().is_ok_and(|issued| issued.days_since(today) > 1) {
        return refuse(
            format!(
                "{path} says that it will be issued on {}, so it would be valid for longer than a pack may be.",
                claimed.issued
            ),
            "Check this machine's clock; if it is right, have the roots sign a pack with the right day.",
        );
    }
    // One touch sends people to this address, and the page follows it whatever it is.
    if let Err(error) = exit_url::ascii(&claimed.exit_url) {
        return refuse(
            format!("{path}: exit_url: {error}."),
            "Correct `exit_url` in the draft, and have the roots sign a new pack with a greater serial.",
        );
    }
    let Some(roots) = roots else {
        return refuse(
            "This program was built without root keys, so it can only show a demo.".to_owned(),
            "Build it with them: make release ROOT=roots.toml",
        );
    };
    signed.verify_with(roots).map_err(|error| {
        Failure::new(
            format!("{path} is not to be trusted: {error}."),
            "Put its signatures (pack.json.N.minisig) beside it, by as many roots as were compiled in; `amanat pack show` verifies it.",
        )
    })
}

/// Refuses to send mail to somebody who is not in the pack.
fn check_mail_reviewers(file: &Path, config: &Config, pack: &Pack) -> Result<(), Failure> {
    let known = |name: &str| {
        pack.recipients.iter().any(|recipient| recipient.name == name) || pack.access_keys.iter().any(|key| key.name == name)
    };
    match config.reviewer.iter().enumerate().find(|(_, reviewer)| !known(&reviewer.name)) {
        None => Ok(()),
        Some((index, reviewer)) => Err(Failure::new(
            format!("{}: reviewer[{index}].name: no reviewer in the pack is called {}.", file.display(), reviewer.name),
            "Correct the name, or remove that reviewer.",
        )),
    }
}

/// Refuses to wait for more acknowledgements than there are reviewers, because nothing would be deleted early.
fn check_acknowledgement_count(file: &Path, config: &Config, pack: &Pack) -> Result<(), Failure> {
    let (there, wanted) = (distinct_reviewers(pack), config.retention.acknowledgements.unwrap_or(0));
    if wanted as usize <= there {
        return Ok(());
    }
    Err(Failure::new(
        format!("{}: retention.acknowledgements: is {wanted}, and the pack has access keys of {there} reviewers.", file.display()),
        "Lower it, or have a pack with more access keys signed.",
    ))
}

/// Describes how many reviewers must agree before a file is deleted early.
fn deletion_text(rules: &RetentionRules) -> String {
    format!(
        "Files are deleted {} days after {} different reviewers acknowledged them, or {} said that they open for nobody.",
        rules.after_secs / 86_400,
        rules.acknowledgements,
        rules.discards
    )
}

#[cfg(test)]
mod tests;
