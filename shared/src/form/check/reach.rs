//! Reach: conditions look only back, at what exists, and each can hold on some way through the form.
//!
//! That conditions look only back rules out cycles. Whether one can hold is decided by search over the few facts that it
//! and everything it rests on (the relevance of the questions it looks at, the stop pages before them, the lists that hang
//! on other answers) say about each question.

use super::fields::word;
use super::{At, Checker, Placed, Scope, lists_known, offered, takes_text};
use crate::dates::Precision;
use crate::form::{Condition, Form, Question, QuestionType};

/// Steps of one search. Beyond, a condition is taken to be possible: no form that people write comes near.
const STEPS: u32 = 100_000;

/// Who asks, and so what a condition may look at.
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

/// Whether these conditions can hold at once on some way through the form that reaches this page.
fn possible<'a>(form: &'a Form, scope: &Scope<'a>, page: usize, wanted: &[&Option<Condition>]) -> bool {
    let mut goals: Vec<Goal> = wanted.iter().filter_map(|condition| condition.as_ref()).map(|it| (it.clone(), true)).collect();
    let search = Search { form, scope };
    // Where one name means two questions, what is asked outside is left out: that finds less, and nothing false.
    if !scope.hides {
        goals.extend(search.not_stopped_before(page));
    }
    search.solve(goals, Vec::new(), Vec::new(), &mut { STEPS })
}

/// A condition and whether it is to hold.
type Goal = (Condition, bool);

struct Search<'a, 's> {
    form: &'a Form,
    scope: &'s Scope<'a>,
}

impl Search<'_, '_> {
    /// Depth first: takes goals apart into facts about single questions, and gives up a branch at the first contradiction.
    /// `asked` are the questions that the facts say are answered, whose own conditions are goals already.
    fn solve(&self, mut goals: Vec<Goal>, mut facts: Vec<Goal>, mut asked: Vec<String>, steps: &mut u32) -> bool {
        while let Some((goal, wanted)) = goals.pop() {
            *steps = steps.saturating_sub(1);
            if *steps == 0 {
                return true;
            }
            match (goal, wanted) {
                (Condition::Not(part), _) => goals.push((*part, !wanted)),
                (Condition::All(parts), true) | (Condition::Any(parts), false) => {
                    goals.extend(parts.into_iter().map(|part| (part, wanted)));
                }
                (Condition::All(parts), false) | (Condition::Any(parts), true) => {
                    return parts.into_iter().any(|part| {
                        let mut goals = goals.clone();
                        goals.push((part, wanted));
                        self.solve(goals, facts.clone(), asked.clone(), steps)
                    });
                }
                (Condition::IsAny { question, choices }, true) => {
                    let each = choices.into_iter().map(|choice| Condition::Is { question: question.clone(), choice });
                    goals.push((Condition::Any(each.collect()), true));
                }
                (Condition::VoidByPolicy(question), wanted) => {
                    let rows = self.form.policy.iter().filter(|row| row.question == question);
                    let choices = rows.map(|row| row.choice.clone()).collect();
                    goals.push((Condition::IsAny { question, choices }, wanted));
                }
                (leaf, wanted) => {
                    let Some(name) = leaf.questions().first().map(|name| (*name).to_owned()) else { continue };
                    if wanted {
                        goals.extend(self.list_applies(&leaf));
                        if !asked.contains(&name) {
                            goals.extend(self.asks(&name));
                            asked.push(name.clone());
                        }
                    }
                    facts.push((leaf, wanted));
                    if !self.consistent(&name, &facts) {
                        return false;
                    }
                }
            }
        }
        true
    }

    fn not_stopped_before(&self, page: usize) -> impl Iterator<Item = Goal> {
        let stops = self.form.pages[..page.min(self.form.pages.len())].iter().filter(|page| page.stop);
        stops.filter_map(|page| page.relevant.clone()).map(|condition| (condition, false))
    }

    /// What must hold for a question to be asked.
    fn asks(&self, name: &str) -> Vec<Goal> {
        let Some((position, placed)) = self.scope.find(name) else { return Vec::new() };
        if position < self.scope.own && self.scope.hides {
            return Vec::new();
        }
        let mut goals: Vec<Goal> = placed.question.relevant.iter().map(|condition| (condition.clone(), true)).collect();
        if position < self.scope.own {
            goals.extend(self.form.pages[placed.page].relevant.iter().map(|condition| (condition.clone(), true)));
            goals.extend(self.not_stopped_before(placed.page));
        }
        goals
    }

    /// A choice of a list that hangs on another answer needs that answer.
    fn list_applies(&self, leaf: &Condition) -> Option<Goal> {
        let Condition::Is { question, choice } = leaf else { return None };
        let by = self.scope.find(question)?.1.question.choices_by.as_ref()?;
        let holds = |list: &str| self.form.lists.get(list).is_some_and(|choices| choices.iter().any(|it| it.name == *choice));
        let is_any = |choices: Vec<String>| Condition::IsAny { question: by.question.clone(), choices };
        let listed = by.lists.iter().filter(|(_, list)| holds(list)).map(|(deciding, _)| deciding.clone());
        let mut ways = vec![is_any(listed.collect())];
        if holds(&by.otherwise) {
            ways.push(Condition::Not(Box::new(is_any(by.lists.keys().cloned().collect()))));
        }
        Some((Condition::Any(ways), true))
    }

    /// Whether some answer, or none, agrees with all facts about one question.
    fn consistent(&self, name: &str, facts: &[Goal]) -> bool {
        let Some((_, Placed { question, .. })) = self.scope.find(name) else { return true };
        let facts: Vec<(&Condition, bool)> =
            facts.iter().filter(|(fact, _)| fact.questions().contains(&name)).map(|(fact, wanted)| (fact, *wanted)).collect();
        let unanswered = facts.iter().all(|(_, wanted)| !wanted);
        if unanswered || !lists_known(self.form, question) {
            return true;
        }
        if facts.iter().any(|(fact, wanted)| matches!(fact, Condition::Answered(_)) && !wanted) {
            return false;
        }
        match question.r#type {
            QuestionType::SelectOne => {
                let choices = offered(self.form, question).into_iter().map(|choice| Some(choice.name.as_str()));
                choices.chain(takes_text(question).then_some(None)).any(|given| {
                    facts.iter().all(|(fact, wanted)| match fact {
                        Condition::Is { choice, .. } => (given == Some(choice)) == *wanted,
                        Condition::IsAny { choices, .. } => choices.iter().any(|choice| given == Some(choice)) == *wanted,
                        _ => true,
                    })
                })
            }
            QuestionType::SelectMultiple => includes(self.form, question, &facts),
            QuestionType::Integer => {
                let mut least = question.constraint.min.unwrap_or(i64::MIN);
                let mut most = question.constraint.max.unwrap_or(i64::MAX);
                for (fact, wanted) in facts {
                    if let Condition::MoreThan { number, .. } = fact {
                        if wanted {
                            least = least.max(number.saturating_add(1));
                        } else {
                            most = most.min(*number);
                        }
                    }
                }
                least <= most
            }
            QuestionType::Date => {
                let unknown = facts.iter().any(|(fact, wanted)| matches!(fact, Condition::DateUnknown(_)) && *wanted);
                let mut days = (i64::MIN, i64::MAX);
                let mut known = facts.iter().any(|(fact, wanted)| matches!(fact, Condition::DateUnknown(_)) && !*wanted);
                for (fact, wanted) in facts {
                    if let (Condition::InDays { from, to, .. }, true) = (fact, wanted) {
                        known = true;
                        days = (days.0.max(*from), days.1.min(*to));
                    }
                }
                !(unknown && known) && days.0 <= days.1
            }
            _ => true,
        }
    }
}

/// Whether some choice of several agrees with the facts: one exclusive choice alone, or any of the others together.
fn includes(form: &Form, question: &Question, facts: &[(&Condition, bool)]) -> bool {
    let sets = |wanted: bool| {
        facts.iter().filter(move |(_, given)| *given == wanted).filter_map(|(fact, _)| match fact {
            Condition::IncludesAny { choices, .. } => Some(choices),
            _ => None,
        })
    };
    let available: Vec<&String> = offered(form, question)
        .into_iter()
        .map(|choice| &choice.name)
        .filter(|choice| !sets(false).any(|refused| refused.contains(choice)))
        .collect();
    let (alone, together): (Vec<&String>, Vec<&String>) =
        available.into_iter().partition(|choice| question.exclusive.contains(choice));
    alone.iter().any(|choice| sets(true).all(|set| set.contains(choice)))
        || (!together.is_empty() && sets(true).all(|set| together.iter().any(|choice| set.contains(choice))))
}
