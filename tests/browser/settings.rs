//! What a person has set their machine to: its screen, its colours, its motion.

use serde_json::{Value, json};

use super::Browser;

impl Browser {
    /// Turns into a screen of so many CSS pixels, wide and high.
    pub(crate) fn become_as_large_as(&mut self, (width, height): (u32, u32)) {
        self.call(
            "Emulation.setDeviceMetricsOverride",
            json!({"width": width, "height": height, "deviceScaleFactor": 2, "mobile": width < 1000}),
        );
        self.wait_until("the new size", &format!("innerWidth === {width}"));
    }

    /// Prefers these, by their names in CSS, and otherwise what everybody has.
    pub(crate) fn prefer(&mut self, preferences: &[(&str, &str)]) {
        let features: Vec<Value> = preferences.iter().map(|(name, value)| json!({"name": name, "value": value})).collect();
        self.call("Emulation.setEmulatedMedia", json!({"features": features}));
    }
}
