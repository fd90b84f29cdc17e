//! Generators of hostile files: archives byte by byte, and registrations in which one thing is wrong.

use std::borrow::Cow;

use serde_json::{Value, json};

use crate::world::{World, archive, registration};

const BLOCK: usize = 512;

/// The smallest file that begins as a JPEG does.
pub const JPEG: &[u8] = &[0xff, 0xd8, 0xff, 0xe0, 1, 2, 3];

/// The expected result for a reviewer.
#[derive(Clone, Debug)]
pub enum Expected {
    /// The file opens, and the case shows these texts.
    Opens(&'static [&'static str]),
    /// The list, which reads no attachment, shows the file; opening it is refused with this text.
    Listed(&'static str),
    /// Every command refuses the file with this text.
    Refused(&'static str),
}

/// Makes a sealed file for this world's reviewer.
type Make = Box<dyn Fn(&World) -> Vec<u8>>;

/// One kind of hostile file.
pub struct Kind {
    /// The kind's name, which is also its file's.
    pub name: Cow<'static, str>,
    pub expected: Expected,
    pub make: Make,
}

/// A kind that is wrong as a sealed file.
pub fn file(name: impl Into<Cow<'static, str>>, expected: Expected, make: impl Fn(&World) -> Vec<u8> + 'static) -> Kind {
    Kind { name: name.into(), expected, make: Box::new(make) }
}

/// A kind that is wrong inside the sealed file.
pub fn inside(name: impl Into<Cow<'static, str>>, expected: Expected, make: impl Fn() -> Vec<u8> + 'static) -> Kind {
    file(name, expected, move |world| world.sealed(&make()))
}

/// A kind whose `registration.json` is not a registration.
pub fn text(name: impl Into<Cow<'static, str>>, expected: Expected, make: impl Fn() -> Vec<u8> + 'static) -> Kind {
    inside(name, expected, move || Tar::new().entry("registration.json", &make()).end())
}

/// A kind with these answers, in which nothing else is wrong.
pub fn answers(name: impl Into<Cow<'static, str>>, reads: &'static [&'static str], make: impl Fn() -> Value + 'static) -> Kind {
    inside(name, Expected::Opens(reads), move || archive(&registration(make(), &[]), &[]))
}

/// A kind with one listed attachment of these bytes and this extension.
pub fn attached(
    name: impl Into<Cow<'static, str>>,
    reads: &'static [&'static str],
    extension: &'static str,
    bytes: impl Fn() -> Vec<u8> + 'static,
) -> Kind {
    inside(name, Expected::Opens(reads), move || {
        let bytes = bytes();
        let name = format!("attachments/01.{extension}");
        let mut listed = registration(json!({ "risk_note": "see the attachment" }), &[&bytes]);
        listed["attachments"][0]["name"] = json!(name);
        Tar::of(&listed).entry(&name, &bytes).end()
    })
}

/// An archive, header by header.
pub struct Tar(Vec<u8>);

impl Tar {
    /// Begins an empty archive.
    pub fn new() -> Self {
        Self(Vec::new())
    }

    /// Begins with this registration.
    pub fn of(registration: &Value) -> Self {
        Self::new().entry("registration.json", registration.to_string().as_bytes())
    }

    /// Begins with a registration that lists one JPEG, [`JPEG`].
    pub fn listing_one() -> Self {
        Self::of(&registration(json!({}), &[JPEG]))
    }

    /// Adds a plain file.
    pub fn entry(self, name: impl AsRef<[u8]>, content: &[u8]) -> Self {
        self.odd(name, content, |_| {})
    }

    /// Adds a file whose header is changed before its checksum is computed.
    pub fn odd(mut self, name: impl AsRef<[u8]>, content: &[u8], change: impl FnOnce(&mut [u8; BLOCK])) -> Self {
        let mut header = [0; BLOCK];
        let name = &name.as_ref()[..name.as_ref().len().min(100)];
        header[..name.len()].copy_from_slice(name);
        header[100..108].copy_from_slice(b"0000600\0");
        header[124..136].copy_from_slice(&octal(content.len() as u64));
        header[156] = b'0';
        header[257..265].copy_from_slice(b"ustar\x0000");
        change(&mut header);
        header[148..156].copy_from_slice(b"        ");
        let sum: u32 = header.iter().map(|&byte| u32::from(byte)).sum();
        header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        self.0.extend(header);
        self.0.extend(content);
        self.0.resize(self.0.len().next_multiple_of(BLOCK), 0);
        self
    }

    /// Adds an entry of another type than a plain file, with a target.
    pub fn thing(self, kind: u8, target: &[u8]) -> Self {
        self.odd("attachments/01.jpg", b"", |header| {
            header[156] = kind;
            header[157..157 + target.len()].copy_from_slice(target);
        })
    }

    /// Adds bytes as they are.
    pub fn raw(mut self, bytes: &[u8]) -> Self {
        self.0.extend(bytes);
        self
    }

    /// Returns the archive without an end.
    pub fn cut(self) -> Vec<u8> {
        self.0
    }

    /// Ends the archive with two blocks of zeros.
    pub fn end(self) -> Vec<u8> {
        self.raw(&[0; 2 * BLOCK]).0
    }
}

/// Returns a header's size field.
pub fn octal(bytes: u64) -> [u8; 12] {
    let mut field = *b"00000000000\0";
    field[..11].copy_from_slice(format!("{bytes:011o}").as_bytes());
    field
}

/// Returns a header's size field as GNU `tar` writes what octal digits cannot express.
pub fn base256(bytes: u64, first: u8) -> [u8; 12] {
    let mut field = [0; 12];
    field[0] = first;
    field[4..].copy_from_slice(&bytes.to_be_bytes());
    field
}
