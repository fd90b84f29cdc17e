//! Key presses as a keyboard sends them.

use serde_json::json;

use super::Browser;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Key {
    /// Moves the focus to the next control.
    Tab,
    /// Presses a button.
    Enter,
    /// Ticks a box.
    Space,
    /// Moves to the next option of a list.
    Down,
}

impl Browser {
    /// Waits until the page takes keys, and presses one.
    pub(crate) fn press(&mut self, key: Key) {
        if key != Key::Tab {
            self.wait_until_still();
        }
        self.press_at_once(key);
    }

    /// Presses a key whether or not the page takes it.
    pub(crate) fn press_at_once(&mut self, key: Key) {
        let (name, code, number, text) = match key {
            Key::Tab => ("Tab", "Tab", 9, ""),
            Key::Enter => ("Enter", "Enter", 13, "\r"),
            Key::Space => (" ", "Space", 32, " "),
            Key::Down => ("ArrowDown", "ArrowDown", 40, ""),
        };
        for kind in ["keyDown", "keyUp"] {
            let text = if kind == "keyDown" { text } else { "" };
            self.call(
                "Input.dispatchKeyEvent",
                json!({"type": kind, "key": name, "code": code, "windowsVirtualKeyCode": number, "text": text}),
            );
        }
    }
}
