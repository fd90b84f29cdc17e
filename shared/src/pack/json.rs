//! The pack from its JSON, by hand and for the phone: see [`crate::json`] and [`crate::form`]. Who may fetch, and which packs
//! are revoked, is the server's business and stays unread.

use super::{Limits, Pack, Recipient, Roots, SignedPack};
use crate::form::json::form;
use crate::json::{Fault, Members, Value, flag, number, text};

/// Reads a [`SignedPack`].
pub(super) fn signed_pack(value: &Value, fault: &mut Fault) -> SignedPack {
    let mut its = Members::of(value, fault);
    SignedPack {
        pack: its.one("pack", text),
        signatures: its.list("signatures", text),
        demo_root: its.optional("demo_root", |value, fault| {
            let mut its = Members::of(value, fault);
            Roots { threshold: its.one("threshold", number), keys: its.list("keys", text) }
        }),
    }
}

/// Reads a [`Pack`] for the phone.
pub(super) fn pack(value: &Value, fault: &mut Fault) -> Pack {
    let mut its = Members::of(value, fault);
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
        recipients: its.list("recipients", |value, fault| {
            let mut its = Members::of(value, fault);
            Recipient { name: its.one("name", text), key: its.one("key", text) }
        }),
        access_keys: Vec::new(),
        revoked: Vec::new(),
        demo: its.or("demo", false, flag),
        form: its.one("form", form),
    }
}

fn limits(value: &Value, fault: &mut Fault) -> Limits {
    let mut its = Members::of(value, fault);
    Limits {
        files: its.one("files", number),
        file_bytes: its.one("file_bytes", number),
        total_bytes: its.one("total_bytes", number),
    }
}

#[cfg(test)]
mod tests;
