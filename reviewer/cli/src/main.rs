//! The `amanat-reviewer` program: the library does the work, and [`commands`] reads arguments and prints.

mod commands;

fn main() -> std::process::ExitCode {
    commands::run()
}
