//! Keeps the program's memory, whose keys open everything, off the disk.

use std::io;

use rustix::process::{Resource, Rlimit, setrlimit};

/// Forbids core dumps: when the program crashes, its memory is not written to a disk. On Linux other programs of the same
/// user can then not read it either.
pub(super) fn keep_off_the_disk() -> io::Result<()> {
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?;
    #[cfg(target_os = "linux")]
    rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable)?;
    Ok(())
}
