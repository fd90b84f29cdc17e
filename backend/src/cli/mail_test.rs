//! `amanat mail-test` sends a test mail as configured.

use std::path::PathBuf;

use amanat_backend::clock::Clock;
use amanat_backend::mail::{SendError, Transport, Wording};
use clap::Args;

use super::Failure;
use super::configuration::load;
use super::output::say;

/// Arguments of `amanat mail-test`.
#[derive(Debug, Args)]
pub struct MailTest {
    /// The configuration, amanat.toml
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Send to this reviewer only
    #[arg(long, value_name = "NAME")]
    to: Option<String>,
}

impl MailTest {
    /// Sends the mail and prints the server's answer.
    pub async fn run(self, clock: &Clock) -> Result<(), Failure> {
        let config = load(&self.config)?;
        let transport = Transport::new(&config.mail)?;
        let chosen: Vec<_> =
            config.reviewer.iter().filter(|reviewer| self.to.as_ref().is_none_or(|name| *name == reviewer.name)).collect();
        if chosen.is_empty() {
            return Err(Failure::new(
                format!("{} has no such reviewer, so there is nobody to send to.", self.config.display()),
                "Name one that is there with --to, or add a [[reviewer]] with name and address.",
            ));
        }
        let wording = Wording { from: config.mail.from, subject: config.mail.subject, count: false, server: None };
        for reviewer in chosen {
            let message = wording.test_message(reviewer, clock.unix_secs()).map_err(|_| {
                Failure::new(
                    format!("No mail can be written to {}.", reviewer.name),
                    "Correct `mail.from` and the reviewer's address.",
                )
            })?;
            let answer = transport.send(message).await.map_err(|error| {
                Failure::new(format!("Mail to {} was not sent ({}): {}.", reviewer.name, error.code, error.answer), advice(&error))
            })?;
            say(format_args!("{}: {answer}", reviewer.name));
        }
        Ok(())
    }
}

fn advice(error: &SendError) -> &'static str {
    if error.helo {
        return "The server refuses the name by which this program introduces itself. Name this machine as its DNS does, with \
            `helo_name` in [mail.smtp], such as helo_name = \"form.example.org\".";
    }
    match error.code.as_str() {
        "tls" => "See `mail.smtp.tls`, `host` (as in the certificate) and `ca_file`.",
        "client" => {
            "See `mail.smtp.tls` (\"starttls\" or \"implicit\"), `port` and `username`: the server does not offer what they ask for."
        }
        "connection" | "timeout" => "See `mail.smtp.host` and `port`, and that a firewall lets the connection out.",
        "folder" => "See to the folder `mail.folder`, its rights and the room on the disk.",
        "smtp 535" | "smtp 534" | "smtp 530" => "See `mail.smtp.username` and the password file.",
        _ => "Ask whoever runs the mail server what that answer means.",
    }
}
