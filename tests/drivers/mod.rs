//! Drivers operate a browser, the form, a tus client or a process.

pub(crate) mod accessibility;
pub(crate) mod browser;
pub(crate) mod browser_profile;
pub(crate) mod concurrent_clients;
pub(crate) mod documented_commands;
pub(crate) mod form_driver;
pub(crate) mod http;
pub(crate) mod keyboard_user;
pub(crate) mod leak_scanner;
pub(crate) mod processes;
pub(crate) mod proof_of_work;
pub(crate) mod tus_client;
