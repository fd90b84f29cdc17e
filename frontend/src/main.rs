//! The form on the phone.
//!
//! The map: [`draft`] owns the state; [`app`] shows the page of the present step ([`pages`]), made of [`components`];
//! [`sealer`] hands the answers to the worker that seals and sends them, a program of its own in `../sealer`; [`way`] is the
//! browser's Back button and the way out; [`words`] holds the interface's texts
//! and [`messages`] turns faults into them. The form itself comes with the signed pack that stands in the page.

mod app;
mod components;
mod dom;
mod draft;
mod messages;
mod pages;
mod protocol;
mod watched;
mod way;
mod words;
mod worker_client;

use leptos::prelude::*;

fn main() {
    mount_to_body(app::App);
}
