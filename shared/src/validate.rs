//! [`validate`] is the one way from entries to answers: it cleans and normalises, drops answers to questions that are not
//! relevant, and lists every fault. The phone shows the faults; reviewers see the answers. An answer that only warns, or that
//! has a fault but can be represented, is kept, so that nothing that a person wrote is lost on the way.

mod fault;
mod value;

pub use fault::{Fault, FaultCode};

use self::value::Limited;
use crate::answers::{Answer, Answers, Entries, Entry};
use crate::dates::Day;
use crate::form::{Condition, Form, Question, QuestionType};

/// Carries what validation needs to know besides form and entries.
#[derive(Clone, Debug)]
pub struct Context<'a> {
    /// Today in Kabul.
    pub today: Day,
    /// Open phases.
    pub phases: &'a [u8],
    /// The pack's limits on attachments.
    pub limits: crate::pack::Limits,
}

/// The result: clean answers, faults, and what is shown.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Validation {
    /// Clean answers to relevant questions of open phases.
    pub answers: Answers,
    /// Faults in the form's order. Within one question, errors stand before warnings.
    pub faults: Vec<Fault>,
    /// Names of the pages that are shown, in order.
    pub pages: Vec<String>,
    /// Paths of the relevant questions, in order; those of a group follow it, and those of a repeat item by item.
    pub relevant: Vec<String>,
    /// The last of the pages is one where the way ends: nothing can be sent.
    pub stopped: bool,
}

impl Validation {
    /// Nothing holds the person up: every fault is a warning, and the way does not end before its end.
    pub fn may_be_sent(&self) -> bool {
        !self.stopped && self.faults.iter().all(|fault| fault.code.is_warning())
    }

    /// The faults of a question, with those of the questions inside it.
    pub fn faults_of<'a>(&'a self, question: &'a str) -> impl Iterator<Item = &'a Fault> {
        self.faults.iter().filter(move |fault| fault.question() == question)
    }
}

/// Cleans and checks what a person entered.
///
/// One pass in the form's order, so that a condition sees the answers before it; then answers are compared with each
/// other, whichever comes first.
pub fn validate(form: &Form, entries: &Entries, context: &Context<'_>) -> Validation {
    let mut reader = Reader { form, entries, context, optional: false, asked: Vec::new(), attached: Limited::default() };
    let mut validation = Validation::default();
    for page in form.pages_in(context.phases) {
        reader.optional = page.optional_if.is_some() && holds(page.optional_if.as_ref(), &validation.answers);
        if !holds(page.relevant.as_ref(), &validation.answers)
            || !reader.questions(&page.questions, entries, "", &mut validation.answers)
        {
            continue;
        }
        validation.pages.push(page.name.clone());
        if page.stop {
            validation.stopped = true;
            break;
        }
    }
    for page in form.pages_in(context.phases) {
        reader.compare(&page.questions, "", &validation.answers);
    }
    for Asked { path, faults } in reader.asked {
        for warnings in [false, true] {
            let codes = faults.iter().filter(|code| code.is_warning() == warnings);
            validation.faults.extend(codes.map(|code| Fault { path: path.clone(), code: *code }));
        }
        validation.relevant.push(path);
    }
    validation
}

struct Reader<'a> {
    form: &'a Form,
    entries: &'a Entries,
    context: &'a Context<'a>,
    /// Nothing on the present page has to be answered.
    optional: bool,
    /// In the form's order.
    asked: Vec<Asked>,
    /// Files of all questions so far.
    attached: Limited,
}

fn holds(condition: Option<&Condition>, answers: &Answers) -> bool {
    condition.is_none_or(|condition| condition.holds(answers))
}

/// A relevant question and what is wrong with its entry.
struct Asked {
    path: String,
    faults: Vec<FaultCode>,
}

impl Reader<'_> {
    /// Reads the relevant ones of these questions into `scope`; whether there was any.
    fn questions(&mut self, questions: &[Question], entries: &Entries, prefix: &str, scope: &mut Answers) -> bool {
        let mut any = false;
        for question in questions {
            if !holds(question.relevant.as_ref(), scope) {
                continue;
            }
            any = true;
            self.asked.push(Asked { path: [prefix, question.name.as_str()].concat(), faults: Vec::new() });
            if let Some(answer) = self.question(question, entries, scope) {
                scope.0.insert(question.name.clone(), answer);
            }
        }
        any
    }

    /// Reads the question that was asked last.
    fn question(&mut self, question: &Question, entries: &Entries, scope: &Answers) -> Option<Answer> {
        let place = self.asked.len() - 1;
        let entry = entries.0.get(&question.name);
        match question.r#type {
            QuestionType::Note => return None,
            QuestionType::Group => return self.group(question, entry, place, scope),
            QuestionType::Repeat => return self.repeat(question, entry, place, scope),
            _ => {}
        }
        let mut faults = Vec::new();
        let entry = entry.filter(|entry| is_entered(question, entry));
        let answer = entry.and_then(|entry| self.value(question, entry, entries, scope, &mut faults));
        if entry.is_none() && question.required && !self.optional {
            faults.push(missing(question.r#type));
        }
        if let Some(wanted) = &question.constraint.must_be {
            let chosen = match &answer {
                Some(Answer::Acknowledged(ticked)) => *ticked,
                Some(Answer::Text(choice)) => choice == wanted,
                _ => false,
            };
            if !chosen && faults.is_empty() {
                faults.push(FaultCode::Acknowledge);
            }
        }
        self.asked[place].faults = faults;
        answer
    }

    /// The answer that an entry stands for. An entry of another kind than the question's is none.
    fn value(
        &mut self,
        question: &Question,
        entry: &Entry,
        siblings: &Entries,
        scope: &Answers,
        faults: &mut Vec<FaultCode>,
    ) -> Option<Answer> {
        let deciding = question.choices_by.as_ref().and_then(|by| scope.text(&by.question));
        match (question.r#type, entry) {
            (QuestionType::Text, Entry::Text(typed)) => value::text(question, typed, faults),
            (QuestionType::Integer, Entry::Text(typed)) => value::integer(question, typed, faults),
            (QuestionType::SelectOne, Entry::Text(typed)) => match self.form.choices(question, deciding) {
                Some(offered) => value::select_one(&offered, typed, faults),
                None => value::text(question, typed, faults),
            },
            (QuestionType::SelectMultiple, Entry::Many(chosen)) => {
                let offered = self.form.choices(question, deciding).unwrap_or_default();
                value::select_multiple(question, &offered, chosen, faults)
            }
            (QuestionType::Acknowledge, Entry::Acknowledged(true)) => Some(Answer::Acknowledged(true)),
            (QuestionType::Date, Entry::Date(date)) => value::date(question, date, self.context.today, faults),
            (QuestionType::Phone, Entry::Text(typed)) => {
                // The country may be asked on a later page, so this looks at what is typed, not at answers.
                let country = question.country.as_ref().and_then(|name| {
                    [siblings, self.entries].into_iter().find_map(|entries| match entries.0.get(name) {
                        Some(Entry::Text(country)) => Some(country.as_str()),
                        _ => None,
                    })
                });
                Some(value::phone(question, typed, country, faults))
            }
            (QuestionType::Image | QuestionType::File, Entry::Files(files)) => {
                Some(value::files(question, files, &self.context.limits, &mut self.attached, faults))
            }
            _ => None,
        }
    }

    /// A group that may be left out is absent as long as nothing is entered in it.
    fn group(&mut self, question: &Question, entry: Option<&Entry>, place: usize, scope: &Answers) -> Option<Answer> {
        let nothing = Entries::default();
        let entries = if let Some(Entry::Group(entries)) = entry { entries } else { &nothing };
        let prefix = [self.asked[place].path.as_str(), "/"].concat();
        let answers = self.inside(question, entries, &prefix, question.required && !self.optional, scope);
        (!answers.0.is_empty()).then_some(Answer::Group(answers))
    }

    /// Items in which nothing is entered are left out.
    fn repeat(&mut self, question: &Question, entry: Option<&Entry>, place: usize, scope: &Answers) -> Option<Answer> {
        let items = if let Some(Entry::Repeat(items)) = entry { items.as_slice() } else { &[] };
        let path = self.asked[place].path.clone();
        let mut given = Vec::new();
        for (number, entries) in items.iter().enumerate() {
            let answers = self.inside(question, entries, &format!("{path}/{number}/"), false, scope);
            if !answers.0.is_empty() {
                given.push(answers);
            }
        }
        let count = items.iter().filter(|entries| any_entered(&question.questions, entries)).count();
        let faults = &mut self.asked[place].faults;
        match question.constraint.max {
            _ if count == 0 && question.required && !self.optional => faults.push(FaultCode::Required),
            Some(max) if i64::try_from(count).is_ok_and(|count| count > max) => faults.push(FaultCode::TooMany(max)),
            _ => {}
        }
        (!given.is_empty()).then_some(Answer::Repeat(given))
    }

    /// Reads a group's questions. They see the answers outside, but where a name is the group's own, only the group's.
    fn inside(&mut self, question: &Question, entries: &Entries, prefix: &str, required: bool, outside: &Answers) -> Answers {
        let is_own = |name: &String| question.questions.iter().any(|inner| inner.name == *name);
        let mut scope = Answers::default();
        for (name, answer) in &outside.0 {
            if !is_own(name) {
                scope.0.insert(name.clone(), answer.clone());
            }
        }
        let first = self.asked.len();
        self.questions(&question.questions, entries, prefix, &mut scope);
        self.compare(&question.questions, prefix, &scope);
        if !required && !any_entered(&question.questions, entries) {
            for asked in &mut self.asked[first..] {
                asked.faults.clear();
            }
        }
        let mut own = Answers::default();
        for (name, answer) in scope.0 {
            if is_own(&name) {
                own.0.insert(name, answer);
            }
        }
        own
    }

    /// Compares answers with others that their questions name.
    fn compare(&mut self, questions: &[Question], prefix: &str, answers: &Answers) {
        for question in questions {
            let Some(answer) = answers.get(&question.name) else { continue };
            let constraint = &question.constraint;
            let other = |name: &String| answers.get(name);
            let is_same = constraint.differs_from.as_ref().and_then(other).is_some_and(|other| value::is_same(answer, other));
            let is_before = constraint.not_before.as_ref().and_then(other).is_some_and(|other| value::is_before(answer, other));
            let place = |name: &str| self.asked.iter().position(|asked| asked.path.strip_prefix(prefix) == Some(name));
            let Some(here) = place(&question.name) else { continue };
            // Said where the person is when it comes about: at whichever of the two was asked later.
            let later = constraint.not_before.as_deref().and_then(place).map_or(here, |there| there.max(here));
            // A person who types the name after the word sees the warning there, too.
            let guess =
                constraint.warn_if_same_as.iter().find(|name| other(name).is_some_and(|other| value::is_same(answer, other)));
            let there = guess.and_then(|name| place(name)).unwrap_or(here);
            for (is_so, at, code) in [
                (is_same, here, FaultCode::Same),
                (is_before, later, FaultCode::DateOrder),
                (guess.is_some(), here, FaultCode::Guessable),
                (there > here, there, FaultCode::GuessableWord),
            ] {
                if is_so {
                    self.asked[at].faults.push(code);
                }
            }
        }
    }
}

/// The fault of a required question without an answer.
fn missing(kind: QuestionType) -> FaultCode {
    match kind {
        QuestionType::SelectOne => FaultCode::ChooseOne,
        QuestionType::SelectMultiple => FaultCode::ChooseAny,
        QuestionType::Acknowledge => FaultCode::Acknowledge,
        _ => FaultCode::Required,
    }
}

/// Whether anything is entered, of the kind that the question takes.
fn is_entered(question: &Question, entry: &Entry) -> bool {
    match (question.r#type, entry) {
        (QuestionType::Text | QuestionType::Integer | QuestionType::SelectOne | QuestionType::Phone, Entry::Text(typed)) => {
            !crate::text::clean(typed).is_empty()
        }
        (QuestionType::SelectMultiple, Entry::Many(chosen)) => !chosen.is_empty(),
        (QuestionType::Acknowledge, Entry::Acknowledged(ticked)) => *ticked,
        (QuestionType::Date, Entry::Date(date)) => !date.is_blank(),
        (QuestionType::Image | QuestionType::File, Entry::Files(files)) => !files.is_empty(),
        (QuestionType::Group, Entry::Group(entries)) => any_entered(&question.questions, entries),
        (QuestionType::Repeat, Entry::Repeat(items)) => items.iter().any(|entries| any_entered(&question.questions, entries)),
        _ => false,
    }
}

fn any_entered(questions: &[Question], entries: &Entries) -> bool {
    questions.iter().any(|question| entries.0.get(&question.name).is_some_and(|entry| is_entered(question, entry)))
}

#[cfg(test)]
mod tests;
