//! Text files as editors and mail programs leave them: with a byte order mark, with other line ends, in UTF-16.

use zeroize::Zeroizing;

/// A function that makes a unit of UTF-16 from two bytes.
type Unit = fn([u8; 2]) -> u16;

/// A file that is no text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotText;

/// The text of a file: UTF-8 or UTF-16, with or without a byte order mark. What is left behind is wiped.
pub fn text(bytes: &[u8]) -> Result<Zeroizing<String>, NotText> {
    // No text holds a zero: without a mark, the place of the first one tells the order.
    let (units, bytes): (Unit, &[u8]) = match bytes {
        [0xff, 0xfe, rest @ ..] => (u16::from_le_bytes, rest),
        [0xfe, 0xff, rest @ ..] => (u16::from_be_bytes, rest),
        [1..=0xff, 0, ..] => (u16::from_le_bytes, bytes),
        [0, 1..=0xff, ..] => (u16::from_be_bytes, bytes),
        _ => {
            let text = str::from_utf8(bytes).map_err(|_| NotText)?;
            return Ok(Zeroizing::new(text.strip_prefix('\u{feff}').unwrap_or(text).to_owned()));
        }
    };
    let (pairs, []) = bytes.as_chunks::<2>() else { return Err(NotText) };
    // Three bytes of UTF-8 are the most that a unit becomes: the string never grows, and leaves no half of a secret behind.
    let mut text = Zeroizing::new(String::with_capacity(3 * pairs.len()));
    for unit in char::decode_utf16(pairs.iter().map(|pair| units(*pair))) {
        text.push(unit.map_err(|_| NotText)?);
    }
    Ok(text)
}

/// A file in an encoding of one byte a character, where only what is ASCII matters.
pub fn latin_1(bytes: &[u8]) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(2 * bytes.len()));
    text.extend(bytes.iter().map(|&byte| char::from(byte)));
    text
}

/// A line without what does not show at its ends: spaces of every width, marks of direction, a byte order mark.
pub fn trimmed(line: &str) -> &str {
    line.trim_matches(|it: char| {
        it.is_whitespace()
            || matches!(it, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\0')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_of_writing_one_text_gives_the_same_text() {
        let wanted = "# a comment\r\nAGE-SECRET-KEY-1\u{a0}\r\n";
        let utf16 = |bytes: fn(u16) -> [u8; 2]| format!("\u{feff}{wanted}").encode_utf16().flat_map(bytes).collect::<Vec<u8>>();
        for file in [
            wanted.as_bytes().to_vec(),
            format!("\u{feff}{wanted}").into_bytes(),
            utf16(u16::to_le_bytes),
            utf16(u16::to_be_bytes),
            utf16(u16::to_le_bytes)[2..].to_vec(),
            utf16(u16::to_be_bytes)[2..].to_vec(),
        ] {
            assert_eq!(*text(&file).unwrap(), wanted);
        }
        for none in [&[0xff][..], &[0xff, 0xfe, 0x41], &[0xff, 0xfe, 0x00, 0xd8]] {
            assert_eq!(text(none), Err(NotText));
        }
        assert_eq!(trimmed(&latin_1(b"age1x\xa0")), "age1x");
        assert_eq!(trimmed("\u{feff}\u{200e} age1x\u{a0}\u{202c}\r"), "age1x");
    }
}
