//! Checks that a form must pass before it may be signed, beyond what its types enforce.
//!
//! A form is data that people without a compiler write, and a mistake in it shows only on a phone far away. So everything
//! that can be known from the form alone is checked here: no text has a hole ([`texts`]), every field belongs to its type
//! and every name refers to something ([`fields`]), every page and question can be reached ([`reach`]), and what reviewers
//! read of the queue is there ([`triage`]).

mod fields;
mod reachability;
mod scope;
mod texts;
mod triage;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use self::scope::{Placed, Scope};
use super::{Choice, Form, Page, Question, QuestionType};

/// Longest name of anything, in bytes: names travel as keys of answers and as paths of faults.
const NAME_BYTES: usize = 64;

/// Something wrong with a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The way to it from the form's root. What is missing is named too, as the last step.
    pub path: Vec<Step>,
    /// The problem.
    pub message: String,
}

/// One step of a [`Problem`]'s path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A field or a key.
    Key(String),
    /// An element, from 0.
    Index(usize),
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, step) in self.path.iter().enumerate() {
            match step {
                Step::Key(key) if position == 0 => write!(f, "{key}")?,
                Step::Key(key) => write!(f, ".{key}")?,
                Step::Index(index) => write!(f, "[{index}]")?,
            }
        }
        write!(f, ": {}", self.message)
    }
}

/// Lists everything that is wrong with a form; nothing, if it may be signed.
pub fn check(form: &Form) -> Vec<Problem> {
    let mut checker = Checker { form, problems: Vec::new() };
    checker.head();
    checker.lists();
    checker.pages();
    checker.texts();
    checker.fields();
    checker.reach();
    checker.triage();
    checker.problems
}

/// A place in the form.
#[derive(Clone)]
struct At(Vec<Step>);

impl At {
    fn root(key: &str) -> Self {
        Self(vec![Step::Key(key.to_owned())])
    }

    fn key(&self, key: &str) -> Self {
        let mut steps = self.0.clone();
        steps.push(Step::Key(key.to_owned()));
        Self(steps)
    }

    fn index(&self, index: usize) -> Self {
        let mut steps = self.0.clone();
        steps.push(Step::Index(index));
        Self(steps)
    }
}

struct Checker<'a> {
    form: &'a Form,
    problems: Vec<Problem>,
}

impl<'a> Checker<'a> {
    fn say(&mut self, at: &At, message: impl Into<String>) {
        self.problems.push(Problem { path: at.0.clone(), message: message.into() });
    }

    /// Every question, those of groups too, with its place and the scope in which its names are looked up.
    fn each_question(&mut self, mut visit: impl FnMut(&mut Self, &At, &Scope<'a>, Placed<'a>)) {
        let form = self.form;
        let scope = Scope::of_form(form);
        let mut position = 0;
        for (page, held) in form.pages.iter().enumerate() {
            for (index, question) in held.questions.iter().enumerate() {
                let at = At::root("pages").index(page).key("questions").index(index);
                visit(self, &at, &scope, Placed { page, question });
                let inner = scope.of_group(position);
                position += 1;
                for (index, question) in question.questions.iter().enumerate() {
                    visit(self, &at.key("questions").index(index), &inner, Placed { page, question });
                }
            }
        }
    }

    fn name(&mut self, at: &At, name: &str) {
        if name.is_empty() {
            self.say(at, "must not be empty");
        } else if !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-') {
            self.say(at, format!("\"{name}\" has more than letters, digits, _ and -"));
        } else if name.len() > NAME_BYTES {
            self.say(at, format!("is longer than {NAME_BYTES} characters"));
        }
    }

    /// Names of one kind: well formed, and each only once.
    fn names<'n>(&mut self, what: &str, names: impl IntoIterator<Item = (At, &'n str)>) {
        let mut seen = BTreeSet::new();
        for (at, name) in names {
            self.name(&at, name);
            if !seen.insert(name) {
                self.say(&at, format!("there is more than one {what} \"{name}\""));
            }
        }
    }

    fn head(&mut self) {
        let form = self.form;
        self.name(&At::root("id"), &form.id);
        if form.version.trim().is_empty() {
            self.say(&At::root("version"), "must not be empty");
        }
        if form.languages.is_empty() {
            self.say(&At::root("languages"), "the form needs at least one language");
        }
        let languages = form.languages.iter().enumerate();
        self.names("language", languages.map(|(index, language)| (At::root("languages").index(index), language.as_str())));
        let sections = form.sections.iter().enumerate();
        self.names("section", sections.map(|(index, it)| (At::root("sections").index(index).key("name"), it.name.as_str())));
        for (index, section) in form.sections.iter().enumerate() {
            if !form.pages.iter().any(|page| page.section == section.name) {
                self.say(&At::root("sections").index(index), "no page stands in this section");
            }
        }
        let rules = form.triage.iter().enumerate();
        self.names("rule", rules.map(|(index, rule)| (At::root("triage").index(index).key("name"), rule.name.as_str())));
    }

    fn lists(&mut self) {
        let form = self.form;
        let mut used = BTreeSet::from(["text"]);
        self.each_question(|_, _, _, Placed { question, .. }| {
            used.extend(question.list.as_deref());
            used.extend(question.suggestions.as_deref());
            if let Some(by) = &question.choices_by {
                used.insert(&by.otherwise);
                used.extend(by.lists.values().map(String::as_str));
            }
        });
        for (name, choices) in &form.lists {
            let at = At::root("lists").key(name);
            self.name(&at, name);
            if name == "text" {
                self.say(&at, "\"text\" stands for free text and cannot be a list");
            }
            if choices.is_empty() {
                self.say(&at, "has no choices");
            }
            if !used.contains(name.as_str()) {
                self.say(&at, "no question uses this list");
            }
            let choices = choices.iter().enumerate();
            self.names("choice", choices.map(|(index, choice)| (at.index(index).key("name"), choice.name.as_str())));
        }
    }

    fn pages(&mut self) {
        let form = self.form;
        if form.pages.is_empty() {
            self.say(&At::root("pages"), "the form has no pages");
        } else if !form.pages.iter().flat_map(|page| &page.questions).any(|question| question.r#type != QuestionType::Note) {
            self.say(&At::root("pages"), "the form asks nothing");
        }
        let pages = form.pages.iter().enumerate();
        self.names("page", pages.map(|(index, page)| (At::root("pages").index(index).key("name"), page.name.as_str())));
        let mut latest = 1;
        for (index, page) in form.pages.iter().enumerate() {
            let at = At::root("pages").index(index);
            self.page(&at, page, latest);
            latest = latest.max(page.phase.min(3));
        }
        let mut seen = BTreeMap::new();
        self.each_question(|checker, at, scope, Placed { question, page }| {
            let name = at.key("name");
            checker.name(&name, &question.name);
            let group = scope.group.map(|group| group.name.as_str());
            if let Some(first) = seen.insert((group, question.name.as_str()), page) {
                let first = &form.pages[first].name;
                checker
                    .say(&name, format!("there is more than one question \"{}\"; the first stands on page {first}", question.name));
            }
        });
    }

    fn page(&mut self, at: &At, page: &Page, latest: u8) {
        if !(1..=3).contains(&page.phase) {
            self.say(&at.key("phase"), "must be 1, 2 or 3");
        } else if page.phase < latest {
            self.say(&at.key("phase"), format!("a page of phase {} comes after one of phase {latest}", page.phase));
        }
        if !self.form.sections.iter().any(|section| section.name == page.section) {
            self.say(&at.key("section"), format!("there is no section \"{}\"", page.section));
        }
        if page.questions.is_empty() {
            self.say(&at.key("questions"), "the page holds no question");
        }
        if page.questions.len() > 1 && page.title.is_none() {
            self.say(&at.key("title"), "a page with several questions needs a title");
        }
        if page.stop && page.questions.iter().any(|question| question.r#type != QuestionType::Note) {
            self.say(&at.key("stop"), "the way ends here, so what is asked here could never be sent; only notes may stand here");
        }
        if page.optional_if.is_some() && !page.questions.iter().any(|question| question.required) {
            self.say(&at.key("optional_if"), "nothing on this page is required");
        }
    }
}

/// The choices that a question may ever offer, whatever list applies.
fn offered<'a>(form: &'a Form, question: &'a Question) -> Vec<&'a Choice> {
    let mut lists: Vec<&str> = question.list.iter().map(String::as_str).collect();
    if let Some(by) = &question.choices_by {
        lists.push(&by.otherwise);
        lists.extend(by.lists.values().map(String::as_str));
    }
    lists.dedup();
    let choices = lists.into_iter().filter_map(|list| form.lists.get(list)).flatten();
    choices.filter(|choice| !question.except.contains(&choice.name)).collect()
}

/// Whether every list that the question names is there. Where one is not, that is said once, and nothing is said of choices.
fn lists_known(form: &Form, question: &Question) -> bool {
    let by = question.choices_by.iter().flat_map(|by| by.lists.values().chain([&by.otherwise]));
    question.list.iter().chain(by).all(|list| list == "text" || form.lists.contains_key(list))
}

/// Whether the question may take free text instead of a choice.
fn takes_text(question: &Question) -> bool {
    question.choices_by.as_ref().is_some_and(|by| by.otherwise == "text" || by.lists.values().any(|list| list == "text"))
}

#[cfg(test)]
mod tests;
