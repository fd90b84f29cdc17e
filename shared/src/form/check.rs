//! What a form must satisfy before it may be signed, beyond what its types say.
//!
//! A form is data that people without a compiler write, and a mistake in it shows only on a phone far away. So everything
//! that can be known from the form alone is checked here: no text has a hole ([`texts`]), every field belongs to its type
//! and every name refers to something ([`fields`]), every page and question can be reached ([`reach`]), and what reviewers
//! read of the queue is there ([`triage`]).

mod fields;
mod reach;
mod texts;
mod triage;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::{Choice, Form, Page, Question, QuestionType};

/// Longest name of anything, in bytes: names travel as keys of answers and as paths of faults.
const NAME_BYTES: usize = 64;

/// Something wrong with a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The way to it from the form's root. What is missing is named too, as the last step.
    pub path: Vec<Step>,
    /// What is wrong.
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

/// A question where it stands.
#[derive(Clone, Copy)]
struct Placed<'a> {
    /// The page's index.
    page: usize,
    question: &'a Question,
}

/// Where names of questions are looked up, in order: all the form's own, or those of one group after those that come before
/// the group. A group's own names hide the others.
struct Scope<'a> {
    questions: Vec<Placed<'a>>,
    /// Where the group's own begin.
    own: usize,
    /// The group, if it is one's.
    group: Option<&'a Question>,
    /// The group's own names hide others, so that one name means two questions inside and outside.
    hides: bool,
}

impl<'a> Scope<'a> {
    fn of_form(form: &'a Form) -> Self {
        let questions = form.pages.iter().enumerate();
        let questions = questions.flat_map(|(page, held)| held.questions.iter().map(move |question| Placed { page, question }));
        let questions: Vec<_> = questions.collect();
        Self { own: questions.len(), questions, group: None, hides: false }
    }

    fn of_group(&self, position: usize) -> Self {
        let Placed { page, question: group } = self.questions[position];
        let hidden = |outer: &Placed<'_>| group.questions.iter().any(|inner| inner.name == outer.question.name);
        let mut questions: Vec<_> = self.questions[..position].iter().copied().filter(|outer| !hidden(outer)).collect();
        let own = questions.len();
        let hides = own < position;
        questions.extend(group.questions.iter().map(|question| Placed { page, question }));
        Self { questions, own, group: Some(group), hides }
    }

    /// The question of this name and its position.
    fn find(&self, name: &str) -> Option<(usize, Placed<'a>)> {
        self.questions.iter().copied().enumerate().find(|(_, placed)| placed.question.name == name)
    }
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
mod tests {
    use super::*;

    /// A form around these pages. Lists: `yesno` (yes, no), `country` (AF, PK, IR), `city` (kabul), `signs` (a, b, none).
    fn form(pages: &str) -> Form {
        let mut toml = String::from(
            r#"id = "x"
version = "1"
languages = ["en"]
title.en = "Form"
sections = [{ name = "s", label.en = "S" }]
[lists]
yesno = [{ name = "yes", label.en = "Yes" }, { name = "no", label.en = "No" }]
country = [{ name = "AF", label.en = "AF" }, { name = "PK", label.en = "PK" }, { name = "IR", label.en = "IR" }]
city = [{ name = "kabul", label.en = "Kabul" }]
signs = [{ name = "a", label.en = "A" }, { name = "b", label.en = "B" }, { name = "none", label.en = "None" }]
[[pages]]
name = "lists"
phase = 1
section = "s"
title.en = "So that every list is used"
questions = [
  { name = "ok", type = "select_one", list = "yesno", label.en = "?" },
  { name = "land", type = "select_one", list = "country", label.en = "?" },
  { name = "city", type = "select_one", choices_by = { question = "land", AF = "city", else = "text" }, label.en = "?" },
  { name = "signs", type = "select_multiple", list = "signs", exclusive = ["none"], label.en = "?" },
  { name = "count", type = "integer", constraint = { min = 1, max = 9 }, label.en = "?" },
  { name = "until", type = "date", label.en = "?" },
]
"#,
        );
        toml.push_str(pages);
        toml::from_str(&toml).expect("the test's form is well formed")
    }

    fn page(name: &str, relevant: &str, question: &str) -> String {
        let relevant = if relevant.is_empty() { String::new() } else { format!("relevant = {relevant}\n") };
        let question = if question.is_empty() { String::new() } else { format!(", relevant = {question}") };
        format!(
            "[[pages]]\nname = \"{name}\"\nphase = 1\nsection = \"s\"\n{relevant}\
             questions = [{{ name = \"{name}\", type = \"text\", label.en = \"?\"{question} }}]\n"
        )
    }

    fn problems(pages: &str) -> Vec<String> {
        check(&form(pages)).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_condition_that_can_hold_is_let_be() {
        for (outer, inner) in [
            ("", "{ is = { question = 'ok', choice = 'yes' } }"),
            ("{ is = { question = 'ok', choice = 'yes' } }", "{ not = { is = { question = 'ok', choice = 'no' } } }"),
            (
                "{ not = { is = { question = 'land', choice = 'AF' } } }",
                "{ is_any = { question = 'land', choices = ['AF', 'IR'] } }",
            ),
            (
                "{ includes_any = { question = 'signs', choices = ['a'] } }",
                "{ includes_any = { question = 'signs', choices = ['b'] } }",
            ),
            ("{ more_than = { question = 'count', number = 8 } }", "{ answered = 'count' }"),
            ("{ is = { question = 'city', choice = 'kabul' } }", "{ is = { question = 'land', choice = 'AF' } }"),
            ("{ answered = 'city' }", "{ is = { question = 'land', choice = 'PK' } }"),
            ("{ any = [{ answered = 'ok' }, { not = { answered = 'ok' } }] }", "{ answered = 'until' }"),
        ] {
            assert_eq!(problems(&page("p", outer, inner)), [""; 0], "{outer} {inner}");
        }
    }

    #[test]
    fn a_condition_that_can_never_hold_is_found() {
        for (outer, inner) in [
            ("{ is = { question = 'ok', choice = 'yes' } }", "{ is = { question = 'ok', choice = 'no' } }"),
            ("{ is = { question = 'ok', choice = 'yes' } }", "{ not = { is = { question = 'ok', choice = 'yes' } } }"),
            ("{ answered = 'ok' }", "{ not = { is_any = { question = 'ok', choices = ['yes', 'no'] } } }"),
            (
                "{ includes_any = { question = 'signs', choices = ['a'] } }",
                "{ includes_any = { question = 'signs', choices = ['none'] } }",
            ),
            ("", "{ more_than = { question = 'count', number = 9 } }"),
            (
                "{ more_than = { question = 'count', number = 5 } }",
                "{ all = [{ answered = 'count' }, { not = { more_than = { question = 'count', number = 5 } } }] }",
            ),
            ("{ is = { question = 'city', choice = 'kabul' } }", "{ is = { question = 'land', choice = 'PK' } }"),
            ("{ answered = 'until' }", "{ not = { answered = 'until' } }"),
        ] {
            let found = problems(&page("p", outer, inner));
            assert_eq!(found.len(), 1, "{outer} {inner}: {found:?}");
            assert!(found[0].starts_with("pages[1].questions[0].relevant: can never hold"), "{found:?}");
        }
        let both = "{ all = [{ is = { question = 'ok', choice = 'yes' } }, { is = { question = 'ok', choice = 'no' } }] }";
        assert_eq!(problems(&page("p", both, "")), ["pages[1].relevant: can never hold, so nobody would see this page"]);
    }

    #[test]
    fn a_question_that_rests_on_one_that_nobody_is_asked_is_found() {
        let yes = "{ is = { question = 'ok', choice = 'yes' } }";
        let no = "{ is = { question = 'ok', choice = 'no' } }";
        let found = problems(&(page("p", yes, "") + &page("q", "{ answered = 'p' }", no)));
        assert_eq!(found, ["pages[2].questions[0].relevant: can never hold when the page is shown, so nobody would be asked"]);
    }

    #[test]
    fn nothing_comes_after_a_page_where_every_way_ends() {
        let stop = |relevant: &str| {
            "[[pages]]\nname = \"end\"\nphase = 1\nsection = \"s\"\nstop = true\n".to_owned()
                + relevant
                + "questions = [{ name = \"end\", type = \"note\", label.en = \"End\" }]\n"
        };
        let some = "relevant = { is = { question = \"ok\", choice = \"no\" } }\n";
        assert_eq!(problems(&(stop(some) + &page("p", "", ""))), [""; 0]);
        assert_eq!(problems(&stop("")), [""; 0]);
        assert_eq!(problems(&(stop("") + &page("p", "", ""))), ["pages[2]: every way ends on page end, before p"]);
        let after = problems(&(stop(some) + &page("p", "", "{ is = { question = 'ok', choice = 'no' } }")));
        assert_eq!(after, ["pages[2].questions[0].relevant: can never hold when the page is shown, so nobody would be asked"]);
    }

    #[test]
    fn conditions_look_only_back() {
        let next = problems(&(page("p", "", "{ answered = 'q' }") + &page("q", "", "{ answered = 'p' }")));
        assert_eq!(
            next,
            ["pages[1].questions[0].relevant.answered: the text \"q\" comes later (page q, phase 1); a condition looks only back"]
        );
        let own = problems(&page("p", "{ answered = 'p' }", ""));
        assert_eq!(own, ["pages[1].relevant.answered: the text \"p\" comes later (page p, phase 1); a condition looks only back"]);
    }

    #[test]
    fn a_predicate_fits_the_type_of_its_question() {
        for (condition, expected) in [
            (
                "{ is = { question = 'signs', choice = 'a' } }",
                "is.question: \"signs\" is of type select_multiple; only select_one fits",
            ),
            (
                "{ includes_any = { question = 'ok', choices = ['yes'] } }",
                "includes_any.question: \"ok\" is of type select_one; only select_multiple fits",
            ),
            (
                "{ more_than = { question = 'until', number = 1 } }",
                "more_than.question: \"until\" is of type date; only integer fits",
            ),
            ("{ is_any = { question = 'ok', choices = [] } }", "is_any.choices: is empty"),
            ("{ is_any = { question = 'ok', choices = ['yes', 'yes'] } }", "is_any.choices[1]: \"yes\" is given twice"),
            ("{ date_unknown = 'ok' }", "date_unknown: belongs to triage only"),
            ("{ in_days = { question = 'until', to = 7 } }", "in_days: belongs to triage only"),
            ("{ void_by_policy = 'land' }", "void_by_policy: belongs to triage only"),
        ] {
            let found = problems(&page("p", condition, ""));
            assert_eq!(found[0], format!("pages[1].relevant.{expected}"));
        }
    }

    #[test]
    fn rules_and_summary_refer_to_what_exists() {
        let rule = |when: &str| format!("[[triage]]\nname = 'T'\nwhy = 'Why'\neffect = 'look'\nwhen = {when}\n");
        assert_eq!(problems(&rule("{ in_days = { question = 'until', to = 7 } }")), [""; 0]);
        assert_eq!(
            problems(&rule("{ in_days = { question = 'until', from = 8, to = 7 } }")),
            ["triage[0].when.in_days.from: 8 is later than `to`, 7"]
        );
        assert_eq!(
            problems(&rule("{ date_unknown = 'until' }")),
            ["triage[0].when.date_unknown: \"until\" cannot be answered without a day"]
        );
        let policy = "[[policy]]\nquestion = 'land'\nchoice = 'PK'\nvoid_from = '2025-07-01'\nsource = 'A decree'\n";
        let void = |land: &str| {
            let when =
                format!("{{ all = [{{ void_by_policy = 'land' }}, {{ is = {{ question = 'land', choice = '{land}' }} }}] }}");
            problems(&(rule(&when) + policy))
        };
        assert_eq!(void("PK"), [""; 0]);
        assert_eq!(void("IR"), ["triage[0].when: can never hold"]);
        assert_eq!(
            problems("[summary]\nrole = 'signs'\ndeadlines = ['when']\n"),
            [
                "summary.role: \"signs\" is of type select_multiple; only select_one fits",
                "summary.deadlines[0]: there is no question \"when\""
            ]
        );
    }

    #[test]
    fn a_groups_questions_look_at_each_other_and_at_what_comes_before_the_group() {
        let group = |name: &str, outer: &str, inner: &str| {
            page("g", outer, "").replace("type = \"text\"", "type = \"group\"").replace(
                "label.en = \"?\" }",
                &format!(
                    "label.en = \"?\", questions = [\
                     {{ name = \"{name}\", type = \"select_one\", list = \"yesno\", label.en = \"?\" }},\
                     {{ name = \"tel\", type = \"phone\", country = \"after\", label.en = \"?\", relevant = {inner} }}] }}"
                ),
            ) + &page("after", "", "").replace("type = \"text\"", "type = \"select_one\", list = \"country\"")
        };
        let outer = "{ is = { question = 'ok', choice = 'no' } }";
        assert_eq!(problems(&group("ok", outer, "{ is = { question = 'ok', choice = 'yes' } }")), [""; 0]);
        assert_eq!(problems(&group("own", "", "{ is = { question = 'land', choice = 'AF' } }")), [""; 0]);
        let afghanistan = "{ is = { question = 'land', choice = 'AF' } }";
        assert_eq!(
            problems(&group("own", afghanistan, "{ is = { question = 'land', choice = 'PK' } }")),
            ["pages[1].questions[0].questions[1].relevant: can never hold, so nobody would be asked"]
        );
        assert_eq!(
            problems(&group("own", "", "{ answered = 'after' }")),
            ["pages[1].questions[0].questions[1].relevant.answered: there is no question \"after\" inside \"g\" or before it"]
        );
    }

    #[test]
    fn an_empty_form_is_no_form() {
        let mut empty = form("");
        empty.pages.clear();
        assert!(check(&empty).iter().any(|problem| problem.to_string() == "pages: the form has no pages"));
    }
}
