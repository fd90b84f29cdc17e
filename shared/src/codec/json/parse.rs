//! Any JSON (RFC 8259) as a [`Value`].

use super::{DEPTH, Value};
use crate::codec::sorted_map::SortedMap;

/// The value, or where the text stops being JSON.
pub(crate) fn parse(json: &str) -> Result<Value, String> {
    let mut parser = Parser { json: json.as_bytes(), at: 0 };
    let value = parser.value(DEPTH);
    parser.space();
    match value {
        Some(value) if parser.at == json.len() => Ok(value),
        _ => {
            let before = &json.as_bytes()[..parser.at];
            let line = before.split(|&byte| byte == b'\n').count();
            let column = before.iter().rev().take_while(|&&byte| byte != b'\n').count() + 1;
            Err(["no JSON at line ", &line.to_string(), ", column ", &column.to_string()].concat())
        }
    }
}

struct Parser<'a> {
    json: &'a [u8],
    /// The position of a fault, when there is one.
    at: usize,
}

impl Parser<'_> {
    /// The next byte that is no space; 0, which is nowhere allowed, at the end.
    fn next(&mut self) -> u8 {
        self.space();
        self.peek()
    }

    fn peek(&self) -> u8 {
        self.json.get(self.at).copied().unwrap_or(0)
    }

    #[inline(never)]
    fn space(&mut self) {
        while matches!(self.peek(), b' ' | b'\t' | b'\n' | b'\r') {
            self.at += 1;
        }
    }

    /// Takes this byte, if it is the next.
    fn takes(&mut self, byte: u8) -> bool {
        let it = self.peek() == byte;
        self.at += usize::from(it);
        it
    }

    fn word(&mut self, word: &str, value: Value) -> Option<Value> {
        self.json[self.at..].starts_with(word.as_bytes()).then(|| {
            self.at += word.len();
            value
        })
    }

    fn value(&mut self, depth: u8) -> Option<Value> {
        match self.next() {
            b'n' => self.word("null", Value::Null),
            b't' => self.word("true", Value::Flag(true)),
            b'f' => self.word("false", Value::Flag(false)),
            b'"' => self.text().map(Value::Text),
            b'[' => {
                let mut list = Vec::new();
                self.elements(b']', depth, |parser, depth| {
                    list.push(parser.value(depth)?);
                    Some(())
                })?;
                Some(Value::List(list))
            }
            b'{' => {
                let mut members = SortedMap::new();
                self.elements(b'}', depth, |parser, depth| {
                    let name = parser.text()?;
                    parser.space();
                    let value = parser.takes(b':').then(|| parser.value(depth))??;
                    members.insert(name, value);
                    Some(())
                })?;
                Some(Value::Object(members))
            }
            _ => self.number(),
        }
    }

    /// Reads the items between brackets, with a comma between two.
    fn elements(&mut self, end: u8, depth: u8, mut element: impl FnMut(&mut Self, u8) -> Option<()>) -> Option<()> {
        let depth = depth.checked_sub(1)?;
        self.at += 1;
        self.space();
        if self.takes(end) {
            return Some(());
        }
        loop {
            self.space();
            element(self, depth)?;
            self.space();
            if self.takes(end) {
                return Some(());
            }
            if !self.takes(b',') {
                return None;
            }
        }
    }

    /// A run of digits, of which there must be one. `value` takes them in; it becomes `None` when 64 bits do not hold it.
    fn digits(&mut self, value: &mut Option<u64>) -> Option<()> {
        let start = self.at;
        while let digit @ b'0'..=b'9' = self.peek() {
            let digit = u64::from(digit - b'0');
            // As `checked_mul`, which would bring a multiplication of 128 bits.
            *value = value.filter(|&value| value <= (u64::MAX - digit) / 10).map(|value| value * 10 + digit);
            self.at += 1;
        }
        (self.at > start).then_some(())
    }

    fn number(&mut self) -> Option<Value> {
        let negative = self.takes(b'-');
        let zero = self.peek() == b'0';
        let start = self.at;
        let mut value = Some(0);
        self.digits(&mut value)?;
        if zero && self.at - start > 1 {
            self.at = start + 1;
            return None;
        }
        if self.takes(b'.') {
            value = None;
            self.digits(&mut value)?;
        }
        if self.takes(b'e') || self.takes(b'E') {
            let _ = self.takes(b'+') || self.takes(b'-');
            value = None;
            self.digits(&mut value)?;
        }
        // There is no whole number -0, nor one below the least of 64 bits.
        let whole = value.filter(|&value| !negative || (1..=1 << 63).contains(&value));
        Some(whole.map_or(Value::Fraction, |magnitude| Value::Whole { negative, magnitude }))
    }

    fn text(&mut self) -> Option<String> {
        if !self.takes(b'"') {
            return None;
        }
        let mut text = String::new();
        loop {
            let start = self.at;
            while !matches!(self.peek(), 0..=0x1f | b'"' | b'\\') {
                self.at += 1;
            }
            // It began and ends beside ASCII, inside of what was a `str`.
            text.push_str(std::str::from_utf8(&self.json[start..self.at]).ok()?);
            if self.takes(b'"') {
                return Some(text);
            }
            if !self.takes(b'\\') {
                return None;
            }
            text.push(match self.peek() {
                b'b' => '\u{8}',
                b'f' => '\u{c}',
                b'n' => '\n',
                b'r' => '\r',
                b't' => '\t',
                it @ (b'"' | b'\\' | b'/') => char::from(it),
                b'u' => self.unit()?,
                _ => return None,
            });
            self.at += 1;
        }
    }

    /// `uXXXX`, or two that are a pair of surrogates; leaves the last byte to be taken.
    fn unit(&mut self) -> Option<char> {
        let mut code = self.hex()?;
        if (0xd800..0xdc00).contains(&code) && self.json[self.at + 1..].starts_with(b"\\u") {
            self.at += 2;
            code = 0x1_0000 + ((code - 0xd800) << 10) + self.hex()?.checked_sub(0xdc00).filter(|&low| low < 0x400)?;
        }
        char::from_u32(code)
    }

    fn hex(&mut self) -> Option<u32> {
        let mut code = 0;
        for _ in 0..4 {
            self.at += 1;
            code = code << 4 | char::from(self.peek()).to_digit(16)?;
        }
        Some(code)
    }
}

#[cfg(test)]
mod tests;
