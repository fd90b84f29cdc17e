//! A tus client over a plain socket. A connection may break at any byte, which the client reports as an error.

use std::{
    io::{self, BufRead, BufReader, Error, ErrorKind, Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};

use crate::drivers::{http::Response, proof_of_work};

/// The longest time for a response. A server that works through 64 clients on one disk needs less.
const ANSWER_TIME: Duration = Duration::from_mins(1);
const MOST_HEAD_BYTES: u64 = 64 * 1024;
const UPLOADS: &str = "/api/v1/uploads";
const OCTETS: (&str, &str) = ("Content-Type", "application/offset+octet-stream");

/// One connection, kept open between requests.
pub(crate) struct Connection {
    stream: BufReader<TcpStream>,
    host: String,
    /// The client's address that a proxy would name: clients are different people, though they share a machine.
    person: String,
}

impl Connection {
    /// Connects as this person.
    pub(crate) fn open(address: SocketAddr, person: usize) -> io::Result<Self> {
        let stream = TcpStream::connect_timeout(&address, ANSWER_TIME)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(ANSWER_TIME))?;
        stream.set_write_timeout(Some(ANSWER_TIME))?;
        let person = format!("10.{}.{}.{}", person >> 16 & 255, person >> 8 & 255, person & 255);
        Ok(Self { stream: BufReader::new(stream), host: address.to_string(), person })
    }

    /// Sends a request and reads its response.
    pub(crate) fn request(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> io::Result<Response> {
        self.send_head(method, path, headers, body.len())?;
        // A server that refuses may respond before it has read everything.
        let sent = self.send(body);
        self.read_response(method).or_else(|error| sent.and(Err(error)))
    }

    /// Sends only the head of a request.
    pub(crate) fn send_head(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body_bytes: usize) -> io::Result<()> {
        let (host, person) = (&self.host, &self.person);
        let mut head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nX-Forwarded-For: {person}\r\nTus-Resumable: 1.0.0\r\n\
             Content-Length: {body_bytes}\r\n"
        );
        for (name, value) in headers {
            head.extend([name, ": ", value, "\r\n"]);
        }
        self.send((head + "\r\n").as_bytes())
    }

    pub(crate) fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.get_mut().write_all(bytes)
    }

    /// Sends as many bytes as the system takes without blocking.
    pub(crate) fn send_what_fits(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.get_ref().set_nonblocking(true)?;
        match self.stream.get_mut().write(bytes) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(0),
            written => written,
        }
    }

    /// Reads the response to a request with this method.
    pub(crate) fn read_response(&mut self, method: &str) -> io::Result<Response> {
        let mut head = self.stream.by_ref().take(MOST_HEAD_BYTES);
        let mut line = String::new();
        head.read_line(&mut line)?;
        let status = line.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or(ErrorKind::UnexpectedEof)?;
        let mut headers = Vec::new();
        loop {
            line.clear();
            if head.read_line(&mut line)? == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
            match line.trim_end().split_once(':') {
                Some((name, value)) => headers.push((name.to_ascii_lowercase(), value.trim().to_owned())),
                None => break,
            }
        }
        let mut answer = Response { status, headers, body: Vec::new() };
        if method != "HEAD" && status != 204 {
            let length = answer.header("content-length").and_then(|length| length.parse().ok());
            let length = length.ok_or_else(|| Error::new(ErrorKind::InvalidData, "an answer without a length"))?;
            answer.body.resize(length, 0);
            self.stream.read_exact(&mut answer.body)?;
        }
        Ok(answer)
    }
}

/// One sealed file and the progress of its upload.
pub(crate) struct Upload {
    pub(crate) bytes: Vec<u8>,
    /// The upload's address, once the server has named it.
    pub(crate) location: Option<String>,
    /// The offset that the server last reported.
    pub(crate) offset: usize,
}

impl Upload {
    pub(crate) fn new(bytes: Vec<u8>) -> Self {
        Self { bytes, location: None, offset: 0 }
    }

    /// Returns whether the server has acknowledged the whole file.
    pub(crate) fn is_acknowledged(&self) -> bool {
        self.offset == self.bytes.len()
    }

    /// Returns the registration's id.
    pub(crate) fn sha256(&self) -> String {
        Sha256::digest(&self.bytes).iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
    }

    /// Creates the upload with the first `bytes` of the file, and with the proof of work that the server asks for.
    pub(crate) fn create(&mut self, connection: &mut Connection, bytes: usize) -> io::Result<Response> {
        let mut headers: Vec<(&str, String)> = creation(self.bytes.len()).into();
        if bytes == 0 {
            headers.truncate(2);
        }
        loop {
            let named: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
            let answer = connection.request("POST", UPLOADS, &named, &self.bytes[..bytes])?;
            if let Some(asked) = answer.header(proof_of_work::HEADER) {
                headers.retain(|(name, _)| *name != proof_of_work::HEADER);
                headers[1].1 = format!("{},{}", creation(self.bytes.len())[1].1, proof_of_work::metadata(&self.bytes));
                headers.push((proof_of_work::HEADER, proof_of_work::solve(asked, &self.bytes)));
                continue;
            }
            if answer.status == 201 {
                self.location = answer.header("location").map(str::to_owned);
                self.offset = offset(&answer).unwrap_or(0);
            }
            return Ok(answer);
        }
    }

    /// Sends the next `bytes` of the file.
    pub(crate) fn append(&mut self, connection: &mut Connection, bytes: usize) -> io::Result<Response> {
        let location = self.location.as_deref().expect("it has begun");
        let piece = &self.bytes[self.offset..(self.offset + bytes).min(self.bytes.len())];
        let answer = connection.request("PATCH", location, &[("Upload-Offset", &self.offset.to_string()), OCTETS], piece)?;
        if answer.status == 204 {
            self.offset = offset(&answer).expect("tus has it in every such answer");
        }
        Ok(answer)
    }

    /// Asks the server for the offset.
    pub(crate) fn fetch_offset(&mut self, connection: &mut Connection) -> io::Result<Response> {
        let location = self.location.as_deref().expect("it has begun");
        let answer = connection.request("HEAD", location, &[], &[])?;
        match answer.status {
            200 => self.offset = offset(&answer).expect("tus has it in every such answer"),
            404 | 410 => (self.location, self.offset) = (None, 0),
            _ => {}
        }
        Ok(answer)
    }
}

/// Sends the head of a request that uploads a whole file of this length.
pub(crate) fn begin_upload(connection: &mut Connection, length: usize) -> io::Result<()> {
    let headers = creation(length);
    let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    connection.send_head("POST", UPLOADS, &headers, length)
}

/// Returns the headers of a creation; the last is sent only when bytes follow.
fn creation(length: usize) -> [(&'static str, String); 3] {
    let metadata = format!("delete_proof_sha256 {}", STANDARD.encode(Sha256::digest([0x11; 32])));
    [("Upload-Length", length.to_string()), ("Upload-Metadata", metadata), (OCTETS.0, OCTETS.1.to_owned())]
}

fn offset(answer: &Response) -> Option<usize> {
    answer.header("upload-offset").and_then(|offset| offset.parse().ok())
}
