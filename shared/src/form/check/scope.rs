//! The position of a question, and the questions that its conditions may name.

use crate::form::{Form, Question};

/// A question where it stands.
#[derive(Clone, Copy)]
pub(super) struct Placed<'a> {
    /// The page's index.
    pub(super) page: usize,
    pub(super) question: &'a Question,
}

/// The questions among which names are looked up, in order: all the form's own, or those of one group after those that come
/// before the group. A group's own names hide the others.
pub(super) struct Scope<'a> {
    pub(super) questions: Vec<Placed<'a>>,
    /// The index at which the group's own questions begin.
    pub(super) own: usize,
    /// The group, if it is one's.
    pub(super) group: Option<&'a Question>,
    /// The group's own names hide others, so that one name means two questions inside and outside.
    pub(super) hides: bool,
}

impl<'a> Scope<'a> {
    pub(super) fn of_form(form: &'a Form) -> Self {
        let questions = form.pages.iter().enumerate();
        let questions = questions.flat_map(|(page, held)| held.questions.iter().map(move |question| Placed { page, question }));
        let questions: Vec<_> = questions.collect();
        Self { own: questions.len(), questions, group: None, hides: false }
    }

    pub(super) fn of_group(&self, position: usize) -> Self {
        let Placed { page, question: group } = self.questions[position];
        let hidden = |outer: &Placed<'_>| group.questions.iter().any(|inner| inner.name == outer.question.name);
        let mut questions: Vec<_> = self.questions[..position].iter().copied().filter(|outer| !hidden(outer)).collect();
        let own = questions.len();
        let hides = own < position;
        questions.extend(group.questions.iter().map(|question| Placed { page, question }));
        Self { questions, own, group: Some(group), hides }
    }

    /// The question of this name and its position.
    pub(super) fn find(&self, name: &str) -> Option<(usize, Placed<'a>)> {
        self.questions.iter().copied().enumerate().find(|(_, placed)| placed.question.name == name)
    }
}
