//! Ends a command whose output cannot be written, as other tools do and without a panic.

use std::panic;
use std::process;

use amanat_reviewer_core::message::Message;

/// The status that a shell gives for a tool that a closed pipe ended: 128 and the number of SIGPIPE.
const CLOSED_PIPE: i32 = 141;

/// From here on a line that cannot be printed ends the program. Rust ignores SIGPIPE and its `println!` panics in place of
/// it; to restore the signal takes unsafe code, so the panic is turned into the end that the signal would have been.
pub(super) fn end_where_nothing_can_be_printed() {
    let usual = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        let words = info.payload_as_str().unwrap_or_default();
        match words.strip_prefix("failed printing to std") {
            Some(why) if why.contains("(os error 32)") => process::exit(CLOSED_PIPE),
            Some(why) if why.starts_with("out: ") => {
                super::say_message(&Message::new(
                    format!("the output could not be written: {}", why.trim_start_matches("out: ")),
                    "Name a place with room, and run the same again.",
                ));
                process::exit(1);
            }
            // There is nowhere to say it.
            Some(_) => process::exit(1),
            None => usual(info),
        }
    }));
}
