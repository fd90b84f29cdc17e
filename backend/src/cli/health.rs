//! `amanat health` checks a running server where there is no `curl`, as in a container.

use std::io;
use std::time::Duration;

use amanat_backend::files::io_error_text;
use clap::Args;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::Failure;
use super::output::say;

const ANSWER_TIMEOUT: Duration = Duration::from_secs(8);

/// Arguments of `amanat health`.
#[derive(Debug, Args)]
pub struct Health {
    /// The address to ask, such as `http://127.0.0.1:8080/readyz` (commits) or /healthz (runs)
    #[arg(value_name = "URL")]
    url: String,
}

impl Health {
    /// Sends the request, and fails unless the status is 200.
    pub async fn run(self) -> Result<(), Failure> {
        let Some((address, path)) = self.url.strip_prefix("http://").and_then(|rest| rest.split_once('/')) else {
            return Err(Failure::new(
                "That is no address that this command can ask.",
                "Name one such as http://127.0.0.1:8080/readyz; where `listen` has TLS, `onion_listen` answers too.",
            ));
        };
        let asked =
            timeout(ANSWER_TIMEOUT, request_status(address, path)).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
        let status = asked.map_err(|error| {
            Failure::new(
                format!("There is no answer: {}.", io_error_text(&error)),
                "See whether the server runs, and where it listens.",
            )
        })?;
        if status != "200" {
            return Err(Failure::new(
                format!("The answer is {status}."),
                "503: the server is shutting down. Otherwise see the server's own messages, and `amanat status`.",
            ));
        }
        say("ok");
        Ok(())
    }
}

/// Requests the path and returns the status code's three digits.
async fn request_status(address: &str, path: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(format!("GET /{path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").as_bytes()).await?;
    let mut line = [0; 12];
    stream.read_exact(&mut line).await?;
    let status = std::str::from_utf8(&line).ok().and_then(|line| line.strip_prefix("HTTP/1.1 "));
    status
        .filter(|status| status.bytes().all(|byte| byte.is_ascii_digit()))
        .map(str::to_owned)
        .ok_or_else(|| io::ErrorKind::InvalidData.into())
}
