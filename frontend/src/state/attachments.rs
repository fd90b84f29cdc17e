//! The attached files. Their bytes stay in the browser's memory until the worker asks for them.

use std::cell::RefCell;

use amanat_shared::answers::FileEntry;
use amanat_shared::pack::Limits;
use js_sys::Uint8Array;
use web_sys::File;

use super::AppState;
use crate::protocol::{CHUNK_BYTES, FileRef, PreparedFile, Request, Unfit};
use crate::signal::Signal;

/// The attached files.
pub struct Attachments {
    /// The files, in the order in which they were attached.
    pub files: RefCell<Vec<AttachedFile>>,
    /// Whether a file is being read.
    pub is_reading: Signal<bool>,
}

impl Attachments {
    pub(super) fn new() -> Self {
        Self { files: RefCell::new(Vec::new()), is_reading: Signal::new(false) }
    }
}

/// An attached file.
#[derive(Clone)]
pub struct AttachedFile {
    /// Its name in the archive, e.g. `attachments/01.jpg`.
    pub name: String,
    /// The path of the question that it answers.
    pub question: String,
    /// The bytes, in the browser's memory rather than this program's. Never a `Blob`: the browser may move that to the disk.
    pub bytes: Uint8Array,
    /// Their SHA-256, hex.
    pub sha256: String,
    /// A small picture as a `data:` address; empty for a file that has none.
    pub preview: String,
    /// Whether a password protects the file.
    pub encrypted: bool,
}

impl AttachedFile {
    /// The file for the worker, which asks for its bytes.
    pub(super) fn file_ref(&self) -> FileRef {
        FileRef { name: self.name.clone(), bytes: self.bytes.length() }
    }
}

/// The reason why a file was not attached.
#[derive(Clone, Copy)]
pub enum NotAttached {
    /// A registration may not carry it.
    Unfit(Unfit),
    /// It is attached already.
    Duplicate,
    /// This many files, and no more, may be attached.
    TooMany(u32),
    /// It is a photo of more bytes than this.
    FileSize(u64),
    /// It is a PDF of more bytes than this: nothing makes it smaller.
    PdfSize(u64),
    /// All files together would have more bytes than this.
    TotalSize(u64),
    /// The worker, which reads files, could not be loaded.
    NoWorker,
}

impl AppState {
    /// Has the worker prepare a file, and attaches it to the question at a path, unless it exceeds the pack's limits or `max_files`.
    pub fn attach(self, path: String, file: &File, max_files: u32, done: impl FnOnce(Result<FileEntry, NotAttached>) + 'static) {
        self.attachments.is_reading.set(true);
        #[expect(clippy::cast_precision_loss, reason = "the pack's limit is far below 2^53")]
        let max_bytes = self.pack.limits.file_bytes as f64;
        self.request(Request::Attach { file: file.into(), max_bytes }, move |answer| {
            done(match answer.as_ref().map(PreparedFile::decode) {
                Some(Ok(prepared)) => self.attach_prepared(path, prepared, max_files),
                Some(Err(unfit)) => Err(NotAttached::Unfit(unfit)),
                None => Err(NotAttached::NoWorker),
            });
            self.attachments.is_reading.set(false);
        });
    }

    fn attach_prepared(self, path: String, prepared: PreparedFile, max_files: u32) -> Result<FileEntry, NotAttached> {
        let PreparedFile { bytes, sha256, extension, preview, encrypted } = prepared;
        let Limits { file_bytes, total_bytes, .. } = self.pack.limits;
        let length = u64::from(bytes.length());
        let mut files = self.attachments.files.borrow_mut();
        if files.iter().any(|file| file.sha256 == sha256) {
            return Err(NotAttached::Duplicate);
        }
        let total = files.iter().map(|file| u64::from(file.bytes.length())).sum::<u64>();
        let is_free = |number: &usize| !files.iter().any(|file| file.name.starts_with(&format!("attachments/{number:02}.")));
        match (1..100).find(is_free) {
            Some(_) if length > file_bytes && extension == "pdf" => Err(NotAttached::PdfSize(file_bytes)),
            Some(_) if length > file_bytes => Err(NotAttached::FileSize(file_bytes)),
            Some(_) if total + length > total_bytes => Err(NotAttached::TotalSize(total_bytes)),
            Some(number) if files.len() < usize::try_from(max_files).unwrap_or(usize::MAX) => {
                let name = format!("attachments/{number:02}.{extension}");
                let media_type = media_type(&name).to_owned();
                files.push(AttachedFile { name: name.clone(), question: path, bytes, sha256, preview, encrypted });
                Ok(FileEntry { name, media_type, bytes: length })
            }
            _ => Err(NotAttached::TooMany(max_files)),
        }
    }

    /// References to all attached files.
    pub(super) fn file_refs(self) -> Vec<FileRef> {
        self.attachments.files.borrow().iter().map(AttachedFile::file_ref).collect()
    }

    /// A copy of a chunk of an attached file; empty if there is no such file.
    pub(super) fn chunk(self, name: &str, offset: u32) -> Uint8Array {
        let files = self.attachments.files.borrow();
        files
            .iter()
            .find(|file| file.name == name)
            .map_or_else(|| Uint8Array::new_with_length(0), |file| file.bytes.slice(offset, offset.saturating_add(CHUNK_BYTES)))
    }
}

/// The media type of a file in the archive, by its name.
pub fn media_type(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("png") => "image/png",
        Some("pdf") => "application/pdf",
        _ => "image/jpeg",
    }
}
