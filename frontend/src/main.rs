//! The form on the phone.
//!
//! [`pack_loader`] reads the signed pack, which brings the form. [`state`] holds what the person has entered and where they are.
//! [`app`] shows the present page of [`pages`], which are made of [`components`], which are made of [`dom`] elements that follow
//! [`signal`]s. [`history`] is the browser's Back button and the way out. [`i18n`] holds the interface's texts, and
//! [`validation_messages`] turns the faults of answers into them. The worker seals and sends; it is a program of its own in
//! `../worker`, with which [`protocol`] is shared.

mod app;
mod clock;
mod components;
mod dom;
mod history;
mod i18n;
mod pack_loader;
mod pages;
#[expect(dead_code, reason = "the worker uses the other half")]
mod protocol;
mod signal;
mod state;
mod validation_messages;

use leptos::prelude::*;

fn main() {
    mount_to_body(app::App);
}
