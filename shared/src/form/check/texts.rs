//! Texts: every language of the form and no other, and nothing in them that a reader would not see.

use super::{At, Checker};
use crate::form::{QuestionType, Text};

/// Longest `field` in characters: it stands inside a sentence.
const FIELD_CHARS: usize = 80;

impl Checker<'_> {
    pub(super) fn texts(&mut self) {
        let form = self.form;
        self.text(&At::root("title"), &form.title, &[]);
        for (index, section) in form.sections.iter().enumerate() {
            self.text(&At::root("sections").index(index).key("label"), &section.label, &[]);
        }
        for (index, page) in form.pages.iter().enumerate() {
            if let Some(title) = &page.title {
                self.text(&At::root("pages").index(index).key("title"), title, &[]);
            }
        }
        self.each_question(|checker, at, _, placed| {
            let question = placed.question;
            let holes: &[&str] = if question.r#type == QuestionType::Note { &["{site}"] } else { &[] };
            checker.text(&at.key("label"), &question.label, holes);
            if let Some(field) = &question.field {
                checker.text(&at.key("field"), field, &[]);
                for (language, text) in &field.0 {
                    if text.chars().count() > FIELD_CHARS {
                        checker.say(&at.key("field").key(language), format!("is longer than {FIELD_CHARS} characters"));
                    }
                }
            }
            if let Some(hint) = &question.hint {
                checker.text(&at.key("hint"), hint, &[]);
            }
        });
        for (name, choices) in &form.lists {
            for (index, choice) in choices.iter().enumerate() {
                self.text(&At::root("lists").key(name).index(index).key("label"), &choice.label, &[]);
            }
        }
    }

    /// `holes` are what the interface fills in.
    fn text(&mut self, at: &At, text: &Text, holes: &[&str]) {
        let languages = &self.form.languages;
        for language in languages {
            match text.0.get(language).map(String::as_str) {
                None => self.say(&at.key(language), "this language is missing"),
                Some(text) if text.trim().is_empty() => self.say(&at.key(language), "this text is empty"),
                Some(text) if text.trim() != text => self.say(&at.key(language), "starts or ends with a space"),
                Some(_) => {}
            }
        }
        for (language, text) in &text.0 {
            let at = at.key(language);
            if !languages.contains(language) {
                self.say(&at, "the form does not have this language");
            }
            if let Some(hidden) = text.chars().find(|c| is_hidden(*c)) {
                self.say(&at, format!("has an invisible character, U+{:04X}", u32::from(hidden)));
            }
            if holes.iter().fold(text.clone(), |text, hole| text.replace(hole, "")).contains(['{', '}']) {
                self.say(&at, "has braces that nothing fills in");
            }
        }
    }
}

/// Controls and direction marks. The zero-width non-joiner is a letter's business in Dari, and stays.
pub(super) fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}
