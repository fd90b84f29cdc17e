//! Fields: each belongs to its type, and what it names exists.

use super::{At, Checker, Placed, Scope, lists_known, offered, takes_text};
use crate::dates::Precision;
use crate::form::{Question, QuestionType};

use QuestionType::{Acknowledge, Date, File, Group, Image, Integer, Note, Phone, Repeat, SelectMultiple, SelectOne, Text};

impl<'a> Checker<'a> {
    pub(super) fn fields(&mut self) {
        self.each_question(|checker, at, scope, placed| {
            checker.types(at, scope, placed.question);
            checker.choices(at, scope, placed);
            checker.date(at, scope, placed.question);
            checker.constraint(at, scope, placed.question);
            if let Some(country) = &placed.question.country {
                // Only what helps to read a number: it may be asked anywhere.
                let scope = if scope.find(country).is_some() { scope } else { &Scope::of_form(checker.form) };
                checker.refer(&at.key("country"), scope, placed.question, country, &[SelectOne]);
            }
            if let Some(list) = &placed.question.suggestions {
                checker.list(&at.key("suggestions"), list);
            }
        });
        let form = self.form;
        let scope = Scope::of_form(form);
        let at = At::root("summary");
        let summary = &form.summary;
        let wanted = [("role", &summary.role, SelectOne), ("country", &summary.country, SelectOne), ("name", &summary.name, Text)];
        for (key, question, r#type) in wanted {
            if let Some(question) = question {
                self.exists(&at.key(key), &scope, question, &[r#type]);
            }
        }
        for (index, question) in summary.deadlines.iter().enumerate() {
            self.exists(&at.key("deadlines").index(index), &scope, question, &[Date]);
        }
    }

    fn types(&mut self, at: &At, scope: &Scope<'_>, question: &Question) {
        let constraint = &question.constraint;
        let select: &[QuestionType] = &[SelectOne, SelectMultiple];
        let counted: &[QuestionType] = if takes_text(question) { &[Text, SelectOne] } else { &[Text] };
        let asks = [Text, Integer, SelectOne, SelectMultiple, Acknowledge, Date, Phone, Image, File, Group, Repeat];
        let fields: [(&str, bool, &[QuestionType]); 12] = [
            ("required", question.required, &asks),
            ("field", question.field.is_some(), &asks),
            ("list", question.list.is_some(), select),
            ("choices_by", question.choices_by.is_some(), &[SelectOne]),
            ("except", !question.except.is_empty(), select),
            ("exclusive", !question.exclusive.is_empty(), &[SelectMultiple]),
            ("conflicts", !question.conflicts.is_empty(), &[SelectMultiple]),
            ("multiline", question.multiline, &[Text]),
            ("suggestions", question.suggestions.is_some(), &[Text]),
            ("calendar", question.calendar.is_some(), &[Date]),
            ("precisions", !question.precisions.is_empty(), &[Date]),
            ("country", question.country.is_some(), &[Phone]),
        ];
        let constraints: [(&str, bool, &[QuestionType]); 11] = [
            ("format", constraint.format.is_some(), &[Text]),
            ("min_chars", constraint.min_chars.is_some(), counted),
            ("max_chars", constraint.max_chars.is_some(), counted),
            ("min", constraint.min.is_some(), &[Integer]),
            ("max", constraint.max.is_some(), &[Integer, Repeat, Image, File]),
            ("past", constraint.past, &[Date]),
            ("not_before", constraint.not_before.is_some(), &[Date]),
            ("age", constraint.age.is_some(), &[Date]),
            ("differs_from", constraint.differs_from.is_some(), &[Text]),
            ("warn_if_same_as", !constraint.warn_if_same_as.is_empty(), &[Text]),
            ("must_be", constraint.must_be.is_some(), &[Acknowledge, SelectOne]),
        ];
        let word = word(question.r#type);
        for (key, given, types) in fields {
            if given && !types.contains(&question.r#type) {
                self.say(&at.key(key), format!("does not belong to a question of type {word}"));
            }
        }
        for (key, given, types) in constraints {
            if given && !types.contains(&question.r#type) {
                self.say(&at.key("constraint").key(key), format!("does not belong to a question of type {word}"));
            }
        }
        let holds = matches!(question.r#type, Group | Repeat);
        if holds && question.questions.is_empty() {
            self.say(&at.key("questions"), format!("a {word} needs questions"));
        } else if !holds && !question.questions.is_empty() {
            self.say(&at.key("questions"), format!("does not belong to a question of type {word}"));
        }
        if holds && scope.group.is_some() {
            self.say(&at.key("type"), format!("a {word} cannot stand inside a group or repeat"));
        }
        if constraint.must_be.is_some() && scope.group.is_none() {
            self.say(&at.key("constraint").key("must_be"), "belongs to a question inside a group or repeat");
        }
    }

    fn choices(&mut self, at: &At, scope: &Scope<'a>, Placed { page, question }: Placed<'a>) {
        match (question.r#type, &question.list, &question.choices_by) {
            (SelectOne, Some(_), Some(_)) => self.say(&at.key("choices_by"), "stands beside `list`; only one of them may be given"),
            (SelectOne, None, None) => self.say(&at.key("list"), "select_one needs `list` or `choices_by`"),
            (SelectMultiple, None, _) => self.say(&at.key("list"), "select_multiple needs `list`"),
            _ => {}
        }
        if let Some(list) = &question.list {
            self.list(&at.key("list"), list);
        }
        if let Some(by) = &question.choices_by {
            let at = at.key("choices_by");
            for (choice, list) in by.lists.iter().map(|(choice, list)| (choice.as_str(), list)).chain([("else", &by.otherwise)]) {
                if list != "text" {
                    self.list(&at.key(choice), list);
                }
            }
            self.decider(&at, scope, Placed { page, question }, by);
        }
        let form = self.form;
        if !lists_known(form, question) {
            return;
        }
        let names: Vec<&str> = offered(form, question).iter().map(|choice| choice.name.as_str()).collect();
        let unexcepted = Question { except: Vec::new(), ..question.clone() };
        for (index, choice) in question.except.iter().enumerate() {
            if !offered(form, &unexcepted).iter().any(|offered| offered.name == *choice) {
                self.say(&at.key("except").index(index), format!("there is no choice \"{choice}\" to leave out"));
            }
        }
        let select = matches!(question.r#type, SelectOne | SelectMultiple);
        if select && names.is_empty() && !question.except.is_empty() {
            self.say(&at.key("except"), "leaves no choice");
        }
        let mut choice = |at: &At, choice: &str| {
            if !names.contains(&choice) {
                self.say(at, format!("\"{choice}\" is not offered"));
            }
        };
        for (index, exclusive) in question.exclusive.iter().enumerate() {
            choice(&at.key("exclusive").index(index), exclusive);
        }
        for (index, [one, other]) in question.conflicts.iter().enumerate() {
            choice(&at.key("conflicts").index(index).index(0), one);
            choice(&at.key("conflicts").index(index).index(1), other);
        }
        if let (Some(must_be), SelectOne) = (&question.constraint.must_be, question.r#type) {
            choice(&at.key("constraint").key("must_be"), must_be);
        }
        for (index, [one, other]) in question.conflicts.iter().enumerate() {
            if one == other {
                self.say(&at.key("conflicts").index(index), format!("\"{one}\" cannot conflict with itself"));
            }
        }
    }

    /// The question that decides which list applies: a `select_one` that comes first and offers every key.
    fn decider(&mut self, at: &At, scope: &Scope<'a>, placed: Placed<'a>, by: &crate::form::ChoicesBy) {
        let Some((position, decider)) = self.exists(&at.key("question"), scope, &by.question, &[SelectOne]) else { return };
        let own = scope.find(&placed.question.name).map(|(own, _)| own);
        if own.is_some_and(|own| position >= own) {
            self.say(
                &at.key("question"),
                format!("\"{}\" comes later; choices can hang only on what was asked before", by.question),
            );
        }
        if !lists_known(self.form, decider.question) {
            return;
        }
        let offered = offered(self.form, decider.question);
        for choice in by.lists.keys() {
            if !offered.iter().any(|offered| offered.name == *choice) {
                self.say(&at.key(choice), format!("\"{}\" does not offer \"{choice}\"", by.question));
            }
        }
    }

    fn date(&mut self, at: &At, scope: &Scope<'a>, question: &Question) {
        for (index, precision) in question.precisions.iter().enumerate() {
            let at = at.key("precisions").index(index);
            if matches!(precision, Precision::Day | Precision::Month | Precision::Year) {
                self.say(&at, "day, month and year are always offered");
            } else if question.precisions[..index].contains(precision) {
                self.say(&at, "is given twice");
            }
        }
        if let Some(other) = &question.constraint.not_before {
            self.refer(&at.key("constraint").key("not_before"), scope, question, other, &[Date]);
        }
    }

    fn constraint(&mut self, at: &At, scope: &Scope<'a>, question: &Question) {
        let at = at.key("constraint");
        let constraint = &question.constraint;
        if let Some(other) = &constraint.differs_from {
            self.refer(&at.key("differs_from"), scope, question, other, &[Text]);
        }
        for (index, other) in constraint.warn_if_same_as.iter().enumerate() {
            self.refer(&at.key("warn_if_same_as").index(index), scope, question, other, &[Text, Phone]);
        }
        if let (Some(min), Some(max)) = (constraint.min, constraint.max)
            && min > max
        {
            self.say(&at.key("min"), format!("{min} is more than `max`, {max}"));
        }
        if let (Repeat | Image | File, Some(max)) = (question.r#type, constraint.max)
            && max < 1
        {
            self.say(&at.key("max"), "must be at least 1");
        }
        match (constraint.min_chars, constraint.max_chars) {
            (_, Some(0)) => self.say(&at.key("max_chars"), "must be at least 1"),
            (Some(min), Some(max)) if min > max => self.say(&at.key("min_chars"), format!("{min} is more than `max_chars`, {max}")),
            _ => {}
        }
        if let Some(age) = constraint.age {
            let at = at.key("age");
            if age.min < 0 || age.min > age.max {
                self.say(&at.key("min"), format!("ages from {} to {} are nobody's", age.min, age.max));
            } else if !(age.min..=age.max).contains(&age.warn_under) {
                self.say(&at.key("warn_under"), "lies outside `min` and `max`");
            }
        }
        if constraint.must_be.as_ref().is_some_and(|it| question.r#type == Acknowledge && it != "true") {
            self.say(&at.key("must_be"), "can only be \"true\" for an acknowledge");
        }
    }

    fn list(&mut self, at: &At, list: &str) {
        if !self.form.lists.contains_key(list) {
            self.say(at, format!("there is no list \"{list}\""));
        }
    }

    /// A field of `question` that names another question.
    fn refer(&mut self, at: &At, scope: &Scope<'a>, question: &Question, other: &str, types: &[QuestionType]) {
        if other == question.name {
            self.say(at, "the question refers to itself");
        } else {
            self.exists(at, scope, other, types);
        }
    }

    /// The question of this name, if it is there and of one of these types.
    pub(super) fn exists(&mut self, at: &At, scope: &Scope<'a>, name: &str, types: &[QuestionType]) -> Option<(usize, Placed<'a>)> {
        let Some(found) = scope.find(name) else {
            let inside = scope.group.map(|group| format!(" inside \"{}\" or before it", group.name)).unwrap_or_default();
            self.say(at, format!("there is no question \"{name}\"{inside}"));
            return None;
        };
        if !types.contains(&found.1.question.r#type) {
            let wanted: Vec<&str> = types.iter().copied().map(word).collect();
            self.say(at, format!("\"{name}\" is of type {}; only {} fits", word(found.1.question.r#type), wanted.join(" or ")));
            return None;
        }
        Some(found)
    }
}

/// The type as it is written in a form.
pub(super) const fn word(r#type: QuestionType) -> &'static str {
    match r#type {
        Text => "text",
        Integer => "integer",
        SelectOne => "select_one",
        SelectMultiple => "select_multiple",
        Acknowledge => "acknowledge",
        Date => "date",
        Phone => "phone",
        Image => "image",
        File => "file",
        Note => "note",
        Group => "group",
        Repeat => "repeat",
    }
}
