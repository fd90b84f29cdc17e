//! Finds the commands that a document tells its reader to type, in their order.
//!
//! A command is a line of an indented block or of a fenced block without a language or with `sh`, or a code span whose first
//! word is a program and that has a second word. Assignments before the program (`NAME=value`) belong to it. A line that ends
//! in `\` continues on the next. Fenced blocks of other languages (`toml`, `text`) hold no commands.

use std::{env, path::Path};

/// Documents name these programs, which need not be installed where tests run.
const ELSEWHERE: [&str; 16] = [
    "age",
    "amanat",
    "amanat-reviewer",
    "apt",
    "apt-get",
    "cargo",
    "curl",
    "docker",
    "git",
    "minisign",
    "nginx",
    "rustup",
    "sudo",
    "systemctl",
    "systemd-analyze",
    "tor",
];

/// A command as a document prints it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DocumentedCommand {
    /// The line number, counted from 1.
    pub(crate) line: usize,
    /// The text verbatim, without its indentation; continued lines are joined by a newline.
    pub(crate) text: String,
}

/// Finds the commands in a Markdown document.
pub(crate) fn commands_in_markdown(markdown: &str) -> Vec<DocumentedCommand> {
    let mut found = Vec::new();
    let mut fence: Option<bool> = None;
    let mut paragraph: Vec<(usize, &str)> = Vec::new();
    let mut after_blank = true;
    for (line, text) in (1..).zip(markdown.lines()) {
        let trimmed = text.trim_start();
        if let Some(language) = trimmed.strip_prefix("```") {
            spans(&paragraph, &mut found);
            paragraph.clear();
            fence = match fence {
                Some(_) => None,
                None => Some(matches!(language.trim(), "" | "sh")),
            };
        } else if let Some(is_shell) = fence {
            if is_shell {
                block_line(line, text, &mut found);
            }
        } else if text.starts_with("    ") && paragraph.is_empty() && after_blank {
            block_line(line, text, &mut found);
            continue;
        } else if trimmed.is_empty() {
            spans(&paragraph, &mut found);
            paragraph.clear();
        } else {
            paragraph.push((line, text));
        }
        after_blank = trimmed.is_empty();
    }
    spans(&paragraph, &mut found);
    assert!(fence.is_none(), "a fenced block does not end");
    found
}

/// Finds the commands in a program's output: indented lines that begin with a program, and what follows a colon.
pub(crate) fn commands_in_output(text: &str) -> Vec<DocumentedCommand> {
    let mut found = Vec::new();
    for (line, text) in (1..).zip(text.lines()) {
        let told = [text.trim(), text.split_once(":  ").map_or("", |(_, rest)| rest.trim())];
        if let Some(command) = told.into_iter().find(|text| is_command(text)) {
            found.push(DocumentedCommand { line, text: command.to_owned() });
        }
        for span in text.split('`').skip(1).step_by(2).filter(|span| is_command(span)) {
            found.push(DocumentedCommand { line, text: span.to_owned() });
        }
    }
    found
}

fn block_line(line: usize, text: &str, found: &mut Vec<DocumentedCommand>) {
    let text = text.trim();
    match found.last_mut() {
        Some(last) if last.text.ends_with('\\') => last.text = format!("{}\n{text}", last.text),
        _ if text.is_empty() || text.starts_with('#') => {}
        _ => found.push(DocumentedCommand { line, text: text.to_owned() }),
    }
}

/// Finds the commands in a paragraph's code spans; a span may continue on the next line.
fn spans(paragraph: &[(usize, &str)], found: &mut Vec<DocumentedCommand>) {
    let (mut inside, mut span, mut began) = (false, String::new(), 0);
    for (line, text) in paragraph {
        for (index, piece) in text.split('`').enumerate() {
            if index > 0 {
                inside = !inside;
                if inside {
                    (span, began) = (String::new(), *line);
                } else if is_command(&span) {
                    found.push(DocumentedCommand { line: began, text: span.trim().to_owned() });
                }
            }
            span.push_str(if index == 0 { piece.trim_start() } else { piece });
        }
        span.push(' ');
    }
}

/// Returns whether a text begins with a program and has a second word.
fn is_command(text: &str) -> bool {
    let is_assignment = |word: &&str| {
        word.split_once('=')
            .is_some_and(|(name, _)| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_'))
    };
    let mut words = text.split_whitespace().skip_while(is_assignment);
    words.next().is_some_and(is_program) && words.next().is_some()
}

fn is_program(word: &str) -> bool {
    let name = Path::new(word).file_name().unwrap_or_default().to_string_lossy();
    if word.contains('/') {
        return word.starts_with('/') && ELSEWHERE.contains(&name.as_ref());
    }
    ELSEWHERE.contains(&word)
        || env::split_paths(&env::var_os("PATH").unwrap_or_default()).any(|folder| folder.join(word).is_file())
}

#[test]
fn commands_are_found_in_blocks_and_in_code_spans_only() {
    let found: Vec<(usize, String)> = commands_in_markdown(
        "Call `amanat init /etc/amanat`, then `amanat`; `days = 7` is no command, `AMANAT_X=1 amanat demo` and `amanat\nstatus` are.\n\n\
         \x20   amanat pack \\\n\x20       check x # comment\n\x20   make run\n\n```toml\nmake = 1\n```\n```sh\n# text\nls /\n```\n\
         1. item\n   goes on with `install -m 755 a b`\n",
    )
    .into_iter()
    .map(|command| (command.line, command.text))
    .collect();
    let expected = [
        (1, "amanat init /etc/amanat"),
        (1, "AMANAT_X=1 amanat demo"),
        (1, "amanat status"),
        (4, "amanat pack \\\ncheck x # comment"),
        (6, "make run"),
        (13, "ls /"),
        (16, "install -m 755 a b"),
    ];
    assert_eq!(found, expected.map(|(line, text)| (line, text.to_owned())));
}

#[test]
fn commands_are_found_in_program_output() {
    let printed = "1. Offline, each:   amanat pack new-root --out root-1\n   From then on:  amanat pack sign x\n    amanat-reviewer list x\n\
                   Ctrl-C stops it; `amanat demo --dir x` goes on.\nready http://127.0.0.1:8080\n";
    let found: Vec<String> = commands_in_output(printed).into_iter().map(|command| command.text).collect();
    assert_eq!(found, ["amanat pack new-root --out root-1", "amanat pack sign x", "amanat-reviewer list x", "amanat demo --dir x"]);
}
