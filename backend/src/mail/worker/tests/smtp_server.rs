//! An SMTP server with scripted failures.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

/// The server's behaviour during one connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Behaviour {
    Fine,
    /// Answers 421 in place of a greeting.
    Busy,
    /// Answers 451 to an unknown recipient, and 250 to the second attempt.
    Greylisting,
    /// Answers 451 to every recipient.
    RejectsForNow,
    /// Answers 550 to every recipient.
    NoSuchUser,
    /// Answers 452 to `DATA`.
    Full,
    /// Accepts the connection and says nothing.
    Silent,
    /// Is silent to one connection, and fine to the following ones.
    SilentOnce,
    /// Closes the connection after 354, before the mail.
    CutBeforeMail,
    /// Keeps the mail and closes the connection without an answer.
    CutAfterMail,
    /// Keeps the mail and never answers.
    SilentAfterMail,
    /// Keeps the mail, confirms it, and does not answer QUIT.
    NoGoodbye,
    /// Answers 451 after the mail, and does not keep it.
    LaterAfterMail,
    /// Keeps the mail, and confirms it when told to resume.
    SlowAfterMail,
    /// Answers 504 to EHLO without a full name.
    RequiresName,
    /// Answers 504 to the recipient after EHLO without a full name, as postfix does.
    RequiresNameAtRecipient,
}

/// A mail that the server keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceivedMail {
    pub to: String,
    pub text: String,
}

/// Postfix's answer to an EHLO without a full name.
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
    /// Connections by behaviour.
    connections_with: BTreeMap<Behaviour, usize>,
    greylist: BTreeSet<String>,
}

#[derive(Clone)]
pub struct Server {
    pub port: u16,
    state: Arc<Mutex<State>>,
    /// Notified when the server has left a client without an answer.
    silent: Arc<Notify>,
    /// Notified when the server may continue.
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
                // A client that closes the connection ends only its own conversation.
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

    /// Returns the number of connections that met this behaviour.
    pub fn connections_with(&self, behaviour: Behaviour) -> usize {
        self.state().connections_with.get(&behaviour).copied().unwrap_or(0)
    }

    /// Waits until the server leaves a client without an answer.
    pub async fn stalled(&self) {
        self.silent.notified().await;
    }

    /// Lets the server send the answer that it held back.
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
                // The client may speak TLS, which has no lines.
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
