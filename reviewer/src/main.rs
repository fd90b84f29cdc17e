//! `amanat-reviewer`: the commands. The library does the work.

#[cfg(not(target_arch = "wasm32"))]
mod cli;

#[cfg(not(target_arch = "wasm32"))]
fn main() -> std::process::ExitCode {
    cli::run()
}

/// In a browser the desk page takes the commands' place.
#[cfg(target_arch = "wasm32")]
fn main() {}
