//! Speaking to the server: one signed token a request, no redirect followed, nothing believed.

mod route;

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, UNIX_EPOCH};

use amanat_reviewer_core::safe_text;
use amanat_shared::api::{self, Claims, MAX_TOKEN_SECS, Problem};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use sha2::{Digest, Sha256};
use ureq::http::Response;
use ureq::tls::TlsConfig;
use ureq::{Agent, Body};

pub use self::route::Route;
use self::route::{authorities, checked_origin, proxy};
use crate::clock;
use crate::keys::AccessKey;
use crate::request_ledger::{LedgerError, RequestLedger};

const CONNECT_TIMEOUT: Duration = Duration::from_mins(1);
/// A network that says nothing for this long is given up.
const SILENCE_TIMEOUT: Duration = Duration::from_mins(2);

/// However long it says.
const LONGEST_WAIT: Duration = Duration::from_mins(2);
/// Clocks that are farther apart than this are named where the server refuses. A token is made a minute short of its longest life.
const MOST_SECS_APART: i64 = 60;
/// Most times that one request is repeated.
const MOST_WAITS: usize = 5;

/// The reason why a request did not succeed.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum OnlineError {
    /// `--server` is no origin.
    #[error("{} is not a server's address", safe_text::safe(.0))]
    #[diagnostic(help("Give it without a path, as https://form.example.org."))]
    Address(String),
    /// Plain http to somewhere else than this computer or an onion.
    #[error("{} would be reached without encryption", safe_text::safe(.0))]
    #[diagnostic(help("Use https:// (http:// is for .onion addresses and for this computer)."))]
    Plain(String),
    /// `--socks` is no address.
    #[error("{} is not the address of a SOCKS proxy", safe_text::safe(.0))]
    #[diagnostic(help("Give it as 127.0.0.1:9050."))]
    Socks(String),
    /// `--ca` has no certificate.
    #[error("{} could not be read as certificates (PEM): {}", safe_text::path(.path), .reason)]
    #[diagnostic(help("Give the file of the authority that signed the server's certificate."))]
    Authority {
        /// The file.
        path: PathBuf,
        /// The reason.
        reason: String,
    },
    /// It cannot be reached.
    #[error("{} does not answer: {}", safe_text::safe(.server), safe_text::safe(.reason))]
    #[diagnostic(help("Check the network and the address, and run the same again: what came is kept."))]
    Unreachable {
        /// The origin.
        server: String,
        /// The network's words.
        reason: String,
    },
    /// Its certificate is not good.
    #[error("{} could not prove that it is the right server: {}", safe_text::safe(.server), safe_text::safe(.reason))]
    #[diagnostic(help("Do not go on. If it has a certificate of its own, give --ca FILE; else tell the coalition."))]
    Certificate {
        /// The origin.
        server: String,
        /// The library's words.
        reason: String,
    },
    /// The request could not be noted before it was sent.
    #[error("{} could not be written: {}", safe_text::path(.path), .error)]
    #[diagnostic(help("Name a folder on a disk with room that you may write to, and run the same again."))]
    Note {
        /// The file.
        path: PathBuf,
        /// The cause.
        error: io::Error,
    },
    /// 401.
    #[error("the server does not accept this access key")]
    #[diagnostic(help(
        "Check this computer's clock and that the key is in the present pack; if both are right, ask the coalition."
    ))]
    Unauthorized,
    /// 401, and the server has another time.
    #[error("this computer's clock is {} the server's, so the server does not accept what it signs", difference(*.ahead_secs))]
    #[diagnostic(help("Set the clock, and run the same again. The access key may be good."))]
    Clock {
        /// Seconds that this computer is ahead; negative: behind.
        ahead_secs: i64,
    },
    /// The server answered with another status.
    #[error("the server answered {}{}", .status, .title)]
    #[diagnostic(help("Try again later; if it stays so, tell the coalition."))]
    Status {
        /// HTTP status.
        status: u16,
        /// Title of the problem, made safe, in brackets; or nothing.
        title: String,
    },
    /// An answer that makes no sense.
    #[error("the server's answer makes no sense: {0}")]
    #[diagnostic(help("Check the address; if it is right, use the newest release of this program."))]
    Nonsense(&'static str),
}

impl From<LedgerError> for OnlineError {
    fn from(LedgerError { path, error }: LedgerError) -> Self {
        Self::Note { path, error }
    }
}

impl OnlineError {
    /// Whether the next request would fail as well.
    pub const fn is_final(&self) -> bool {
        !matches!(self, Self::Status { .. } | Self::Nonsense(_))
    }
}

/// A server that is spoken to.
pub struct Online {
    agent: Agent,
    origin: String,
    access: AccessKey,
    /// The ledger in which each request is noted before it is sent.
    ledger: RequestLedger,
}

impl fmt::Debug for Online {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Online({}, {:?})", self.origin, self.access)
    }
}

impl Online {
    /// Checks address, authority and proxy. Nothing is sent yet.
    pub fn new(route: &Route<'_>, access: AccessKey) -> Result<Self, OnlineError> {
        let origin = checked_origin(route.server)?;
        let mut config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .user_agent("")
            .timeout_connect(Some(CONNECT_TIMEOUT))
            .timeout_recv_response(Some(SILENCE_TIMEOUT))
            .timeout_per_read(Some(SILENCE_TIMEOUT))
            .timeout_per_write(Some(SILENCE_TIMEOUT));
        if let Some(ca) = route.ca {
            config = config.tls_config(TlsConfig::builder().root_certs(authorities(ca)?).build());
        }
        if let Some(socks) = route.socks {
            config = config.proxy(Some(proxy(socks).ok_or_else(|| OnlineError::Socks(socks.to_owned()))?));
        }
        Ok(Self { agent: config.build().new_agent(), origin, access, ledger: RequestLedger::default() })
    }

    /// Notes each request in a ledger, by which `pull` tells the reviewer's own in the server's log.
    #[must_use]
    pub fn noted(self, ledger: RequestLedger) -> Self {
        Self { ledger, ..self }
    }

    /// The ledger of requests.
    pub fn ledger(&self) -> &RequestLedger {
        &self.ledger
    }

    /// `GET`, from byte `from` on if that is not 0. Statuses other than 2xx and 416 are errors.
    pub fn get(&self, path: &str, from: u64) -> Result<Response<Body>, OnlineError> {
        self.patiently(|| {
            let token = self.token("GET", path, b"")?;
            let mut request = self.agent.get(format!("{}{path}", self.origin)).header("authorization", token);
            if from > 0 {
                request = request.header("range", format!("bytes={from}-"));
            }
            Ok(request.call())
        })
    }

    /// `POST` of JSON.
    pub fn post(&self, path: &str, json: &[u8]) -> Result<Response<Body>, OnlineError> {
        self.patiently(|| {
            let request = self
                .agent
                .post(format!("{}{path}", self.origin))
                .header("authorization", self.token("POST", path, json)?)
                .header("content-type", "application/json");
            Ok(request.send(json))
        })
    }

    /// Asks, and asks again when a busy server has said for when: who fetches thousands of files from one address is asked to
    /// wait now and then.
    fn patiently(
        &self,
        ask: impl Fn() -> Result<Result<Response<Body>, ureq::Error>, OnlineError>,
    ) -> Result<Response<Body>, OnlineError> {
        for _ in 0..MOST_WAITS {
            let answer = ask()?;
            let Some(wait) = answer.as_ref().ok().and_then(retry_after) else { return self.checked(answer) };
            let wait = wait.min(LONGEST_WAIT);
            if wait > Duration::from_secs(1) {
                eprintln!("The server is busy; going on in {} s.", wait.as_secs());
            }
            thread::sleep(wait);
        }
        self.checked(ask()?)
    }

    /// Reads JSON of at most `most` bytes.
    pub fn json<T: serde::de::DeserializeOwned>(&self, response: Response<Body>, most: u64) -> Result<T, OnlineError> {
        let bytes = response.into_body().into_with_config().limit(most).read_to_vec().map_err(|error| self.failed(&error))?;
        serde_json::from_slice(&bytes).map_err(|_| OnlineError::Nonsense("not the JSON that was asked for"))
    }

    /// A library's error in words.
    pub fn failed(&self, error: &ureq::Error) -> OnlineError {
        let server = self.origin.clone();
        match error {
            ureq::Error::Rustls(error) => OnlineError::Certificate { server, reason: error.to_string() },
            ureq::Error::Io(error) if error.get_ref().is_some_and(is_tls) => {
                OnlineError::Certificate { server, reason: error.to_string() }
            }
            ureq::Error::Tls(reason) => OnlineError::Certificate { server, reason: (*reason).to_owned() },
            ureq::Error::BodyExceedsLimit(_) => OnlineError::Nonsense("it is longer than any that was asked for"),
            other => OnlineError::Unreachable { server, reason: other.to_string() },
        }
    }

    fn checked(&self, response: Result<Response<Body>, ureq::Error>) -> Result<Response<Body>, OnlineError> {
        let response = response.map_err(|error| self.failed(&error))?;
        match response.status().as_u16() {
            200..=299 | 416 => Ok(response),
            401 => Err(match ahead_secs(&response) {
                Some(ahead_secs) if ahead_secs.abs() >= MOST_SECS_APART => OnlineError::Clock { ahead_secs },
                _ => OnlineError::Unauthorized,
            }),
            status => {
                let problem = response.into_body().into_with_config().limit(4096).read_to_vec().ok();
                let problem: Option<Problem> = problem.and_then(|bytes| serde_json::from_slice(&bytes).ok());
                Err(OnlineError::Status {
                    status,
                    title: problem.map_or_else(String::new, |problem| format!(" ({})", safe_text::safe(&problem.title))),
                })
            }
        }
    }

    fn token(&self, method: &str, path: &str, body: &[u8]) -> Result<String, OnlineError> {
        // A minute less than is allowed: clocks differ.
        let exp = clock::now() + MAX_TOKEN_SECS - 60;
        let jti = self.ledger.note(exp)?;
        let claims = Claims {
            aud: self.origin.clone(),
            exp,
            htm: method.to_owned(),
            htu: format!("{}{}", self.origin, path.split_once('?').map_or(path, |(path, _)| path)),
            path: path.to_owned(),
            body_sha256: api::hex(&Sha256::digest(body)),
            jti,
        };
        let header = Header { kid: Some(self.access.public().to_owned()), ..Header::new(Algorithm::EdDSA) };
        let token = jsonwebtoken::encode(&header, &claims, &EncodingKey::from_ed_der(self.access.pkcs8()))
            .expect("a key that was read signs, and claims are plain JSON");
        Ok(format!("Bearer {token}"))
    }
}

/// Seconds that this computer's clock is ahead of the server's (RFC 9110, 6.6.1), if the server states its time.
fn ahead_secs(response: &Response<Body>) -> Option<i64> {
    let date = httpdate::parse_http_date(response.headers().get("date")?.to_str().ok()?).ok()?;
    let server = date.duration_since(UNIX_EPOCH).ok()?.as_secs();
    Some(clock::now().cast_signed() - server.cast_signed())
}

/// `4 minutes ahead of`.
fn difference(ahead_secs: i64) -> String {
    let (secs, side) = (ahead_secs.unsigned_abs(), if ahead_secs < 0 { "behind" } else { "ahead of" });
    let (count, unit) = match secs {
        0..7_200 => ((secs + 30) / 60, "minute"),
        7_200..172_800 => ((secs + 1_800) / 3_600, "hour"),
        _ => ((secs + 43_200) / 86_400, "day"),
    };
    format!("{count} {unit}{} {side}", if count == 1 { "" } else { "s" })
}

/// Seconds after which a busy server wants to be asked again (RFC 9110, 10.2.3).
fn retry_after(response: &Response<Body>) -> Option<Duration> {
    let busy = matches!(response.status().as_u16(), 429 | 503);
    let secs = response.headers().get("retry-after").filter(|_| busy)?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(secs))
}

fn is_tls(error: &(dyn std::error::Error + Send + Sync + 'static)) -> bool {
    error.to_string().contains("certificate")
}
