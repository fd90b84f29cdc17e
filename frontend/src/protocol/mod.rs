//! Messages between the page and its worker, which is a program of its own. Both programs compile this file.
//!
//! A message is a JavaScript array: a number that says which message it is, then its fields in the order in which `encode`
//! writes them and `decode` reads them.

use js_sys::{Array, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use zeroize::Zeroizing;

/// The numbers of messages to the worker.
mod to_worker {
    pub const VERIFY_PACK: u32 = 0;
    pub const SEAL: u32 = 1;
    pub const SEND_KEPT: u32 = 2;
    pub const SEND_SAVED_FILE: u32 = 3;
    pub const DELETE: u32 = 4;
    pub const ATTACH: u32 = 5;
    pub const DRAW_PASSPHRASE: u32 = 6;
    pub const SAVE_DRAFT: u32 = 7;
    pub const OPEN_DRAFT: u32 = 8;
    pub const COPY_SEALED: u32 = 9;
    pub const CHUNK: u32 = 10;
}

/// The numbers of messages to the page.
mod to_page {
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

/// The length of a chunk of an attached file, in bytes.
pub const CHUNK_BYTES: u32 = 512 * 1024;
/// The size of the largest file that is read at all, in bytes. A photo becomes much smaller than the camera made it.
pub const MAX_READABLE_BYTES: f64 = 64.0 * 1024.0 * 1024.0;
/// The value of a progress that is complete.
pub const COMPLETE: u32 = 1000;

/// The key of the saved draft in the phone's store.
pub const DRAFT_KEY: u32 = 1;
/// The key of the first sealed file in the phone's store. The next key holds the address of its upload, the one after that
/// the next sealed file, and so on.
pub const FIRST_FILE_KEY: u32 = 2;
/// The last key in the phone's store.
pub const LAST_KEY: u32 = 99;

/// A message of the page to the worker.
pub enum ToWorker {
    /// Verify the pack. The worker says [`ToPage::Trusted`] or [`ToPage::Distrusted`].
    VerifyPack {
        /// The signed pack's JSON.
        signed_pack: String,
    },
    /// Seal a registration and send it.
    Seal(SealJob),
    /// Send the sealed file that was kept first, or say [`ToPage::NothingKept`].
    SendKept,
    /// Send every sealed file that is kept, and report nothing.
    SendRemaining,
    /// Send a sealed file that was saved after [`Request::CopySealed`].
    SendSavedFile {
        /// A `File`.
        file: JsValue,
    },
    /// The answer to [`ToPage::WantChunk`].
    Chunk {
        /// Empty if the page has no such chunk.
        bytes: Uint8Array,
    },
    /// A question that the worker answers with [`ToPage::Answer`].
    Request {
        /// The id that the answer repeats.
        id: u32,
        /// The question.
        request: Request,
    },
}

/// A registration to be sealed and sent. The worker asks for the files' bytes with [`ToPage::WantChunk`].
pub struct SealJob {
    /// A job whose id the worker has sealed already is sent again, not sealed again; any other job ends the one before.
    pub id: u32,
    /// The pack's serial, in decimal.
    pub pack_serial: String,
    /// `registration.json`, without the fields that only the worker can fill in.
    pub registration: String,
    /// The digits of the person's code.
    pub receipt: Zeroizing<String>,
    /// The questions whose answer is the code of an earlier registration.
    pub receipt_questions: Vec<String>,
    /// The attached files, in order.
    pub files: Vec<FileRef>,
    /// Whether the phone may keep the sealed file until it has arrived.
    pub keep: bool,
}

/// An attached file, whose bytes stay with the page until the worker asks for them.
pub struct FileRef {
    /// The file's name in the archive.
    pub name: String,
    /// Its length.
    pub bytes: u32,
}

/// A question of the page that the worker answers.
pub enum Request {
    /// Delete the stored values from the first key to the last. The answer has no field.
    Delete {
        /// The first key.
        first: u32,
        /// The last key.
        last: u32,
    },
    /// Prepare a file for sealing. The answer is a [`PreparedFile`], or an [`Unfit`] alone.
    Attach {
        /// A `File`.
        file: JsValue,
        /// The most bytes that the pack allows.
        max_bytes: f64,
    },
    /// Draw a passphrase at random. The answer is the passphrase.
    DrawPassphrase {
        /// The column of the table of words.
        language: u32,
    },
    /// Seal a draft and store it. The answer is whether the phone keeps it.
    SaveDraft {
        /// The passphrase that the draft is sealed under.
        passphrase: String,
        /// The draft's content, which is stored as JSON.
        content: Array,
        /// The attached files.
        files: Vec<FileRef>,
    },
    /// Open the stored draft. The answer is an [`OpenedDraft`]; it has no field if the passphrase is wrong.
    OpenDraft {
        /// The passphrase as it was typed.
        passphrase: String,
    },
    /// Copy the sealed file that is being sent. The answer is its bytes, in parts.
    CopySealed,
}

/// A message of the worker to the page.
pub enum ToPage {
    /// The worker runs. It says this once, before anything else.
    Ready {
        /// The table of [`crate::i18n::DeferredText`].
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
    /// This part of [`COMPLETE`] of the plaintext is sealed.
    Sealing(u32),
    /// The server has acknowledged this part of [`COMPLETE`] of the sealed file.
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
    /// The worker wants up to [`CHUNK_BYTES`] of an attached file. It asks in order, so that the page never copies a whole file at
    /// once.
    WantChunk {
        /// The file's name in the archive.
        name: String,
        /// The place of the chunk's first byte.
        offset: u32,
    },
    /// The answer to a [`ToWorker::Request`].
    Answer {
        /// The request's id.
        id: u32,
        /// The answer's own fields.
        fields: Array,
    },
    /// The worker could not be loaded, could not start, or stopped.
    Broken,
}

/// The reason why a pack cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Distrust {
    /// Too few root keys have signed it.
    Signatures,
    /// It names no recipient.
    Recipients,
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
    /// The content as the page gave it to [`Request::SaveDraft`].
    pub content: JsValue,
    /// The attached files: name, bytes and SHA-256 in hex.
    pub files: Vec<(String, Uint8Array, String)>,
}

/// What an upload waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// Nothing: bytes are on their way.
    Nothing,
    /// A connection.
    Network,
    /// A server that has too much to do.
    Busy,
    /// A server that has no room.
    Full,
    /// An answer that takes longer than usual.
    Answer,
}

/// The reason why a file is not attached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfit {
    /// It is neither a photo nor a PDF.
    Type,
    /// It has no bytes.
    Empty,
    /// It was moved or deleted, or may not be read.
    Unreadable,
    /// It is a photo in a format that this browser does not know.
    Heic,
    /// It is cut off, or not of the type that it says.
    Damaged,
}

/// The reason why a sealed file was not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The registration could not be sealed.
    Seal,
    /// The keys that it is sealed to were revoked.
    Revoked,
    /// The server will never accept it.
    Refused,
    /// The chosen file is no sealed registration.
    NotSealed,
}

impl ToWorker {
    /// Writes the message.
    pub fn encode(self) -> Array {
        match self {
            Self::VerifyPack { signed_pack } => Writer::new(to_worker::VERIFY_PACK).text(&signed_pack).0,
            Self::Seal(job) => {
                Writer::new(to_worker::SEAL)
                    .number(job.id)
                    .text(&job.pack_serial)
                    .text(&job.registration)
                    .text(&job.receipt)
                    .texts(&job.receipt_questions)
                    .files(&job.files)
                    .flag(job.keep)
                    .0
            }
            Self::SendKept => Writer::new(to_worker::SEND_KEPT).flag(false).0,
            Self::SendRemaining => Writer::new(to_worker::SEND_KEPT).flag(true).0,
            Self::SendSavedFile { file } => Writer::new(to_worker::SEND_SAVED_FILE).value(&file).0,
            Self::Chunk { bytes } => Writer::new(to_worker::CHUNK).value(&bytes).0,
            Self::Request { id, request } => request.encode(id),
        }
    }

    /// Reads a message; `None` for one that this program does not know.
    pub fn decode(message: &JsValue) -> Option<Self> {
        let mut fields = Reader::new(message);
        Some(match fields.number() {
            to_worker::VERIFY_PACK => Self::VerifyPack { signed_pack: fields.text() },
            to_worker::SEAL => Self::Seal(SealJob {
                id: fields.number(),
                pack_serial: fields.text(),
                registration: fields.text(),
                receipt: fields.text().into(),
                receipt_questions: fields.texts(),
                files: fields.files(),
                keep: fields.flag(),
            }),
            to_worker::SEND_KEPT if fields.flag() => Self::SendRemaining,
            to_worker::SEND_KEPT => Self::SendKept,
            to_worker::SEND_SAVED_FILE => Self::SendSavedFile { file: fields.value() },
            to_worker::CHUNK => Self::Chunk { bytes: fields.bytes() },
            tag => Self::Request { id: fields.number(), request: Request::decode(tag, fields)? },
        })
    }
}

impl Request {
    fn encode(self, id: u32) -> Array {
        let new = |tag| Writer::new(tag).number(id);
        match self {
            Self::Delete { first, last } => new(to_worker::DELETE).number(first).number(last).0,
            Self::Attach { file, max_bytes } => new(to_worker::ATTACH).value(&file).value(&max_bytes.into()).0,
            Self::DrawPassphrase { language } => new(to_worker::DRAW_PASSPHRASE).number(language).0,
            Self::SaveDraft { passphrase, content, files } => {
                new(to_worker::SAVE_DRAFT).text(&passphrase).value(&content).files(&files).0
            }
            Self::OpenDraft { passphrase } => new(to_worker::OPEN_DRAFT).text(&passphrase).0,
            Self::CopySealed => new(to_worker::COPY_SEALED).0,
        }
    }

    fn decode(tag: u32, mut fields: Reader) -> Option<Self> {
        Some(match tag {
            to_worker::DELETE => Self::Delete { first: fields.number(), last: fields.number() },
            to_worker::ATTACH => Self::Attach { file: fields.value(), max_bytes: fields.value().as_f64().unwrap_or(0.0) },
            to_worker::DRAW_PASSPHRASE => Self::DrawPassphrase { language: fields.number() },
            to_worker::SAVE_DRAFT => Self::SaveDraft { passphrase: fields.text(), content: fields.list(), files: fields.files() },
            to_worker::OPEN_DRAFT => Self::OpenDraft { passphrase: fields.text() },
            to_worker::COPY_SEALED => Self::CopySealed,
            _ => return None,
        })
    }
}

impl ToPage {
    /// Writes the message.
    pub fn encode(self) -> Array {
        match self {
            Self::Ready { deferred_texts } => Writer::new(to_page::READY).texts(&deferred_texts).0,
            Self::Trusted { pack_sha256, form_sha256 } => Writer::new(to_page::TRUSTED).text(&pack_sha256).text(&form_sha256).0,
            Self::Distrusted(why) => Writer::new(to_page::DISTRUSTED).flag(why == Distrust::Recipients).0,
            Self::Sealing(part) => Writer::new(to_page::SEALING).number(part).0,
            Self::Sending(part, wait) => Writer::new(to_page::SENDING).number(part).number(wait.code()).0,
            Self::Kept => Writer::new(to_page::KEPT).0,
            Self::Received => Writer::new(to_page::RECEIVED).0,
            Self::Failed(failure) => Writer::new(to_page::FAILED).number(failure.code()).0,
            Self::Cleared => Writer::new(to_page::CLEARED).0,
            Self::NothingKept => Writer::new(to_page::NOTHING_KEPT).0,
            Self::WantChunk { name, offset } => Writer::new(to_page::WANT_CHUNK).text(&name).number(offset).0,
            Self::Answer { id, fields } => Writer::new(to_page::ANSWER).number(id).value(&fields).0,
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
            to_page::READY => Self::Ready { deferred_texts: fields.texts() },
            to_page::TRUSTED => Self::Trusted { pack_sha256: fields.text(), form_sha256: fields.text() },
            to_page::DISTRUSTED => Self::Distrusted(if fields.flag() { Distrust::Recipients } else { Distrust::Signatures }),
            to_page::SEALING => Self::Sealing(fields.number()),
            to_page::SENDING => Self::Sending(fields.number(), Wait::from_code(fields.number())),
            to_page::KEPT => Self::Kept,
            to_page::RECEIVED => Self::Received,
            to_page::FAILED => Self::Failed(Failure::from_code(fields.number())),
            to_page::CLEARED => Self::Cleared,
            to_page::NOTHING_KEPT => Self::NothingKept,
            to_page::WANT_CHUNK => Self::WantChunk { name: fields.text(), offset: fields.number() },
            to_page::ANSWER => Self::Answer { id: fields.number(), fields: fields.list() },
            _ => Self::Broken,
        }
    }
}

impl PreparedFile {
    /// Writes the answer to a [`Request::Attach`].
    pub fn encode(prepared: Result<Self, Unfit>) -> Array {
        match prepared {
            Ok(file) => {
                Writer::answer()
                    .value(&file.bytes)
                    .text(&file.sha256)
                    .text(&file.extension)
                    .text(&file.preview)
                    .flag(file.encrypted)
                    .0
            }
            Err(unfit) => Writer::answer().number(unfit.code()).0,
        }
    }

    /// Reads the answer to a [`Request::Attach`].
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
    /// Writes the answer to a [`Request::OpenDraft`].
    pub fn encode(&self) -> Array {
        let mut answer = Writer::answer().value(&self.content);
        for (name, bytes, sha256) in &self.files {
            answer = answer.text(name).value(bytes).text(sha256);
        }
        answer.0
    }

    /// Reads the answer to a [`Request::OpenDraft`]; `None` if the passphrase was wrong.
    pub fn decode(answer: &Array) -> Option<Self> {
        let mut fields = Reader::new(answer);
        let content = fields.value();
        let mut files = Vec::new();
        while fields.at < answer.length() {
            files.push((fields.text(), fields.bytes(), fields.text()));
        }
        content.is_object().then_some(Self { content, files })
    }
}

/// Appends fields to a message.
pub struct Writer(pub Array);

impl Writer {
    /// Begins a message.
    fn new(tag: u32) -> Self {
        Self::answer().number(tag)
    }

    /// Begins an answer, which has no number of its own.
    pub fn answer() -> Self {
        Self(Array::new())
    }

    /// Appends a value.
    #[inline(never)]
    pub fn value(self, value: &JsValue) -> Self {
        self.0.push(value);
        self
    }

    /// Appends a text.
    #[inline(never)]
    pub fn text(self, text: &str) -> Self {
        self.value(&text.into())
    }

    /// Appends a number.
    #[inline(never)]
    pub fn number(self, number: u32) -> Self {
        self.value(&number.into())
    }

    /// Appends a truth value.
    pub fn flag(self, flag: bool) -> Self {
        self.value(&flag.into())
    }

    /// Appends a list of texts.
    #[inline(never)]
    pub fn texts(self, texts: &[String]) -> Self {
        let list = texts.iter().fold(Self::answer(), |list, text| list.text(text));
        self.value(&list.0)
    }

    #[inline(never)]
    fn files(self, files: &[FileRef]) -> Self {
        let list = files.iter().fold(Self::answer(), |list, file| list.text(&file.name).number(file.bytes));
        self.value(&list.0)
    }
}

/// Reads a message's fields one after the other. A field that is missing or of another type reads as empty, 0 or false.
pub struct Reader {
    fields: Array,
    at: u32,
}

impl Reader {
    /// Reads from the first field on.
    pub fn new(message: &JsValue) -> Self {
        Self { fields: message.clone().unchecked_into(), at: 0 }
    }

    /// The next field as it is.
    #[inline(never)]
    pub fn value(&mut self) -> JsValue {
        self.at += 1;
        self.fields.get(self.at - 1)
    }

    /// The next field, a text.
    #[inline(never)]
    pub fn text(&mut self) -> String {
        self.value().as_string().unwrap_or_default()
    }

    /// The next field, a number.
    #[inline(never)]
    pub fn number(&mut self) -> u32 {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "every number in a message was a u32")]
        let number = self.value().as_f64().unwrap_or(0.0) as u32;
        number
    }

    /// The next field, a truth value.
    pub fn flag(&mut self) -> bool {
        self.value().is_truthy()
    }

    /// The next field, a list.
    pub fn list(&mut self) -> Array {
        self.value().unchecked_into()
    }

    /// The next field, a list of texts.
    #[inline(never)]
    pub fn texts(&mut self) -> Vec<String> {
        self.list().iter().filter_map(|text| text.as_string()).collect()
    }

    fn bytes(&mut self) -> Uint8Array {
        self.value().unchecked_into()
    }

    fn files(&mut self) -> Vec<FileRef> {
        let list = self.list();
        let mut fields = Self::new(&list);
        (0..list.length() / 2).map(|_| FileRef { name: fields.text(), bytes: fields.number() }).collect()
    }
}

impl Wait {
    const ALL: [Self; 5] = [Self::Nothing, Self::Network, Self::Busy, Self::Full, Self::Answer];

    /// The number that stands for it in a message.
    pub const fn code(self) -> u32 {
        self as u32
    }

    fn from_code(code: u32) -> Self {
        Self::ALL.into_iter().find(|wait| wait.code() == code).unwrap_or(Self::Busy)
    }
}

impl Unfit {
    const ALL: [Self; 5] = [Self::Type, Self::Empty, Self::Unreadable, Self::Heic, Self::Damaged];

    const fn code(self) -> u32 {
        self as u32
    }

    fn from_code(code: u32) -> Self {
        Self::ALL.into_iter().find(|unfit| unfit.code() == code).unwrap_or(Self::Type)
    }
}

impl Failure {
    const ALL: [Self; 4] = [Self::Seal, Self::Revoked, Self::Refused, Self::NotSealed];

    /// The number that stands for it in a message.
    pub const fn code(self) -> u32 {
        self as u32
    }

    fn from_code(code: u32) -> Self {
        Self::ALL.into_iter().find(|failure| failure.code() == code).unwrap_or(Self::Refused)
    }
}
