//! Settings of a person's device: its screen, its colours, its motion.

use serde_json::{Value, json};

use super::Browser;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Screen {
    /// A cheap phone, held upright.
    Phone,
    /// The narrowest screen, which is also what a desktop of 1280 × 1024 shows at 400 % zoom.
    Narrow,
    /// The screen of a desktop computer.
    Desk,
}

impl Browser {
    /// Shows the page on another screen.
    pub(crate) fn move_to(&mut self, screen: Screen) {
        let (width, height) = match screen {
            Screen::Phone => (360, 740),
            Screen::Narrow => (320, 256),
            Screen::Desk => (1280, 800),
        };
        // A desktop's scroll bar takes a part of the width; a phone's does not.
        let mobile = screen != Screen::Desk;
        self.call(
            "Emulation.setDeviceMetricsOverride",
            json!({"width": width, "height": height, "deviceScaleFactor": 2, "mobile": mobile}),
        );
        self.wait_until("the new screen", &format!("matchMedia('(width: {width}px)').matches"));
    }

    /// Sets these CSS media features, and resets all others.
    pub(crate) fn prefer(&mut self, preferences: &[(&str, &str)]) {
        let features: Vec<Value> = preferences.iter().map(|(name, value)| json!({"name": name, "value": value})).collect();
        self.call("Emulation.setEmulatedMedia", json!({"features": features}));
    }
}
