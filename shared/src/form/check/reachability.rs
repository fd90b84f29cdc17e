//! Reach: conditions look only back, at what exists, and each can hold on some way through the form ([`search`]).
//!
//! Conditions look only back, so cycles are impossible.

mod search;

use self::search::possible;
use super::fields::word;
use super::{At, Checker, Placed, Scope, lists_known, offered};
use crate::dates::Precision;
use crate::form::{Condition, Question, QuestionType};

/// The place of a condition, which decides which questions it may name.
#[derive(Clone, Copy)]
enum Asker<'a> {
    /// A page: what stands before this position.
    Page(usize),
    /// A question: what stands before it.
    Question(usize, &'a str),
    /// A triage rule: everything.
    Rule,
}

impl<'a> Checker<'a> {
    pub(super) fn reach(&mut self) {
        let form = self.form;
        let scope = Scope::of_form(form);
        let endless = form.pages.iter().position(|page| page.stop && page.relevant.is_none()).unwrap_or(form.pages.len());
        if let Some(page) = form.pages.get(endless + 1) {
            self.say(
                &At::root("pages").index(endless + 1),
                format!("every way ends on page {}, before {}", form.pages[endless].name, page.name),
            );
        }
        let mut position = 0;
        for (index, page) in form.pages.iter().enumerate() {
            let at = At::root("pages").index(index);
            let mut sound = true;
            for (key, condition) in [("relevant", &page.relevant), ("optional_if", &page.optional_if)] {
                if let Some(condition) = condition {
                    sound &= self.refers(&at.key(key), &scope, condition, Asker::Page(position));
                }
            }
            let search = |wanted: &[&Option<Condition>]| index > endless || possible(form, &scope, index, wanted);
            let mut reached = sound && search(&[&page.relevant]);
            if sound && !reached {
                self.say(&at.key("relevant"), "can never hold, so nobody would see this page");
            }
            if reached && page.optional_if.is_some() && !search(&[&page.relevant, &page.optional_if]) {
                self.say(&at.key("optional_if"), "can never hold when the page is shown");
                reached = false;
            }
            for (within, question) in page.questions.iter().enumerate() {
                let at = at.key("questions").index(within);
                let mut asked = reached;
                if let Some(condition) = &question.relevant {
                    asked &= self.refers(&at.key("relevant"), &scope, condition, Asker::Question(position, &question.name));
                    if asked && !search(&[&page.relevant, &question.relevant]) {
                        self.say(&at.key("relevant"), "can never hold when the page is shown, so nobody would be asked");
                        asked = false;
                    }
                }
                self.group(&at, &scope, position, asked && index < endless);
                position += 1;
            }
        }
        for (index, rule) in form.triage.iter().enumerate() {
            let at = At::root("triage").index(index).key("when");
            if self.refers(&at, &scope, &rule.when, Asker::Rule) && !possible(form, &scope, 0, &[&Some(rule.when.clone())]) {
                self.say(&at, "can never hold");
            }
        }
    }

    /// The questions of the group at this position of the form, if it is one. `asked`: the group itself can be reached.
    fn group(&mut self, at: &At, form: &Scope<'a>, position: usize, asked: bool) {
        let scope = form.of_group(position);
        let Placed { page, question: group } = form.questions[position];
        for (index, question) in group.questions.iter().enumerate() {
            let at = at.key("questions").index(index).key("relevant");
            let mut wanted = vec![&question.relevant];
            if !scope.hides {
                wanted.extend([&self.form.pages[page].relevant, &group.relevant]);
            }
            if let Some(condition) = &question.relevant
                && self.refers(&at, &scope, condition, Asker::Question(scope.own + index, &question.name))
                && asked
                && !possible(self.form, &scope, page, &wanted)
            {
                self.say(&at, "can never hold, so nobody would be asked");
            }
        }
    }

    /// Whether all that a condition names exists, comes before, fits its predicate and is offered.
    fn refers(&mut self, at: &At, scope: &Scope<'a>, condition: &Condition, asker: Asker<'_>) -> bool {
        use QuestionType::{Date, Integer, SelectMultiple, SelectOne};
        let before = self.problems.len();
        match condition {
            Condition::All(parts) | Condition::Any(parts) => {
                let at = at.key(if matches!(condition, Condition::All(_)) { "all" } else { "any" });
                if parts.is_empty() {
                    self.say(&at, "is empty");
                }
                for (index, part) in parts.iter().enumerate() {
                    self.refers(&at.index(index), scope, part, asker);
                }
            }
            Condition::Not(part) => {
                self.refers(&at.key("not"), scope, part, asker);
            }
            Condition::Is { question, choice } => {
                let at = at.key("is");
                if let Some(question) = self.looked_at(&at.key("question"), scope, question, &[SelectOne], asker) {
                    self.offers(&at.key("choice"), question, choice);
                }
            }
            Condition::IsAny { question, choices } => {
                self.choices_of(&at.key("is_any"), scope, question, choices, SelectOne, asker);
            }
            Condition::IncludesAny { question, choices } => {
                self.choices_of(&at.key("includes_any"), scope, question, choices, SelectMultiple, asker);
            }
            Condition::Answered(question) => {
                let asks = [
                    QuestionType::Text,
                    Integer,
                    SelectOne,
                    SelectMultiple,
                    QuestionType::Acknowledge,
                    Date,
                    QuestionType::Phone,
                    QuestionType::Image,
                    QuestionType::File,
                    QuestionType::Group,
                    QuestionType::Repeat,
                ];
                self.looked_at(&at.key("answered"), scope, question, &asks, asker);
            }
            Condition::MoreThan { question, .. } => {
                self.looked_at(&at.key("more_than").key("question"), scope, question, &[Integer], asker);
            }
            Condition::InDays { question, from, to } => {
                let at = at.key("in_days");
                if !matches!(asker, Asker::Rule) {
                    self.say(&at, "belongs to triage only");
                }
                self.looked_at(&at.key("question"), scope, question, &[Date], asker);
                if from > to {
                    self.say(&at.key("from"), format!("{from} is later than `to`, {to}"));
                }
            }
            Condition::DateUnknown(question) => {
                let at = at.key("date_unknown");
                if !matches!(asker, Asker::Rule) {
                    self.say(&at, "belongs to triage only");
                }
                if let Some(question) = self.looked_at(&at, scope, question, &[Date], asker)
                    && !question.precisions.iter().any(|precision| matches!(precision, Precision::Unknown | Precision::Ongoing))
                {
                    self.say(&at, format!("\"{}\" cannot be answered without a day", question.name));
                }
            }
            Condition::VoidByPolicy(question) => {
                let at = at.key("void_by_policy");
                if !matches!(asker, Asker::Rule) {
                    self.say(&at, "belongs to triage only");
                }
                if self.looked_at(&at, scope, question, &[SelectOne], asker).is_some()
                    && !self.form.policy.iter().any(|row| row.question == *question)
                {
                    self.say(&at, format!("the policy table has no row for \"{question}\""));
                }
            }
        }
        self.problems.len() == before
    }

    fn choices_of(&mut self, at: &At, scope: &Scope<'a>, name: &str, choices: &[String], r#type: QuestionType, asker: Asker<'_>) {
        let question = self.looked_at(&at.key("question"), scope, name, &[r#type], asker);
        let at = at.key("choices");
        if choices.is_empty() {
            self.say(&at, "is empty");
        }
        for (index, choice) in choices.iter().enumerate() {
            if choices[..index].contains(choice) {
                self.say(&at.index(index), format!("\"{choice}\" is given twice"));
            } else if let Some(question) = question {
                self.offers(&at.index(index), question, choice);
            }
        }
    }

    pub(super) fn offers(&mut self, at: &At, question: &Question, choice: &str) {
        if lists_known(self.form, question) && !offered(self.form, question).iter().any(|offered| offered.name == choice) {
            self.say(at, format!("\"{}\" does not offer \"{choice}\"", question.name));
        }
    }

    /// A question that a condition looks at: it exists, is of one of these types and comes before who asks.
    fn looked_at(
        &mut self,
        at: &At,
        scope: &Scope<'a>,
        name: &str,
        types: &[QuestionType],
        asker: Asker<'_>,
    ) -> Option<&'a Question> {
        if let Asker::Question(_, own) = asker
            && own == name
        {
            self.say(at, "the question's relevance hangs on its own answer");
            return None;
        }
        let (position, Placed { page, question }) = self.exists(at, scope, name, types)?;
        let (Asker::Page(limit) | Asker::Question(limit, _)) = asker else { return Some(question) };
        if position < limit {
            return Some(question);
        }
        let page = &self.form.pages[page];
        let kind = word(question.r#type);
        self.say(
            at,
            format!("the {kind} \"{name}\" comes later (page {}, phase {}); a condition looks only back", page.name, page.phase),
        );
        None
    }
}
