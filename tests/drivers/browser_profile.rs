//! `Profile` reads what a browser leaves on the disk, as somebody who finds the phone could: it unpacks `LevelDB` tables
//! (`IndexedDB`, local storage) and Mozilla's `jsonlz4` files.

use std::{fs, path::Path};

/// The footer of a `LevelDB` table holds two block handles and the magic number.
const FOOTER: usize = 48;
const TABLE: [u8; 8] = [0x57, 0xfb, 0x80, 0x8b, 0x24, 0x75, 0x47, 0xdb];

/// The contents of a profile.
#[derive(Default)]
pub(crate) struct Profile {
    /// The bytes of every file, each followed by what was packed in it.
    pub(crate) bytes: Vec<u8>,
    /// The number of `LevelDB` tables that were unpacked. A browser packs their blocks or not, as it likes.
    pub(crate) tables: usize,
}

impl Profile {
    /// Reads all files of a folder and its subfolders.
    pub(crate) fn read(folder: &Path) -> Self {
        let mut profile = Self::default();
        profile.add(folder);
        profile
    }

    fn add(&mut self, folder: &Path) {
        for entry in fs::read_dir(folder).into_iter().flatten().map_while(Result::ok) {
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => self.add(&entry.path()),
                // A running browser creates and deletes files, so one that is gone counts as empty.
                Ok(kind) if kind.is_file() => self.add_file(&fs::read(entry.path()).unwrap_or_default()),
                _ => {}
            }
        }
    }

    fn add_file(&mut self, file: &[u8]) {
        self.bytes.extend_from_slice(file);
        if let Some(packed) = file.strip_prefix(b"mozLz40\0") {
            self.bytes.extend(lz4_flex::block::decompress_size_prepended(packed).expect("a jsonlz4 file can be unpacked"));
        }
        if file.ends_with(&TABLE) {
            self.bytes.extend(blocks(file).expect("a table can be taken apart"));
            self.tables += 1;
        }
    }
}

/// Returns the data blocks of a `LevelDB` table, unpacked, one after the other.
fn blocks(file: &[u8]) -> Option<Vec<u8>> {
    let footer = &file[file.len().checked_sub(FOOTER)?..];
    let mut handles = footer;
    handle(&mut handles)?; // The first handle is the meta index's.
    let index = block(file, handle(&mut handles)?)?;
    let restarts = u32::from_le_bytes(index[index.len().checked_sub(4)?..].try_into().ok()?) as usize;
    let mut entries = &index[..index.len().checked_sub(4 * (restarts + 1))?];
    let mut found = Vec::new();
    while !entries.is_empty() {
        let [_shared, unshared, length] = [number(&mut entries)?, number(&mut entries)?, number(&mut entries)?];
        let value = entries.get(unshared..unshared + length)?;
        entries = &entries[unshared + length..];
        found.extend(block(file, handle(&mut &*value)?)?);
    }
    Some(found)
}

fn block(file: &[u8], (at, length): (usize, usize)) -> Option<Vec<u8>> {
    let stored = file.get(at..at + length)?;
    match file.get(at + length)? {
        0 => Some(stored.to_vec()),
        1 => snap::raw::Decoder::new().decompress_vec(stored).ok(),
        _ => None,
    }
}

fn handle(bytes: &mut &[u8]) -> Option<(usize, usize)> {
    Some((number(bytes)?, number(bytes)?))
}

/// Reads a varint: seven bits per byte, the lowest first.
fn number(bytes: &mut &[u8]) -> Option<usize> {
    let (mut number, mut shift) = (0_usize, 0);
    loop {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= usize::from(byte & 127) << shift;
        shift += 7;
        if byte < 128 {
            return Some(number);
        }
    }
}

#[test]
fn packed_text_in_lz4_and_in_leveldb_tables_is_unpacked() {
    let secret = "a secret that is a secret that is a secret".repeat(9);
    let lz4 = [b"mozLz40\0".as_slice(), &lz4_flex::block::compress_prepend_size(secret.as_bytes())].concat();
    // The table has one packed block with its type and checksum, an empty meta index, an index with one entry, and the footer.
    let packed = snap::raw::Encoder::new().compress_vec(secret.as_bytes()).expect("it can be packed");
    let small = |number: usize| u8::try_from(number).expect("it is small");
    assert!(packed.len() < 100);
    let mut table = [&packed[..], &[1, 0, 0, 0, 0]].concat();
    let index = [0, 1, 2, b'k', 0, small(packed.len()), 0, 0, 0, 0, 1, 0, 0, 0];
    let at = table.len();
    table.extend(index);
    table.extend([0; 5]);
    let mut footer = vec![0, 0, small(at), small(index.len())];
    footer.resize(FOOTER - TABLE.len(), 0);
    table.extend(footer);
    table.extend(TABLE);
    for file in [lz4, table] {
        assert!(memchr::memmem::find(&file, secret.as_bytes()).is_none());
        let mut profile = Profile::default();
        profile.add_file(&file);
        assert!(memchr::memmem::find(&profile.bytes, secret.as_bytes()).is_some());
    }
}
