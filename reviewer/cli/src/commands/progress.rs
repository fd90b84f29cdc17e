//! Progress bars, colours, and the width of the terminal.

use std::io::{IsTerminal, stderr, stdout};
use std::path::Path;

use amanat_reviewer::scan::{self, Cases, FolderError};
use amanat_reviewer_core::cases::RowContext;
use amanat_reviewer_core::identities::Identities;
use console::Term;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar on standard error, if that is a terminal.
fn bar(what: &'static str) -> ProgressBar {
    let target =
        if stderr().is_terminal() && takes_escape_codes() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    let style = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len}").expect("the template is a good one");
    ProgressBar::with_draw_target(None, target).with_style(style).with_message(what)
}

/// Opens all cases of a folder behind a bar.
pub(super) fn read(what: &'static str, dir: &Path, identities: &Identities, desk: RowContext<'_>) -> Result<Cases, FolderError> {
    let bar = bar(what);
    let all = scan::read_watched(dir, identities, desk, &|done, of| {
        bar.set_length(of as u64);
        bar.set_position(done as u64);
    })?;
    bar.finish_and_clear();
    Ok(all)
}

/// Columns of the terminal; without one, as many as there may be.
pub(super) fn columns() -> usize {
    let size = if stdout().is_terminal() { Term::stdout().size_checked() } else { None };
    size.map_or(usize::MAX, |(_, columns)| usize::from(columns))
}

/// Whether the terminal does what escape codes say: one that calls itself dumb prints them.
fn takes_escape_codes() -> bool {
    std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// Colours the first word of each row that is an emergency or urgent; only on a terminal, and not where `NO_COLOR`
/// (<https://no-color.org>) is set.
pub(super) fn coloured(table: &str) -> String {
    let wanted = stdout().is_terminal() && takes_escape_codes() && std::env::var_os("NO_COLOR").is_none_or(|set| set.is_empty());
    if !wanted {
        return table.to_owned();
    }
    let mut out = String::with_capacity(table.len());
    for line in table.split_inclusive('\n') {
        let colour =
            [("EMERGENCY", "1;31"), ("urgent?", "33"), ("urgent", "33")].into_iter().find(|(word, _)| line.starts_with(word));
        match colour {
            Some((word, colour)) => out.extend(["\u{1b}[", colour, "m", word, "\u{1b}[0m", &line[word.len()..]]),
            None => out.push_str(line),
        }
    }
    out
}
