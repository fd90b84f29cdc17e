//! A mail server that behaves as told.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

/// How it behaves, from one connection to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Behaviour {
    Fine,
    /// 421 in place of a greeting.
    Busy,
    /// 451 to a recipient whom it has not met; 250 when they come again.
    Greylisting,
    /// 451 to every recipient.
    RejectsForNow,
    /// 550 to every recipient.
    NoSuchUser,
    /// 452 to `DATA`.
    Full,
    /// It takes the connection, and says nothing.
    Silent,
    /// The same to one connection; to the others it is fine.
    SilentOnce,
    /// It hangs up after 354, before the mail.
    CutBeforeMail,
    /// It keeps the mail, and hangs up without a word.
    CutAfterMail,
    /// It keeps the mail, and says nothing to that.
    SilentAfterMail,
    /// It takes the mail, says so, and then nothing.
    NoGoodbye,
    /// 451 after the dot: it does not keep the mail.
    LaterAfterMail,
    /// It keeps the mail, and says so only when it is told to.
    SlowAfterMail,
    /// 504 to EHLO with anything but a full name.
    RequiresName,
    /// The same, but it says so only to the recipient, as postfix does.
    RequiresNameAtRecipient,
}

/// A mail that it has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceivedMail {
    pub to: String,
    pub text: String,
}

/// As postfix says it.
const HELO_REJECTED: &str = "504 5.5.2 <[127.0.0.1]>: Helo command rejected: need fully-qualified hostname";

impl ReceivedMail {
    pub fn id(&self) -> &str {
        self.text.lines().find_map(|line| line.strip_prefix("Message-ID: ")).unwrap()
    }
}

#[derive(Default)]
struct State {
    behaviour: Option<Behaviour>,
    received: Vec<ReceivedMail>,
    /// Connections by mood.
    connections_with: BTreeMap<Behaviour, usize>,
    greylist: BTreeSet<String>,
}

#[derive(Clone)]
pub struct Server {
    pub port: u16,
    state: Arc<Mutex<State>>,
    /// It has gone silent.
    silent: Arc<Notify>,
    /// It may go on.
    resume: Arc<Notify>,
}

impl Server {
    pub async fn start(behaviour: Behaviour) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let state = Arc::new(Mutex::new(State { behaviour: Some(behaviour), ..State::default() }));
        let server = Self { port: listener.local_addr().unwrap().port(), state, silent: Arc::default(), resume: Arc::default() };
        let listening = server.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let server = listening.clone();
                // A client that hangs up ends its conversation, and no more.
                tokio::spawn(async move { server.talk(stream).await.is_ok() });
            }
        });
        server
    }

    pub fn set_behaviour(&self, behaviour: Behaviour) {
        self.state().behaviour = Some(behaviour);
    }

    pub fn received(&self) -> Vec<ReceivedMail> {
        self.state().received.clone()
    }

    /// Connections while it was in this mood.
    pub fn connections_with(&self, behaviour: Behaviour) -> usize {
        self.state().connections_with.get(&behaviour).copied().unwrap_or(0)
    }

    /// Waits until it leaves somebody without an answer.
    pub async fn stalled(&self) {
        self.silent.notified().await;
    }

    /// Lets it say what it has kept back.
    pub fn resume(&self) {
        self.resume.notify_one();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    async fn talk(&self, stream: TcpStream) -> std::io::Result<()> {
        let behaviour = {
            let mut state = self.state();
            let behaviour = state.behaviour.unwrap();
            *state.connections_with.entry(behaviour).or_default() += 1;
            if behaviour == Behaviour::SilentOnce {
                state.behaviour = Some(Behaviour::Fine);
            }
            behaviour
        };
        let (reading, mut writing) = stream.into_split();
        let mut lines = BufReader::new(reading).lines();
        let (mut to, mut text, mut unnamed) = (String::new(), None::<String>, false);
        match behaviour {
            Behaviour::Silent | Behaviour::SilentOnce => {
                self.silent.notify_one();
                // It may be TLS, which has no lines.
                return tokio::io::copy(&mut lines.into_inner(), &mut tokio::io::sink()).await.map(drop);
            }
            Behaviour::Busy => return writing.write_all(b"421 later\r\n").await,
            _ => writing.write_all(b"220 here\r\n").await?,
        }
        while let Some(line) = lines.next_line().await? {
            if let Some(mail) = &mut text {
                if line != "." {
                    *mail += line.strip_prefix('.').unwrap_or(&line);
                    *mail += "\r\n";
                    continue;
                }
                if behaviour == Behaviour::LaterAfterMail {
                    text = None;
                    writing.write_all(b"451 try again\r\n").await?;
                    continue;
                }
                self.state().received.push(ReceivedMail { to: to.clone(), text: text.take().unwrap_or_default() });
                match behaviour {
                    Behaviour::CutAfterMail => return Ok(()),
                    Behaviour::SilentAfterMail => self.silent.notify_one(),
                    Behaviour::SlowAfterMail => {
                        self.silent.notify_one();
                        self.resume.notified().await;
                        writing.write_all(b"250 it is here\r\n").await?;
                    }
                    _ => writing.write_all(b"250 it is here\r\n").await?,
                }
                continue;
            }
            let command = line.split([' ', ':']).next().unwrap_or_default();
            if command == "EHLO" {
                unnamed = line.ends_with(']');
            }
            let answer = match (command, behaviour) {
                ("EHLO", Behaviour::RequiresName) if unnamed => "504 5.5.2 say who you are",
                ("RCPT", Behaviour::RequiresNameAtRecipient) if unnamed => HELO_REJECTED,
                ("RCPT", Behaviour::RejectsForNow) => "451 not now",
                ("RCPT", Behaviour::NoSuchUser) => "550 no such user reviewer-1@example.net",
                ("RCPT", Behaviour::Greylisting) if self.state().greylist.insert(line.clone()) => "451 greylisted",
                ("DATA", Behaviour::Full) => "452 no room",
                ("QUIT", Behaviour::NoGoodbye | Behaviour::SilentAfterMail) => continue,
                ("QUIT", _) => return writing.write_all(b"221 bye\r\n").await,
                ("DATA", _) => {
                    text = Some(String::new());
                    "354 go on"
                }
                _ => "250 fine",
            };
            if command == "RCPT" {
                to = line.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
            }
            writing.write_all(format!("{answer}\r\n").as_bytes()).await?;
            if command == "DATA" && behaviour == Behaviour::CutBeforeMail {
                return Ok(());
            }
        }
        Ok(())
    }
}
