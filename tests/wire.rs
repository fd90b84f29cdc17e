//! The network between the phone and the server: it records every byte, and it can be bad.

use std::{
    collections::VecDeque,
    io::{Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

/// What befalls a connection. Each happens once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// It breaks once the phone has sent this many bytes since the trouble before.
    BreaksAfter(usize),
    /// Once the phone has sent this many bytes since the trouble before, there is no network for this long.
    CutsAfter(usize, Duration),
    /// The answer to the last piece of an upload does not come back, and the connection breaks.
    LosesTheLastAnswer,
    /// It breaks when the phone asks for the sealer.
    HidesTheSealer,
}

#[derive(Default)]
struct Record {
    sent: Vec<u8>,
    received_bytes: u64,
    since_trouble: usize,
    upload_length: Option<String>,
    /// There is no network until then.
    cut_until: Option<Instant>,
    troubles: VecDeque<Trouble>,
}

/// A network of one wire.
pub(crate) struct Wire {
    /// Where the phone finds the server.
    pub(crate) origin: String,
    record: Arc<Mutex<Record>>,
}

impl Wire {
    /// Lays one to a server, which need not be there yet. The troubles come one after the other.
    pub(crate) fn to(server: &str, troubles: impl Into<VecDeque<Trouble>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("this machine has a loopback");
        let origin = format!("http://{}", listener.local_addr().expect("it is bound"));
        let record = Arc::new(Mutex::new(Record { troubles: troubles.into(), ..Record::default() }));
        let (server, shared) = (server.to_owned(), Arc::clone(&record));
        // It ends with the process: a listener cannot be woken, and holds nothing.
        thread::spawn(move || {
            for phone in listener.incoming().map_while(Result::ok) {
                if shared.lock().expect("no wire panics").is_cut() {
                    continue;
                }
                let Ok(server) = TcpStream::connect(&server) else { return };
                connect(phone, server, &shared);
            }
        });
        Self { origin, record }
    }

    /// Every byte that the phone has sent.
    pub(crate) fn sent(&self) -> Vec<u8> {
        self.lock().sent.clone()
    }

    /// How many bytes have come to the phone.
    pub(crate) fn received_bytes(&self) -> u64 {
        self.lock().received_bytes
    }

    /// Troubles that have not happened yet.
    pub(crate) fn troubles_left(&self) -> usize {
        self.lock().troubles.len()
    }

    /// There is no network from now on, for so long.
    pub(crate) fn cut(&self, time: Duration) {
        self.lock().cut_until = Some(Instant::now() + time);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Record> {
        self.record.lock().expect("no wire panics")
    }
}

fn connect(phone: TcpStream, server: TcpStream, record: &Arc<Mutex<Record>>) {
    let (Ok(phone_again), Ok(server_again)) = (phone.try_clone(), server.try_clone()) else { return };
    let (up, down) = (Arc::clone(record), Arc::clone(record));
    thread::spawn(move || carry(phone, server, |piece| up.lock().expect("no wire panics").goes_up(piece)));
    thread::spawn(move || carry(server_again, phone_again, |piece| down.lock().expect("no wire panics").comes_down(piece)));
}

/// Carries bytes until either end closes. `pass` says how many of a piece get through; fewer than all break it.
fn carry(mut from: TcpStream, mut to: TcpStream, mut pass: impl FnMut(&[u8]) -> usize) {
    let mut buffer = [0; 8 * 1024];
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        let through = pass(&buffer[..length]);
        if to.write_all(&buffer[..through]).is_err() || through < length {
            let _ = from.shutdown(Shutdown::Both);
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Both);
}

impl Record {
    fn is_cut(&self) -> bool {
        self.cut_until.is_some_and(|until| Instant::now() < until)
    }

    fn goes_up(&mut self, piece: &[u8]) -> usize {
        if self.is_cut() {
            return 0;
        }
        self.sent.extend_from_slice(piece);
        self.since_trouble += piece.len();
        if let Some(length) = header(piece, "upload-length: ") {
            self.upload_length = Some(length);
        }
        match self.troubles.front() {
            Some(Trouble::BreaksAfter(most)) if self.since_trouble > *most => {
                let through = piece.len() - (self.since_trouble - most).min(piece.len());
                self.happened();
                through
            }
            Some(Trouble::CutsAfter(most, time)) if self.since_trouble > *most => {
                self.cut_until = Some(Instant::now() + *time);
                self.happened();
                0
            }
            Some(Trouble::HidesTheSealer) if String::from_utf8_lossy(piece).contains("/w-") => {
                self.happened();
                0
            }
            _ => piece.len(),
        }
    }

    fn comes_down(&mut self, piece: &[u8]) -> usize {
        if self.is_cut() {
            return 0;
        }
        self.received_bytes += piece.len() as u64;
        let is_last = header(piece, "upload-offset: ").is_some_and(|offset| Some(offset) == self.upload_length);
        if is_last && self.troubles.front() == Some(&Trouble::LosesTheLastAnswer) {
            self.happened();
            return 0;
        }
        piece.len()
    }

    fn happened(&mut self) {
        self.troubles.pop_front();
        self.since_trouble = 0;
    }
}

/// A header's value, if it is in this piece.
fn header(piece: &[u8], name: &str) -> Option<String> {
    let text = String::from_utf8_lossy(piece).to_ascii_lowercase();
    let value = &text[text.find(name)? + name.len()..];
    value.split("\r\n").next().map(str::to_owned)
}
