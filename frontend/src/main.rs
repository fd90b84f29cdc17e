//! The form on the phone.
//!
//! The map: [`state`] owns the state; [`app`] shows the page of the present step ([`pages`]), made of [`components`];
//! [`state::worker_client`] hands the answers to the worker that seals and sends them, a program of its own in `../worker`; [`history`] is the
//! browser's Back button and the way out; [`i18n`] holds the interface's texts
//! and [`validation_messages`] turns faults into them. The form itself comes with the signed pack that stands in the page.

mod app;
mod components;
mod dom;
mod history;
mod i18n;
mod pages;
mod protocol;
mod signal;
mod state;
mod validation_messages;

use leptos::prelude::*;

fn main() {
    mount_to_body(app::App);
}
