//! Standard output.

use std::fmt;
use std::io::{self, Write};

/// Prints text and a line feed. A reader that has gone away is no error.
pub fn say(text: impl fmt::Display) {
    let mut out = io::stdout().lock();
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}
