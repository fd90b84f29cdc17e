//! Quotes commands that are printed for people to copy, so that they work in a shell from any folder.

use std::env;
use std::path::{Path, PathBuf};

/// Returns how to call one of this project's programs: by name where the shell finds it, otherwise by the path beside this
/// program.
pub fn command_name(name: &str) -> String {
    let Some(beside) = env::current_exe().ok().map(|own| own.with_file_name(name)).filter(|path| path.is_file()) else {
        return name.to_owned();
    };
    let same = |path: PathBuf| path.canonicalize().is_ok_and(|found| beside.canonicalize().is_ok_and(|own| own == found));
    let found =
        env::var_os("PATH").and_then(|path| env::split_paths(&path).map(|folder| folder.join(name)).find(|path| path.is_file()));
    if found.is_some_and(same) { name.to_owned() } else { shell_quote(&beside) }
}

/// Quotes a path as one word of a shell command.
pub fn shell_quote(path: &Path) -> String {
    let text = path.display().to_string();
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-+,:@%=".contains(&byte);
    if !text.is_empty() && text.bytes().all(is_plain) { text } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_reads_a_quoted_path_unchanged() {
        for text in ["/tmp/a-b_c.d", "/tmp/a b", "/tmp/it's", "/tmp/$HOME;`x`\"\\*", "/tmp/نام"] {
            let shown = shell_quote(Path::new(text));
            let read = std::process::Command::new("sh").args(["-c", &format!("printf %s {shown}")]).output().unwrap();
            assert_eq!(String::from_utf8(read.stdout).unwrap(), text);
        }
    }

    #[test]
    fn a_program_that_is_not_beside_this_one_is_called_by_name() {
        assert_eq!(command_name("amanat-nothing"), "amanat-nothing");
    }
}
