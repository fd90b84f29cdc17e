//! Whether conditions can hold at once: decided by search over the few facts that they and everything they rest on (the
//! relevance of the questions they look at, the stop pages before them, the lists that hang on other answers) say about each
//! question.

use super::super::{Placed, Scope, lists_known, offered, takes_text};
use crate::form::{Condition, Form, Question, QuestionType};

/// Steps of one search. Beyond, a condition is taken to be possible: no form that people write comes near.
const STEPS: u32 = 100_000;

/// Whether these conditions can hold at once on some way through the form that reaches this page.
pub(super) fn possible<'a>(form: &'a Form, scope: &Scope<'a>, page: usize, wanted: &[&Option<Condition>]) -> bool {
    let mut goals: Vec<Goal> = wanted.iter().filter_map(|condition| condition.as_ref()).map(|it| (it.clone(), true)).collect();
    let search = Search { form, scope };
    // One name can mean two questions. The outer one is then left out, which finds less and nothing false.
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

    /// The conditions under which a question is asked.
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
