//! `columns`.

use std::path::PathBuf;

use amanat_reviewer::atomic_file;
use amanat_reviewer_core::message::Message;
use amanat_reviewer_core::referral::layout::Layout;
use amanat_reviewer_core::referral::partner::PartnerKind;
use amanat_reviewer_core::safe_text;
use clap::Args;

use super::Done;

const MOST_LAYOUT_BYTES: u64 = 256 * 1024;

/// Offline: list what a partner can be sent by `refer`, and which kind of partner.
#[derive(Args)]
pub(super) struct Columns {
    #[command(flatten)]
    layout: LayoutArgs,
}

impl Columns {
    pub(super) fn run(self) -> Result<Done, Message> {
        print!("{}", show(&self.layout.read()?));
        Ok(Done::All)
    }
}

#[derive(Args)]
pub(super) struct LayoutArgs {
    /// Another layout than that of UNHCR's form (TOML).
    #[arg(long)]
    layout: Option<PathBuf>,
}

impl LayoutArgs {
    pub(super) fn read(&self) -> Result<Layout, Message> {
        let Some(path) = &self.layout else { return Ok(Layout::built_in()) };
        let text = atomic_file::read_text(path, MOST_LAYOUT_BYTES).map_err(|error| {
            Message::new(
                format!("the layout {} could not be read: {error}", safe_text::path(path)),
                "Name a layout, or leave --layout out.",
            )
        })?;
        Ok(Layout::parse(&text)?)
    }
}

fn show(layout: &Layout) -> String {
    let mut rows = Vec::new();
    for section in &layout.sections {
        rows.push(vec![section.key.clone(), safe_text::isolated(&section.label), String::new()]);
        for column in &section.columns {
            let whom = [PartnerKind::Partner, PartnerKind::Government, PartnerKind::Association];
            let whom = whom.iter().filter(|kind| column.share.contains(&kind.permission())).map(ToString::to_string);
            let whom: Vec<String> = whom.collect();
            rows.push(vec![format!("  {}", column.key), safe_text::isolated(&column.label), whom.join(", ")]);
        }
    }
    safe_text::table(&["section or column", "what it is", "may go to a"], &rows)
}
