//! The pages of the desk.

mod case;
mod header;
mod list;
mod loading;
mod refer;
mod unlock;

pub use case::Case;
pub use header::{Header, Locking};
pub use list::List;
pub use loading::Loading;
pub use refer::Refer;
pub use unlock::Unlock;

use amanat_reviewer_core::message::Message;
use leptos::prelude::*;

/// Shows a message on two lines: what happened, and what to do.
pub fn two_lines(message: Message) -> impl IntoView {
    view! { class = "dynamic",
        <strong>{message.what}</strong>
        <br/>
        {message.advice}
    }
}

/// Formats a count: `1 case`, `2 cases`.
pub fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// Shows lines as list entries. A line that begins with spaces belongs to the one above.
pub fn listed(lines: Vec<String>) -> impl IntoView {
    let entry = |line: String| {
        let more = line.starts_with(' ');
        view! { class = "dynamic", <li class:more=more>{line}</li> }
    };
    lines.into_iter().map(entry).collect_view()
}

#[cfg(test)]
mod tests {
    use super::counted;

    #[test]
    fn one_is_counted_in_the_singular() {
        assert_eq!([0, 1, 2].map(|count| counted(count, "file", "files")), ["0 files", "1 file", "2 files"]);
    }
}
