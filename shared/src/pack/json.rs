//! The pack from its JSON, by hand and for the phone: see [`crate::codec::json`] and [`crate::form`]. Who may fetch, and which packs
//! are revoked, is the server's business and stays unread.

use super::{Limits, Pack, Recipient, Roots, SignedPack};
use crate::codec::json::{DecodeError, Members, Value, flag, number, text};
use crate::form::json::form;

/// Reads a [`SignedPack`].
pub(super) fn signed_pack(value: &Value, error: &mut DecodeError) -> SignedPack {
    let mut its = Members::of(value, error);
    SignedPack {
        pack: its.one("pack", text),
        signatures: its.list("signatures", text),
        demo_root: its.optional("demo_root", |value, error| {
            let mut its = Members::of(value, error);
            Roots { threshold: its.one("threshold", number), keys: its.list("keys", text) }
        }),
    }
}

/// Reads a [`Pack`] for the phone.
pub(super) fn pack(value: &Value, error: &mut DecodeError) -> Pack {
    let mut its = Members::of(value, error);
    for server in ["access_keys", "revoked"] {
        its.leave_unread(server);
    }
    Pack {
        serial: its.one("serial", number),
        issued: its.one("issued", text),
        expires: its.one("expires", text),
        site: its.one("site", text),
        contact: its.one("contact", text),
        exit_url: its.one("exit_url", text),
        phases: its.list("phases", number),
        limits: its.one("limits", limits),
        recipients: its.list("recipients", |value, error| {
            let mut its = Members::of(value, error);
            Recipient { name: its.one("name", text), key: its.one("key", text) }
        }),
        access_keys: Vec::new(),
        revoked: Vec::new(),
        demo: its.or("demo", false, flag),
        form: its.one("form", form),
    }
}

fn limits(value: &Value, error: &mut DecodeError) -> Limits {
    let mut its = Members::of(value, error);
    Limits {
        files: its.one("files", number),
        file_bytes: its.one("file_bytes", number),
        total_bytes: its.one("total_bytes", number),
    }
}

#[cfg(test)]
mod tests;
