//! `case.html`: one case to read and to print. It loads nothing and runs nothing.

use std::fmt::Write;

use super::columns::CaseRows;
use super::csv::person;
use super::layout::{Column, Layout};
use super::value::Value;

const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";
const STYLE: &str = "body{font:11pt/1.45 system-ui,sans-serif;max-width:48rem;margin:1.5rem auto;padding:0 1rem;color:#111;\
background:#fff}h1{font-size:1.3rem}h2{font-size:1.05rem;border-bottom:1px solid #999;margin-block:1.4rem .4rem}\
table{border-collapse:collapse;width:100%}th,td{text-align:start;vertical-align:top;padding:.25rem .5rem;\
border-bottom:1px solid #ddd;overflow-wrap:anywhere}th{width:35%;font-weight:600}small{color:#444}tr,h2{break-inside:avoid}\
@page{margin:16mm}";

/// The whole page.
pub(super) fn write(sheet: &CaseRows, layout: &Layout, columns: &[&Column], partner: &str) -> String {
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\" dir=\"ltr\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n<meta name=\"viewport\" content=\"width=device-width\">\n\
         <title>Case {}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<h1>{}: {}</h1>\n\
         <p><strong>For {} only.</strong> Do not forward it. Delete it when it is no longer needed.</p>\n",
        escaped(&sheet.reference),
        text(&layout.title),
        text(&sheet.reference),
        text(partner),
    );
    for section in &layout.sections {
        let of_section = || columns.iter().enumerate().filter(|(_, column)| section.columns.contains(column));
        if of_section().next().is_none() {
            continue;
        }
        line(&mut out, &format!("<h2>{}</h2>", text(&section.label)));
        for (number, values) in sheet.rows.iter().enumerate() {
            let cells: Vec<(&Column, &Value)> = of_section()
                .filter(|(_, column)| column.is_family() == (number > 0))
                .filter_map(|(index, column)| values.get(index).map(|value| (*column, value)))
                .filter(|(_, value)| number == 0 || !value.is_empty())
                .collect();
            if !cells.is_empty() {
                table(&mut out, number, &cells);
            }
        }
    }
    if !sheet.left_out.is_empty() {
        line(&mut out, "<h2>Left out</h2>\n<ul>");
        for what in &sheet.left_out {
            line(&mut out, &format!("<li>{}</li>", text(what)));
        }
        line(&mut out, "</ul>");
    }
    line(&mut out, "</body>\n</html>");
    out
}

fn table(out: &mut String, number: usize, cells: &[(&Column, &Value)]) {
    line(out, "<table>");
    if number > 0 {
        line(out, &format!("<caption>{}</caption>", text(&person(number))));
    }
    for (column, value) in cells {
        let mut lines: Vec<String> = value.lines.iter().map(|line| text(line)).collect();
        if let Some(given) = &value.as_given {
            lines.push(format!("<small>as given: {}</small>", text(given)));
        }
        let lines = if lines.is_empty() { "<small>not provided</small>".to_owned() } else { lines.join("<br>") };
        line(out, &format!("<tr><th scope=\"row\">{}</th><td>{lines}</td></tr>", text(&column.label)));
    }
    line(out, "</table>");
}

/// A text that keeps its direction to itself.
fn text(text: &str) -> String {
    format!("<bdi dir=\"auto\">{}</bdi>", escaped(text))
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(character),
        }
    }
    out
}

fn line(out: &mut String, text: &str) {
    writeln!(out, "{text}").expect("writing to a String does not fail");
}
