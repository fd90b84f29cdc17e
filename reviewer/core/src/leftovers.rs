//! Files that an operating system, a browser or a copying program leaves on a stick. They are no registrations, and are passed
//! over as if they were not there: whatever `pull` listed and is missing is said elsewhere.

/// Exact names of files and folders, in lower case.
const NAMES: [&str; 43] = [
    ".ds_store",
    ".localized",
    ".apdisk",
    ".volumeicon.icns",
    ".fseventsd",
    ".spotlight-v100",
    ".temporaryitems",
    ".documentrevisions-v100",
    ".pkinstallsandboxmanager",
    ".metadata_never_index",
    ".trash",
    ".trashes",
    ".directory",
    ".nomedia",
    ".stfolder",
    "__macosx",
    "icon\r",
    "thumbs.db",
    "ehthumbs.db",
    "ehthumbs_vista.db",
    "desktop.ini",
    "autorun.inf",
    "$recycle.bin",
    "recycler",
    "recycled",
    "system volume information",
    "wpsettings.dat",
    "indexervolumeguid",
    "found.000",
    "lost.dir",
    "lost+found",
    ".appledouble",
    ".appledb",
    ".appledesktop",
    "network trash folder",
    "temporary items",
    "desktop db",
    "desktop df",
    "@eadir",
    "#recycle",
    "bootex.log",
    ".dropbox.cache",
    ".sync",
];

/// Beginnings of names, in lower case: `AppleDouble` files (`._`), a desktop's bin for each user, files that are being written.
const BEGINNINGS: [&str; 8] = ["._", ".trash-", ".com.apple.", "~$", ".~lock.", ".goutputstream-", ".fuse_hidden", ".nfs"];

/// Ends of names, in lower case: downloads and copies that are not complete, what a check of the disk found, and what our own
/// tools leave for a moment or after a power cut.
const ENDS: [&str; 16] = [
    ".part",
    ".partial",
    ".crdownload",
    ".download",
    ".opdownload",
    ".filepart",
    ".aria2",
    ".!ut",
    ".tmp",
    ".temp",
    ".swp",
    ".chk",
    "zone.identifier",
    ".age.new",
    ".age.old",
    ".age.resealing",
];

/// Whether a file or folder of this name, without folders before it, is such a leftover.
pub fn is_leftover(name: &str) -> bool {
    let name = name.to_lowercase();
    NAMES.contains(&name.as_str())
        || BEGINNINGS.iter().any(|beginning| name.starts_with(beginning))
        || ENDS.iter().any(|end| name.ends_with(end))
        || name.ends_with('~')
        // `rsync` and a Mac's editors write beside a file, under its name and more.
        || (name.starts_with('.') && name.contains(".age."))
        || name.contains(".age.sb-")
}

/// Whether a path with `/` between folders leads to or through a leftover: all files in such a folder are leftovers too.
pub fn lies_among_leftovers(path: &str) -> bool {
    path.split('/').any(is_leftover)
}

/// The name without `.age`, however that is written, if a sealed file or a notebook may have this name. A disk of Windows' may
/// give it back in capitals.
pub fn stem_of_sealed(name: &str) -> Option<&str> {
    let (stem, end) = name.split_at_checked(name.len().checked_sub(".age".len())?)?;
    (end.eq_ignore_ascii_case(".age") && !stem.is_empty() && !is_leftover(name)).then_some(stem)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_systems_leave_on_a_stick_is_no_registration() {
        let hash = "9f".repeat(32);
        for name in [
            "._pack.json",
            ".DS_Store",
            "Thumbs.db",
            "THUMBS.DB",
            "desktop.ini",
            "Desktop.ini",
            ".Trashes",
            ".Trash-1000",
            "$RECYCLE.BIN",
            "$Recycle.Bin",
            "System Volume Information",
            ".fseventsd",
            ".Spotlight-V100",
            "__MACOSX",
            "Icon\r",
            "FILE0000.CHK",
        ] {
            assert!(is_leftover(name) && stem_of_sealed(name).is_none(), "{name}");
        }
        for (before, behind) in [
            ("._", ""),
            ("", ".part"),
            ("", ".crdownload"),
            ("", ".partial"),
            ("", ".tmp"),
            ("", "~"),
            ("~$", ""),
            (".", ".Xy12Zw"),
            ("", ":Zone.Identifier"),
        ] {
            let name = format!("{before}{hash}.age{behind}");
            assert!(is_leftover(&name) && stem_of_sealed(&name).is_none(), "{name}");
        }
        for path in [".Trashes/501/x.age", "stick/$RECYCLE.BIN/S-1-5-21/$R1.age", "System Volume Information/IndexerVolumeGuid"] {
            assert!(lies_among_leftovers(path), "{path}");
        }
    }

    #[test]
    fn what_a_person_may_have_sent_is_never_a_leftover() {
        let hash = "9f".repeat(32);
        for (before, behind) in [("", ""), ("", " (1)"), ("", " - Copy"), ("Copy of ", ""), (".", ""), ("_", "")] {
            let stem = format!("{before}{hash}{behind}");
            assert_eq!(stem_of_sealed(&format!("{stem}.age")), Some(stem.as_str()));
        }
        assert_eq!(stem_of_sealed("9F86.AGE"), Some("9F86"));
        assert_eq!(stem_of_sealed("ali.notebook.age"), Some("ali.notebook"));
        for none in ["", "age", ".age", "x.json", "سند"] {
            assert_eq!(stem_of_sealed(none), None, "{none}");
        }
        assert!(!lies_among_leftovers("stick/sealed/9f86.age"));
    }
}
