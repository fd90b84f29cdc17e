//! Seals the notebook and hands it to the person.

use amanat_reviewer_core::message::Message;
use amanat_reviewer_core::notebook::file::{self, Readers, SUFFIX};
use amanat_reviewer_core::notebook::{Author, MergeSummary};
use leptos::prelude::*;

use crate::clock;
use crate::download;
use crate::state::{AppState, OfferedNotebook};

/// Adds the typed notes, seals the notebook to the pack's reviewers and hands it to the person. Returns whether the browser
/// took it.
pub fn save(state: AppState) -> bool {
    state.save_fault.set(None);
    let failed = |message: Message| {
        state.save_fault.set(Some(message));
        false
    };
    let Some(identities) = state.identities.get_value() else { return false };
    if state.is_typing() && state.stamp().is_none() {
        return failed(Message::new(
            "your short name is missing, so the note that you typed was not added",
            "Type your name beside the note: your colleagues see who wrote what.",
        ));
    }
    if let Err(fault) = state.add_typed() {
        return failed(fault.into());
    }
    let name = state.offered_notebooks.with_untracked(|all| file_name(state.stamp().map(|stamp| stamp.author).as_ref(), all));
    let merged = |offered: &OfferedNotebook| {
        state.notebook.with_untracked(|ours| ours.clone().merge(offered.notebook.clone())) == MergeSummary::default()
    };
    let is_this = |offered: &&OfferedNotebook| offered.owner.is_some() && offered.owner == file::owner(&name);
    if let Some(offered) =
        state.offered_notebooks.with_untracked(|all| all.iter().filter(is_this).find(|offered| !merged(offered)).cloned())
    {
        return failed(Message::new(
            format!("{} is among the files, and was not taken in: saving would put a new one in its place", offered.file),
            "If it is yours, take it in first, in the list; if it is not, write under another short name.",
        ));
    }
    let sealed = Readers::new(state.pack_to_seal_to().as_ref(), &identities.recipients()).and_then(|readers| {
        state.notebook.update(|notebook| readers.noted_in(notebook));
        state.notebook.with_untracked(|notebook| file::seal(notebook, &readers))
    });
    let sealed = match sealed {
        Ok(sealed) => sealed,
        Err(fault) => return failed(fault.into()),
    };
    // A notebook counts as sealed only if it opens again.
    let opens = file::open(&sealed, &identities, clock::now());
    if !state.notebook.with_untracked(|now| opens.is_ok_and(|it| it == *now)) {
        return failed(Message::new(
            "what was sealed does not open as it was",
            "Do not lock. Tell the coalition, and copy your notes by hand.",
        ));
    }
    match download::save(&name, &sealed) {
        Ok(()) => {
            state.unsaved.set(false);
            true
        }
        Err(why) => failed(why.into()),
    }
}

/// Names the notebook's file after its author. The name is spelled as that of a notebook among the files: `Ali` and `ali` are one
/// reviewer, and Windows has one file for both.
fn file_name(author: Option<&Author>, offered: &[OfferedNotebook]) -> String {
    let name = author.map(|author| author.as_str().chars().filter(|it| it.is_alphanumeric()).collect::<String>());
    let name = format!("{}{SUFFIX}", name.filter(|name| !name.is_empty()).unwrap_or_else(|| "desk".to_owned()));
    let mut owners = offered.iter().filter_map(|offered| offered.owner.clone());
    let spelled = owners.find(|owner| Some(owner) == file::owner(&name).as_ref());
    spelled.map_or(name, |owner| format!("{owner}{SUFFIX}"))
}

#[cfg(test)]
mod tests {
    use amanat_reviewer_core::notebook::Notebook;

    use super::*;

    fn named(author: &str, files: &[&str]) -> String {
        let offered: Vec<OfferedNotebook> = files.iter().map(|file| OfferedNotebook::new(file, Notebook::default())).collect();
        file_name(Author::new(author).as_ref(), &offered)
    }

    #[test]
    fn a_notebook_is_named_after_its_author_as_the_file_that_is_there_is_spelled() {
        assert_eq!(named("Ali", &[]), "Ali.notebook.age");
        assert_eq!(named("Ali", &["ali.notebook.age"]), "ali.notebook.age");
        assert_eq!(named("Ali", &["alia.notebook.age"]), "Ali.notebook.age");
        assert_eq!(named("", &["ali.notebook.age"]), "desk.notebook.age");
    }
}
