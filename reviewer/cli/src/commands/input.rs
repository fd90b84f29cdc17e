//! Personal text comes from standard input: what stands on a command line is kept in the shell's history, and other users of
//! the computer see it while the program runs.

use std::io::{self, BufRead, IsTerminal, Read, Write};

/// Longest line that is read.
const MOST_LINE_BYTES: u64 = 4096;

/// The reason why there is no text.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub(super) enum InputError {
    /// It was given as an argument.
    #[error("{0} does not belong on the command line: the shell keeps it in its history")]
    #[diagnostic(help(
        "Nothing was done with it. Type it when you are asked, or give a file with `< FILE`; and remove this line from the history."
    ))]
    OnTheCommandLine(&'static str),
    /// It could not be read.
    #[error("the text could not be read from standard input: {0}")]
    #[diagnostic(help("Give it as text in UTF-8."))]
    Read(io::Error),
}

/// Refuses what was given as an argument.
pub(super) fn refuse<T>(given: Option<T>, what: &'static str) -> Result<(), InputError> {
    given.map_or(Ok(()), |_| Err(InputError::OnTheCommandLine(what)))
}

/// Asks for one line. Nothing typed, not even a line's end, is nothing.
pub(super) fn line(question: &str) -> Result<String, InputError> {
    print!("{question}");
    io::stdout().flush().map_err(InputError::Read)?;
    text_of(&one_line(io::stdin().lock())?)
}

/// Reads a line as [`line`] does, but asks only at a terminal: the output is for a program.
pub(super) fn line_quietly(question: &str) -> Result<String, InputError> {
    if io::stdin().is_terminal() {
        eprint!("{question}");
    }
    text_of(&one_line(io::stdin().lock())?)
}

/// Asks for a text of several lines, to the end of standard input, at most `most_bytes` and one more.
pub(super) fn text(question: &str, most_bytes: u64) -> Result<String, InputError> {
    if io::stdin().is_terminal() {
        eprintln!("{question} It ends with Ctrl-D on a line of its own.");
    }
    let mut bytes = Vec::new();
    io::stdin().lock().take(most_bytes + 1).read_to_end(&mut bytes).map_err(InputError::Read)?;
    String::from_utf8(bytes).map_err(|_| InputError::Read(io::ErrorKind::InvalidData.into()))
}

/// One line without its end; what follows stays for the next question.
fn one_line(input: impl BufRead) -> Result<Vec<u8>, InputError> {
    let mut line = Vec::new();
    input.take(MOST_LINE_BYTES).read_until(b'\n', &mut line).map_err(InputError::Read)?;
    if line.ends_with(b"\n") {
        line.pop();
    }
    Ok(line)
}

fn text_of(line: &[u8]) -> Result<String, InputError> {
    let text = str::from_utf8(line).map_err(|_| InputError::Read(io::ErrorKind::InvalidData.into()))?;
    Ok(text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use amanat_reviewer_core::message::Message;

    use super::*;

    #[test]
    fn a_line_ends_where_it_ends_and_leaves_the_next_one() {
        let mut input = &b"one\ntwo"[..];
        assert_eq!(one_line(&mut input).unwrap(), b"one");
        assert_eq!(one_line(&mut input).unwrap(), b"two");
        assert_eq!(one_line(&mut input).unwrap(), b"");
        assert_eq!(one_line(&[b'x'; 5000][..]).unwrap().len(), 4096);
        assert!(matches!(text_of(&[0xff]), Err(InputError::Read(_))));
    }

    #[test]
    fn an_argument_is_refused_without_repeating_it() {
        let refused = Message::from(refuse(Some("Karima"), "a note").unwrap_err()).to_string();
        assert!(refused.starts_with("a note does not belong on the command line") && refused.lines().count() == 2);
        assert!(!refused.contains("Karima") && refuse(None::<String>, "a note").is_ok());
    }
}
