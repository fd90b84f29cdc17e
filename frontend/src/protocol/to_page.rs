//! Messages to the page, and the answers to its questions.

use js_sys::{Array, Uint8Array};
use wasm_bindgen::JsValue;

use super::fields::{Reader, Writer};
use super::{Distrust, Failure, Unfit, Wait};

/// The numbers that messages begin with.
mod tag {
    pub const READY: u32 = 0;
    pub const DISTRUSTED: u32 = 1;
    pub const SEALING: u32 = 2;
    pub const SENDING: u32 = 3;
    pub const RECEIVED: u32 = 4;
    pub const FAILED: u32 = 5;
    // 6 is `Broken`, which `worker/start.js` sends.
    pub const NOTHING_KEPT: u32 = 7;
    pub const ANSWER: u32 = 8;
    pub const KEPT: u32 = 9;
    pub const WANT_CHUNK: u32 = 10;
    pub const CLEARED: u32 = 11;
    pub const TRUSTED: u32 = 12;
}

/// A message of the worker to the page.
pub enum ToPage {
    /// The worker runs. It says this once, before anything else.
    Ready {
        /// The table of the interface's deferred texts (`i18n.rs`), three languages a row.
        deferred_texts: Vec<String>,
    },
    /// Enough root keys have signed the pack, and the worker can seal to its recipients.
    Trusted {
        /// SHA-256 of the pack, hex.
        pack_sha256: String,
        /// SHA-256 of the pack's form, hex.
        form_sha256: String,
    },
    /// The pack cannot be used.
    Distrusted(Distrust),
    /// This part of [`super::COMPLETE`] of the plaintext is sealed.
    Sealing(u32),
    /// The server has acknowledged this part of [`super::COMPLETE`] of the sealed file.
    Sending(u32, Wait),
    /// The phone keeps the sealed file until it has arrived.
    Kept,
    /// The server has committed the sealed file.
    Received,
    /// The sealed file was not sent.
    Failed(Failure),
    /// The phone's store holds nothing any more of the registration that was [`Self::Received`].
    Cleared,
    /// No sealed file is kept on this phone.
    NothingKept,
    /// The worker wants up to [`super::CHUNK_BYTES`] of an attached file. It asks in order, so that the page never copies a whole file at
    /// once.
    WantChunk {
        /// The file's name in the archive.
        name: String,
        /// The place of the chunk's first byte.
        offset: u32,
    },
    /// The answer to a [`super::ToWorker::Request`].
    Answer {
        /// The request's id.
        id: u32,
        /// The answer's own fields.
        fields: Array,
    },
    /// The worker could not be loaded, could not start, or stopped.
    Broken,
}

/// A file that was prepared for sealing.
pub struct PreparedFile {
    /// The bytes as they are sealed.
    pub bytes: Uint8Array,
    /// Their SHA-256, hex.
    pub sha256: String,
    /// The extension of the file's name.
    pub extension: String,
    /// A small picture as a `data:` address; empty for a file that has none.
    pub preview: String,
    /// Whether a password protects the file.
    pub encrypted: bool,
}

/// A saved draft that was opened.
pub struct OpenedDraft {
    /// The content as the page gave it to [`super::Request::SaveDraft`].
    pub content: JsValue,
    /// The attached files: name, bytes and SHA-256 in hex.
    pub files: Vec<(String, Uint8Array, String)>,
}

impl ToPage {
    /// Writes the message.
    pub fn encode(self) -> Array {
        match self {
            Self::Ready { deferred_texts } => Writer::new(tag::READY).texts(&deferred_texts).0,
            Self::Trusted { pack_sha256, form_sha256 } => Writer::new(tag::TRUSTED).text(&pack_sha256).text(&form_sha256).0,
            Self::Distrusted(why) => Writer::new(tag::DISTRUSTED).flag(why == Distrust::Recipients).0,
            Self::Sealing(part) => Writer::new(tag::SEALING).number(part).0,
            Self::Sending(part, wait) => Writer::new(tag::SENDING).number(part).number(wait.code()).0,
            Self::Kept => Writer::new(tag::KEPT).0,
            Self::Received => Writer::new(tag::RECEIVED).0,
            Self::Failed(failure) => Writer::new(tag::FAILED).number(failure.code()).0,
            Self::Cleared => Writer::new(tag::CLEARED).0,
            Self::NothingKept => Writer::new(tag::NOTHING_KEPT).0,
            Self::WantChunk { name, offset } => Writer::new(tag::WANT_CHUNK).text(&name).number(offset).0,
            Self::Answer { id, fields } => Writer::new(tag::ANSWER).number(id).value(&fields).0,
            Self::Broken => Array::new(),
        }
    }

    /// Reads a message. A script that could not be loaded is reported by an event without data.
    pub fn decode(message: &JsValue) -> Self {
        if !Array::is_array(message) {
            return Self::Broken;
        }
        let mut fields = Reader::new(message);
        match fields.number() {
            tag::READY => Self::Ready { deferred_texts: fields.texts() },
            tag::TRUSTED => Self::Trusted { pack_sha256: fields.text(), form_sha256: fields.text() },
            tag::DISTRUSTED => Self::Distrusted(if fields.flag() { Distrust::Recipients } else { Distrust::Signatures }),
            tag::SEALING => Self::Sealing(fields.number()),
            tag::SENDING => Self::Sending(fields.number(), Wait::from_code(fields.number())),
            tag::KEPT => Self::Kept,
            tag::RECEIVED => Self::Received,
            tag::FAILED => Self::Failed(Failure::from_code(fields.number())),
            tag::CLEARED => Self::Cleared,
            tag::NOTHING_KEPT => Self::NothingKept,
            tag::WANT_CHUNK => Self::WantChunk { name: fields.text(), offset: fields.number() },
            tag::ANSWER => Self::Answer { id: fields.number(), fields: fields.list() },
            _ => Self::Broken,
        }
    }
}

impl PreparedFile {
    /// Writes the answer to a [`super::Request::Attach`].
    pub fn encode(prepared: Result<Self, Unfit>) -> Array {
        match prepared {
            Ok(file) => {
                Writer::list()
                    .value(&file.bytes)
                    .text(&file.sha256)
                    .text(&file.extension)
                    .text(&file.preview)
                    .flag(file.encrypted)
                    .0
            }
            Err(unfit) => Writer::list().number(unfit.code()).0,
        }
    }

    /// Reads the answer to a [`super::Request::Attach`].
    pub fn decode(answer: &Array) -> Result<Self, Unfit> {
        let mut fields = Reader::new(answer);
        if answer.length() == 1 {
            return Err(Unfit::from_code(fields.number()));
        }
        Ok(Self {
            bytes: fields.bytes(),
            sha256: fields.text(),
            extension: fields.text(),
            preview: fields.text(),
            encrypted: fields.flag(),
        })
    }
}

impl OpenedDraft {
    /// Writes the answer to a [`super::Request::OpenDraft`].
    pub fn encode(&self) -> Array {
        let mut answer = Writer::list().value(&self.content);
        for (name, bytes, sha256) in &self.files {
            answer = answer.text(name).value(bytes).text(sha256);
        }
        answer.0
    }

    /// Reads the answer to a [`super::Request::OpenDraft`]; `None` if the passphrase was wrong.
    pub fn decode(answer: &Array) -> Option<Self> {
        let mut fields = Reader::new(answer);
        let content = fields.value();
        let mut files = Vec::new();
        while fields.has_more() {
            files.push((fields.text(), fields.bytes(), fields.text()));
        }
        content.is_object().then_some(Self { content, files })
    }
}
