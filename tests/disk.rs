//! The disk below a server: what a power cut leaves of it, and an fsync that takes its time. `disk/unsynced.c` says how.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use crate::{
    chance::Chance,
    programs::{files_in, real_thing},
};

const PAGE: usize = 4096;

/// What an fsync does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fsync {
    /// What it says.
    Real,
    /// Nothing, as where `SQLite` is told `synchronous = OFF`.
    Nothing,
}

/// A folder whose power can be cut.
pub(crate) struct Disk {
    folder: PathBuf,
    copy: PathBuf,
    fsync: Fsync,
}

impl Disk {
    /// `copy` is where that goes which is safe.
    pub(crate) fn new(folder: &Path, copy: &Path, fsync: Fsync) -> Self {
        Self { folder: folder.to_owned(), copy: copy.to_owned(), fsync }
    }

    /// Puts it below a program that is about to be started.
    pub(crate) fn below(&self, program: &mut Command) {
        if self.copy.exists() {
            fs::remove_dir_all(&self.copy).expect("the copy is ours");
        }
        fs::create_dir(&self.copy).expect("the copy is ours");
        program.env("LD_PRELOAD", real_thing("AMANAT_UNSYNCED"));
        program.env("UNSYNCED_FOLDER", &self.folder).env("UNSYNCED_COPY", &self.copy);
        if self.fsync == Fsync::Nothing {
            program.env("UNSYNCED_IGNORE", "1");
        }
    }

    /// The power fails, once the program has been killed: of what was not synced all is lost, or, every other time, each
    /// page is lost or not, as a disk may have it.
    pub(crate) fn cut_power(&self, chance: &mut Chance) {
        let names = fs::read_to_string(self.copy.join("names")).expect("the library was below the program");
        let all_is_lost = self.fsync == Fsync::Nothing || chance.one_in(2);
        let safe: Vec<(String, Vec<u8>)> = names
            .lines()
            .map(|line| line.split_once(' ').expect("a number and a name"))
            // A map of the log, which SQLite makes anew when nobody has it open.
            .filter(|(_, name)| !name.ends_with("-shm"))
            .map(|(number, name)| {
                let synced = fs::read(self.copy.join(number)).expect("what has a name has a copy");
                let bytes = match fs::read(self.folder.join(name)) {
                    Ok(written) if !all_is_lost => mixed(&synced, &written, chance),
                    _ => synced,
                };
                (name.to_owned(), bytes)
            })
            .collect();
        for file in files_in(&self.folder).into_iter().filter(|file| file.is_file()) {
            fs::remove_file(file).expect("the folder is ours");
        }
        for (name, bytes) in safe {
            let path = self.folder.join(name);
            fs::write(&path, bytes).expect("the folder is ours");
            fs::set_permissions(path, fs::Permissions::from_mode(0o600)).expect("the file is ours");
        }
    }
}

/// Makes every fsync of a program take so long, one after the other, whatever the real disk does.
pub(crate) fn slow_fsync(program: &mut Command, time: Duration) {
    program.env("LD_PRELOAD", real_thing("AMANAT_UNSYNCED")).env("UNSYNCED_SLOW", time.as_micros().to_string());
}

fn mixed(synced: &[u8], written: &[u8], chance: &mut Chance) -> Vec<u8> {
    let length = if chance.one_in(2) { synced.len() } else { written.len() };
    let mut bytes = synced.to_vec();
    bytes.resize(length, 0);
    for (page, written) in bytes.chunks_mut(PAGE).zip(written.chunks(PAGE)) {
        let both = page.len().min(written.len());
        if page[..both] != written[..both] && chance.one_in(2) {
            page[..both].copy_from_slice(&written[..both]);
        }
    }
    bytes
}
