//! The demo's configuration: its own settings, and the environment.

use std::path::Path;

use figment::Figment;
use figment::providers::{Format, Toml};

use super::{Config, ConfigError, KEYS, environment};

/// Keys that a demo takes from the environment. The others define a demo: one folder, on this machine.
const DEMO_KEYS: [&str; 7] = ["listen", "metrics_listen", "trusted_proxies", "max_connections", "limits", "retention", "mail"];

impl Config {
    /// Reads the demo's own settings (TOML) and the environment, as [`Config::load`] does. Paths begin at `folder`.
    pub fn for_demo(own: &str, folder: &Path) -> Result<Self, ConfigError> {
        let first =
            |name: &str| KEYS.into_iter().find(|key| name.split("__").next().is_some_and(|own| own.eq_ignore_ascii_case(key)));
        for (name, _) in environment().iter() {
            if let Some(key) = first(name.as_str()).filter(|key| !DEMO_KEYS.contains(key)) {
                return Err(ConfigError {
                    place: format!("environment: AMANAT_{}", name.as_str().to_uppercase()),
                    message: format!("a demo sets `{key}` by itself; it takes {}", DEMO_KEYS.join(", ")),
                    advice: "Unset that variable; for a deployment of your own, see `amanat init`.",
                });
            }
        }
        Self::read(Figment::from(Toml::string(own)), Path::new("demo"), &folder.join("demo"))
    }
}
