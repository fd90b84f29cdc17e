//! The preview that the operator reads before anything is made: exactly what would go, and the rules that stand.

use std::fmt::Write;

use super::columns::CaseRows;
use super::consent::Exclusion;
use super::csv::person;
use super::{Asked, Prepared};
use crate::safe_text;

/// The rule that holds for every referral.
pub const STANDING: &str = "NEVER to the Taliban, the governments of Afghanistan, Pakistan or Iran, media or other applicants.";

/// Warns that some files beside the cases could not be opened.
pub fn unopened(files: usize) -> Option<String> {
    (files > 0).then(|| {
        format!(
            "WARNING: files that could not be opened: {files}. Among them may be a person's request to take back what they allowed."
        )
    })
}

/// The whole preview as text that is safe to print.
pub fn preview(prepared: &Prepared<'_>) -> String {
    let partner = prepared.partner;
    let mut out = String::new();
    let name = safe_text::isolated(&partner.name);
    line(&mut out, &format!("Referral to {name} ({}), sealed to key {}", partner.kind, partner.key.fingerprint()));
    if !partner.key.is_post_quantum() {
        line(&mut out, "This key is of the old kind: whoever keeps the file may open it in some decades. Ask for an age1pq1… key.");
    }
    line(&mut out, STANDING);
    for (number, sheet) in (1..).zip(&prepared.cases) {
        case(&mut out, prepared, number, sheet);
    }
    if !prepared.refused.is_empty() {
        line(&mut out, "\n== NOT GOING");
        for (sha256, why) in &prepared.refused {
            line(&mut out, &format!("{}: {why}", short(sha256)));
            if let Some(never) = prepared.never.get(sha256).filter(|_| matches!(why, Exclusion::Named | Exclusion::Resembles)) {
                lines(&mut out, 4, never);
            }
        }
    }
    line(
        &mut out,
        &format!("\n{} case(s), {} row(s) (persons), {} column(s):", prepared.cases.len(), prepared.rows(), prepared.columns()),
    );
    let keys: Vec<&str> = prepared.columns.iter().map(|column| column.key.as_str()).collect();
    lines(&mut out, 2, &keys.join(", "));
    out
}

fn case(out: &mut String, prepared: &Prepared<'_>, number: usize, sheet: &CaseRows) {
    let total = prepared.cases.len();
    line(out, &format!("\n== Case {number} of {total}: file {}, to the partner {}", short(&sheet.sha256), sheet.reference));
    if sheet.updates > 0 {
        line(out, &format!("THE PERSON SENT {} UPDATE(S), WHICH ARE NOT IN THIS: read them first.", sheet.updates));
    }
    if sheet.unproven > 0 {
        line(
            out,
            &format!(
                "SOMEBODY WHO KNOWS THE CASE SENT {} FORM(S) ABOUT IT, and nothing proves that it is the person: read them, and ask.",
                sheet.unproven
            ),
        );
    }
    if let Some(never) = &sheet.never {
        line(out, "NEVER SHARE with (in the person's own words; if this partner is meant, stop here):");
        lines(out, 4, never);
    }
    if let Some(Asked { on, by, .. }) = prepared.asked.iter().find(|asked| asked.case == sheet.sha256) {
        line(out, &format!("Asked on {} by {}: they said yes.", on.iso(), safe_text::isolated(by)));
    }
    for (row, values) in sheet.rows.iter().enumerate() {
        line(out, &format!("-- {}", person(row)));
        for (column, value) in prepared.columns.iter().zip(values).filter(|(column, _)| column.is_family() == (row > 0)) {
            line(out, &format!("  {}", safe_text::isolated(&column.label)));
            for text in &value.lines {
                lines(out, 4, text);
            }
            if let Some(given) = &value.as_given {
                lines(out, 4, &format!("as given: {given}"));
            }
            if value.is_empty() {
                line(out, "    -");
            }
        }
    }
    if !sheet.pictures.is_empty() {
        line(
            out,
            &format!(
                "  {} PICTURE(S): look at them first. They may show other people, or more than the columns.",
                sheet.pictures.len()
            ),
        );
    }
    for what in &sheet.left_out {
        line(out, &format!("  LEFT OUT: {what}"));
    }
}

fn short(sha256: &str) -> &str {
    sha256.get(..12).unwrap_or(sha256)
}

fn lines(out: &mut String, indent: usize, text: &str) {
    for row in safe_text::lines(text) {
        line(out, &format!("{:indent$}{row}", ""));
    }
}

fn line(out: &mut String, text: &str) {
    writeln!(out, "{text}").expect("writing to a String does not fail");
}
