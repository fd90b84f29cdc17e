//! Finding every sealed file below some folders.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use amanat_reviewer_core::leftovers::{is_leftover, stem_of_sealed};
use amanat_reviewer_core::safe_text;

/// Deepest nesting of folders that is searched: only an attacker nests deeper.
const MOST_DEEP: usize = 16;
/// The end of the name of an incomplete download of `pull`'s.
const PARTIAL: &str = ".age.part";
/// Most files in one run.
const MOST_FILES: usize = 1_000_000;

/// A folder could not be read to its end, so that a file might be missed.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[error("{} could not be searched: {}", safe_text::path(.path), .error)]
#[diagnostic(help("Name folders that you may read; nothing was changed."))]
pub struct WalkError {
    path: PathBuf,
    error: io::Error,
}

/// The files below some folders.
#[derive(Debug, Default)]
pub struct Found {
    /// All files named `*.age`, in the order of the names, each once.
    pub sealed: Vec<PathBuf>,
    /// Downloads that are not complete.
    pub partial: Vec<PathBuf>,
}

/// Searches folders and the folders in them, and takes files that are named themselves. Links to folders are not followed.
pub fn find_files(roots: &[PathBuf]) -> Result<Found, WalkError> {
    let mut found = Found::default();
    for root in roots {
        // A path that a person named may be a link.
        let meta = root.metadata().map_err(|error| WalkError { path: root.clone(), error })?;
        if meta.is_dir() {
            search(root, 0, &mut found)?;
        } else {
            found.sealed.push(root.clone());
        }
    }
    for list in [&mut found.sealed, &mut found.partial] {
        list.sort_unstable();
        list.dedup();
    }
    Ok(found)
}

fn search(folder: &Path, depth: usize, found: &mut Found) -> Result<(), WalkError> {
    let failed = |error| WalkError { path: folder.to_owned(), error };
    if depth > MOST_DEEP {
        return Err(failed(io::Error::other("the folders in it are nested too deep")));
    }
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let (path, name) = (entry.path(), entry.file_name());
        let name = name.to_string_lossy();
        // Among incomplete files only `pull`'s own downloads are named.
        if is_leftover(&name) && !name.ends_with(PARTIAL) {
            continue;
        }
        if entry.file_type().map_err(failed)?.is_dir() {
            search(&path, depth + 1, found)?;
        } else if stem_of_sealed(&name).is_some() {
            found.sealed.push(path);
        } else if name.ends_with(PARTIAL) && !name.starts_with("._") {
            found.partial.push(path);
        }
        if found.sealed.len() > MOST_FILES {
            return Err(failed(io::Error::other(format!("there are more than {MOST_FILES} files"))));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn sealed_files_are_found_in_folders_of_folders_but_not_behind_links() {
        let dir = tempfile::tempdir().unwrap();
        let (root, elsewhere) = (dir.path().join("in"), dir.path().join("elsewhere"));
        fs::create_dir_all(root.join("a/b.age")).unwrap();
        fs::create_dir(&elsewhere).unwrap();
        for file in ["in/1.age", "in/a/2.age", "in/a/b.age/3.age", "in/4.age.part", "in/pack.json", "elsewhere/5.age"] {
            fs::write(dir.path().join(file), "x").unwrap();
        }
        fs::create_dir_all(root.join(".Trashes/501")).unwrap();
        for leftover in ["._1.age", "._4.age.part", ".Trashes/501/6.age", "1.age.crdownload"] {
            fs::write(root.join(leftover), "x").unwrap();
        }
        symlink(&elsewhere, root.join("link")).unwrap();
        let found = find_files(&[root.clone(), root.join("1.age")]).unwrap();
        let sealed = ["1.age", "a/2.age", "a/b.age/3.age"].map(|name| root.join(name));
        assert_eq!((found.sealed, found.partial), (sealed.to_vec(), vec![root.join("4.age.part")]));
        assert!(find_files(&[dir.path().join("none")]).is_err());
        let mut deep = root;
        for _ in 0..=MOST_DEEP {
            deep.push("d");
        }
        fs::create_dir_all(&deep).unwrap();
        assert!(find_files(&[dir.path().join("in")]).is_err());
    }
}
