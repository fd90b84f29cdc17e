//! Shows what a pack holds.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use amanat_shared::api::hex;
use amanat_shared::dates::Day;
use amanat_shared::fingerprint;
use amanat_shared::pack::{Pack, Roots};
use amanat_shared::text::clean;

use super::{public_key, read_signed};
use crate::cli::Failure;
use crate::cli::output::say;

/// Runs `amanat pack show`.
pub(super) fn show(roots: &[PathBuf], file: &Path, today: Day) -> Result<(), Failure> {
    let signed = read_signed(file)?;
    let roots = if roots.is_empty() {
        Roots::compiled()
    } else {
        let keys = roots.iter().map(|path| public_key(path)).collect::<Result<Vec<_>, _>>()?;
        Some(Roots { threshold: keys.len(), keys })
    };
    let (pack, verified) = if let Some(roots) = roots {
        let pack = signed.verify_with(&roots).map_err(|error| {
            Failure::new(
                format!("{} is not to be trusted: {error}.", file.display()),
                "Compare the roots' public keys, and fetch the pack and its signatures again from those who signed it.",
            )
        })?;
        (pack, format!("verified: at least {} of {} roots have signed", roots.threshold, roots.keys.len()))
    } else {
        let pack: Pack = serde_json::from_str(&signed.pack).map_err(|error| {
            Failure::new(format!("{} is no pack: {error}.", file.display()), "Name a pack.json that `amanat pack sign` wrote.")
        })?;
        (pack, "NOT VERIFIED: this program has no roots compiled in; name one with --root ROOT.pub".to_owned())
    };
    say(summary(&pack, today));
    say(format_args!("sha256      {}", hex(&signed.sha256())));
    say(format_args!("signatures  {}, {verified}", signed.signatures.len()));
    Ok(())
}

/// Summarises a pack in a dozen lines.
pub(super) fn summary(pack: &Pack, today: Day) -> String {
    let left = pack.expires_day().map_or(0, |expires| expires.days_since(today));
    let left = match left {
        ..0 => "EXPIRED".to_owned(),
        0 => "the last day".to_owned(),
        1 => "1 day left".to_owned(),
        days => format!("{days} days left"),
    };
    let mut text = String::new();
    let mut line = |key: &str, value: &str| {
        // Writing to a string never fails. The pack's text may be hostile, so terminal control characters are removed.
        let _ = writeln!(text, "{key:<11} {}", clean(value));
    };
    if pack.demo {
        line("DEMO", "only for trying out");
    }
    line("serial", &pack.serial.to_string());
    line("valid", &format!("{} to {} ({left})", pack.issued, pack.expires));
    line("site", &pack.site);
    line("contact", &pack.contact);
    line("leave to", &pack.exit_url);
    line(
        "form",
        &format!("{} {}, {}, sha256 {}", pack.form.id, pack.form.version, pack.form.languages.join(" "), hex(&pack.form.sha256())),
    );
    let pages = pack.form.pages_in(&pack.phases).count();
    let phases: Vec<String> = pack.phases.iter().map(ToString::to_string).collect();
    line("phases", &format!("{} open, {pages} pages", phases.join(", ")));
    let limits = pack.limits;
    line("limits", &format!("{} files, {} bytes each, {} together", limits.files, limits.file_bytes, limits.total_bytes));
    for recipient in &pack.recipients {
        let access: Vec<&str> =
            pack.access_keys.iter().filter(|access| access.name == recipient.name).map(|access| &*access.key).collect();
        let fetches = if access.is_empty() { "cannot fetch" } else { "can fetch" };
        line(
            "seals to",
            &format!(
                "{}, {fetches}; to compare by voice: {}",
                recipient.name,
                fingerprint::fingerprint(&[&[&*recipient.key], &access[..]].concat())
            ),
        );
    }
    let revoked: Vec<String> = pack.revoked.iter().map(ToString::to_string).collect();
    if !revoked.is_empty() {
        line("revokes", &revoked.join(", "));
    }
    text.truncate(text.trim_end().len());
    text
}
