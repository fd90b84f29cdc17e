//! Collects the files that a person chose: single files, folders and bundles.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use amanat_reviewer_core::bundle::{self, Walk};
use amanat_reviewer_core::leftovers::{is_leftover, lies_among_leftovers, stem_of_sealed};
use amanat_reviewer_core::message::Message;
use amanat_reviewer_core::notebook::file::is_notebook;
use js_sys::Reflect;
use leptos::prelude::*;
use web_sys::{Blob, File};

use crate::blobs::{MOST_BYTES, bytes, length, part, slice};
use crate::clock::Yielder;
use crate::state::{AppState, Progress};

/// A chosen file, by itself or inside a bundle.
#[derive(Clone)]
pub struct Chosen {
    /// The name without folders, not made safe to show.
    pub name: String,
    /// The bytes, which are not read yet.
    pub bytes: Blob,
}

/// Collects all chosen files, including those inside bundles, each name once. The list shows what is wrong.
pub async fn gather(state: AppState, files: Vec<File>) -> Vec<Chosen> {
    let mut chosen = Vec::with_capacity(files.len());
    for file in files.into_iter().filter(|file| !lies_among_leftovers(&path_of(file))) {
        match bundle::is_bundle(&file.name()) {
            Ok(false) => chosen.push(Chosen { name: file.name(), bytes: file.into() }),
            Ok(true) => unpack(state, &file, &mut chosen).await,
            Err(error) => state.fail(&file.name(), error.into()),
        }
    }
    for file in &chosen {
        // A stick that was pulled out too early, or a copy, leaves such a file.
        if file.name.to_ascii_lowercase().contains(".age") && stem_of_sealed(&file.name).is_none() {
            state.fail(
                &file.name,
                Message::new(
                    "its name does not end in .age, so it was not opened: it may be half of a file",
                    "Fetch it again with `pull`.",
                ),
            );
        }
    }
    dedupe(state, chosen).await
}

/// Returns the file's path below the chosen folder, with `/` as separator.
fn path_of(file: &File) -> String {
    let path = Reflect::get(file, &"webkitRelativePath".into()).ok().and_then(|path| path.as_string());
    path.filter(|path| !path.is_empty()).unwrap_or_else(|| file.name())
}

/// Adds the files of a bundle, of which only the headers are read.
async fn unpack(state: AppState, file: &File, chosen: &mut Vec<Chosen>) {
    let mut walk = Walk::new(length(file));
    let mut yielder = Yielder::new();
    let end = loop {
        let range = match walk.wants() {
            Ok(Some(range)) => range,
            Ok(None) => break None,
            Err(error) => break Some(error.into()),
        };
        let member = match part(file, &range).await {
            Ok(bytes) => walk.take(&bytes).map_err(Message::from),
            Err(fault) => Err(fault.into()),
        };
        match member {
            Ok(None) => {}
            Ok(Some(member)) => match slice(file, &member.bytes) {
                Ok(bytes) if !is_leftover(&member.name) => chosen.push(Chosen { name: member.name, bytes }),
                Ok(_) => {}
                Err(fault) => break Some(fault.into()),
            },
            Err(message) => break Some(message),
        }
        if yielder.is_due() {
            state.progress.set(Progress { done: 0, all: chosen.len() });
            yielder.yield_now().await;
        }
    };
    if walk.passed_over() > 0 {
        let what = format!("{} entries of it are no files, but links or the like", walk.passed_over());
        state.fail(&file.name(), Message::new(what, "Make it anew from the folder itself."));
    }
    if let Some(message) = end {
        state.fail(&file.name(), message);
    }
}

/// Keeps one file of each name, since the list identifies files by name: subfolders and bundles may contain a name twice. The
/// first is kept, and another file of the same name with other bytes is reported. All notebooks are kept.
async fn dedupe(state: AppState, chosen: Vec<Chosen>) -> Vec<Chosen> {
    let mut places: HashMap<String, usize> = HashMap::with_capacity(chosen.len());
    let mut once: Vec<Chosen> = Vec::with_capacity(chosen.len());
    for file in chosen {
        match places.entry(file.name.clone()) {
            Entry::Occupied(first) if !is_notebook(&file.name) => {
                if !same(&once[*first.get()].bytes, &file.bytes).await {
                    let what = "another file has the same name, and only that one was opened";
                    state.fail(&file.name, Message::new(what, "Open this one by itself."));
                }
            }
            place => {
                place.insert_entry(once.len());
                once.push(file);
            }
        }
    }
    once
}

async fn same(one: &Blob, other: &Blob) -> bool {
    // A file that cannot be read is reported when it is opened.
    let all = async |blob| bytes(blob, MOST_BYTES).await.ok();
    length(one) == length(other) && all(one).await == all(other).await
}
