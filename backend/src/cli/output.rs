//! Standard output.

use std::fmt;
use std::io::{self, Write};

/// Says one or more lines at once. Whoever reads them may have gone away; that stops nothing.
pub fn say(text: impl fmt::Display) {
    let mut out = io::stdout().lock();
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}
