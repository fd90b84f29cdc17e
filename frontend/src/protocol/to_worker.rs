//! Messages to the worker, and the questions that it answers.

use js_sys::{Array, Uint8Array};
use wasm_bindgen::JsValue;
use zeroize::Zeroizing;

use super::fields::{Reader, Writer};

/// The numbers that messages begin with.
mod tag {
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

/// A message of the page to the worker.
pub enum ToWorker {
    /// Verify the pack. The worker says [`super::ToPage::Trusted`] or [`super::ToPage::Distrusted`].
    VerifyPack {
        /// The signed pack's JSON.
        signed_pack: String,
    },
    /// Seal a registration and send it.
    Seal(SealJob),
    /// Send the sealed file that was kept first, or say [`super::ToPage::NothingKept`].
    SendKept,
    /// Send every sealed file that is kept, and report nothing.
    SendRemaining,
    /// Send a sealed file that was saved after [`Request::CopySealed`].
    SendSavedFile {
        /// A `File`.
        file: JsValue,
    },
    /// The answer to [`super::ToPage::WantChunk`].
    Chunk {
        /// Empty if the page has no such chunk.
        bytes: Uint8Array,
    },
    /// A question that the worker answers with [`super::ToPage::Answer`].
    Request {
        /// The id that the answer repeats.
        id: u32,
        /// The question.
        request: Request,
    },
}

/// A registration to be sealed and sent. The worker asks for the files' bytes with [`super::ToPage::WantChunk`].
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
    /// Prepare a file for sealing. The answer is a [`super::PreparedFile`], or an [`super::Unfit`] alone.
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
    /// Open the stored draft. The answer is an [`super::OpenedDraft`]; it has no field if the passphrase is wrong.
    OpenDraft {
        /// The passphrase as it was typed.
        passphrase: String,
    },
    /// Copy the sealed file that is being sent. The answer is its bytes, in parts.
    CopySealed,
}

impl ToWorker {
    /// Writes the message.
    pub fn encode(self) -> Array {
        match self {
            Self::VerifyPack { signed_pack } => Writer::new(tag::VERIFY_PACK).text(&signed_pack).0,
            Self::Seal(job) => {
                Writer::new(tag::SEAL)
                    .number(job.id)
                    .text(&job.pack_serial)
                    .text(&job.registration)
                    .text(&job.receipt)
                    .texts(&job.receipt_questions)
                    .value(&FileRef::encode_all(&job.files))
                    .flag(job.keep)
                    .0
            }
            Self::SendKept => Writer::new(tag::SEND_KEPT).flag(false).0,
            Self::SendRemaining => Writer::new(tag::SEND_KEPT).flag(true).0,
            Self::SendSavedFile { file } => Writer::new(tag::SEND_SAVED_FILE).value(&file).0,
            Self::Chunk { bytes } => Writer::new(tag::CHUNK).value(&bytes).0,
            Self::Request { id, request } => request.encode(id),
        }
    }

    /// Reads a message; `None` for one that this program does not know.
    pub fn decode(message: &JsValue) -> Option<Self> {
        let mut fields = Reader::new(message);
        Some(match fields.number() {
            tag::VERIFY_PACK => Self::VerifyPack { signed_pack: fields.text() },
            tag::SEAL => Self::Seal(SealJob {
                id: fields.number(),
                pack_serial: fields.text(),
                registration: fields.text(),
                receipt: fields.text().into(),
                receipt_questions: fields.texts(),
                files: FileRef::decode_all(&mut fields),
                keep: fields.flag(),
            }),
            tag::SEND_KEPT if fields.flag() => Self::SendRemaining,
            tag::SEND_KEPT => Self::SendKept,
            tag::SEND_SAVED_FILE => Self::SendSavedFile { file: fields.value() },
            tag::CHUNK => Self::Chunk { bytes: fields.bytes() },
            number => Self::Request { id: fields.number(), request: Request::decode(number, fields)? },
        })
    }
}

impl Request {
    fn encode(self, id: u32) -> Array {
        let new = |number| Writer::new(number).number(id);
        match self {
            Self::Delete { first, last } => new(tag::DELETE).number(first).number(last).0,
            Self::Attach { file, max_bytes } => new(tag::ATTACH).value(&file).value(&max_bytes.into()).0,
            Self::DrawPassphrase { language } => new(tag::DRAW_PASSPHRASE).number(language).0,
            Self::SaveDraft { passphrase, content, files } => {
                new(tag::SAVE_DRAFT).text(&passphrase).value(&content).value(&FileRef::encode_all(&files)).0
            }
            Self::OpenDraft { passphrase } => new(tag::OPEN_DRAFT).text(&passphrase).0,
            Self::CopySealed => new(tag::COPY_SEALED).0,
        }
    }

    fn decode(number: u32, mut fields: Reader) -> Option<Self> {
        Some(match number {
            tag::DELETE => Self::Delete { first: fields.number(), last: fields.number() },
            tag::ATTACH => Self::Attach { file: fields.value(), max_bytes: fields.value().as_f64().unwrap_or(0.0) },
            tag::DRAW_PASSPHRASE => Self::DrawPassphrase { language: fields.number() },
            tag::SAVE_DRAFT => {
                Self::SaveDraft { passphrase: fields.text(), content: fields.list(), files: FileRef::decode_all(&mut fields) }
            }
            tag::OPEN_DRAFT => Self::OpenDraft { passphrase: fields.text() },
            tag::COPY_SEALED => Self::CopySealed,
            _ => return None,
        })
    }
}

impl FileRef {
    #[inline(never)]
    fn encode_all(files: &[Self]) -> Array {
        let mut list = Writer::list();
        for file in files {
            list = list.text(&file.name).number(file.bytes);
        }
        list.0
    }

    fn decode_all(fields: &mut Reader) -> Vec<Self> {
        let mut list = Reader::new(&fields.value());
        let mut files = Vec::new();
        while list.has_more() {
            files.push(Self { name: list.text(), bytes: list.number() });
        }
        files
    }
}
