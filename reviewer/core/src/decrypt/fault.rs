//! Faults of sealed files, and what they mean for a reviewer.

use std::collections::BTreeMap;
use std::io;

use amanat_shared::envelope;
use amanat_shared::seal::{self, ArchiveError, FORMAT, REGISTRATION};

use super::is_whole;

/// The reason why a file was not opened, to stand behind its name. The words quote nothing from it.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum Fault {
    /// It could not be read from the disk.
    #[error("it could not be read: {0}")]
    #[diagnostic(help("Check the name and the stick; nothing was written."))]
    Read(io::Error),
    /// No sealed registration.
    #[error("it is not a sealed registration")]
    #[diagnostic(help("Give a file ending in .age, as `pull` wrote it; nothing was written."))]
    NotSealed,
    /// Sealed to others, and it came before anything that opens here.
    #[error("it was sealed before you joined, or before you renewed your identity, so only the others can open it")]
    #[diagnostic(help(
        "Ask a reviewer who was there before to re-seal it, on their offline computer: amanat-reviewer rekey --identity keys/identity.key --to sealed/pack.json sealed. Then take the files from their stick with `keep`. If it opens for none of them, it is junk."
    ))]
    BeforeYou,
    /// Well-formed, and none of its keys is one of these identities: sealed to others, or junk. From outside nobody can tell.
    #[error("it opens for nobody here so far: it is well-formed, and sealed to other keys than this identity, or to none at all")]
    #[diagnostic(help(
        "Keep it: a person may wait in it. Try your older identities, and ask every other reviewer to try. If it opens for none of you, it is junk: see `discard`."
    ))]
    OtherKeys,
    /// Cut short or changed on its way to this disk, or nobody knows where.
    #[error("it is damaged: {0}")]
    #[diagnostic(help("Keep it: a person may wait in it. Fetch it again with `pull` into a fresh folder; nothing was written."))]
    Damaged(Damage),
    /// It is damaged, and the server has it like that: its name is the hash of its bytes.
    #[error("it came to the server damaged: {0}")]
    #[diagnostic(help(
        "Fetching it again brings the same. Keep it: a person may have sent it. Ask every other reviewer to try; if it opens for none of you, see `discard`."
    ))]
    CameDamaged(Damage),
    /// Whole, but made by something else than our form.
    #[error("it was refused: {0}")]
    #[diagnostic(help("Our form does not make such files. Do not open it by other means, and tell the coalition."))]
    Refused(Refusal),
    /// Another file with the same registration is there.
    #[error("it is the same registration as another file here, which is the one that is listed")]
    #[diagnostic(help("It is a copy under another name; nothing in it is new."))]
    Copy,
    /// The file has a later version of the format.
    #[error("it has format {0}, and this program reads formats up to {FORMAT}")]
    #[diagnostic(help("Use the newest release of this program."))]
    Format(u32),
}

/// The damage of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
    /// It ends in its header, or it has a length that no sealed registration has.
    #[error("it is cut short, or longer than it was sealed")]
    Cut,
    /// Its bytes are not those that its name is the hash of.
    #[error("its bytes are not those that its name says")]
    Changed,
    /// A stanza makes no sense.
    #[error("a part of its header makes no sense")]
    Header,
    /// A stanza is ours, and the header around it is not the one that was sealed.
    #[error("it is sealed to this identity, but its header was changed")]
    HeaderSum,
    /// The header is right, and what follows is not what was sealed.
    #[error("it is sealed to this identity, but what is inside was changed or cut off")]
    Inside,
}

/// A fault inside a whole file. The words quote nothing from it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The archive is none of ours.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// `registration.json` cannot be read.
    #[error("its {REGISTRATION} cannot be read (line {line}, column {column})")]
    Registration {
        /// The number, from 1.
        line: usize,
        /// The number, from 1.
        column: usize,
    },
    /// The attached files are not those that are listed, in that order.
    #[error("its attachments are not those that its {REGISTRATION} lists")]
    OtherAttachments,
    /// An attached file has other bytes than listed.
    #[error("attachment {0} is not the one that its {REGISTRATION} describes")]
    Attachment(usize),
    /// The delete proof is not 32 bytes.
    #[error("its delete proof is none")]
    Proof,
    /// The header binds another delete proof.
    #[error(
        "its delete proof is not the one that its header binds, so that no acknowledgement deletes it, and the server keeps it for 180 days"
    )]
    OtherProof,
}

impl<R: Into<Refusal>> From<R> for Fault {
    fn from(reason: R) -> Self {
        Self::Refused(reason.into())
    }
}

impl Fault {
    /// Tells damage apart by what the whole file and its name say: `pull` names each file by the hash of the bytes that the
    /// server has. A stanza of ours that was damaged looks like one for somebody else, and only the name tells.
    #[must_use]
    pub fn judged(self, name: &str, sealed: &[u8]) -> Self {
        let damage = match self {
            Self::OtherKeys => None,
            // The beginning of a file that a stick has lost.
            Self::NotSealed if is_whole(name, sealed) == Some(false) => {
                return Self::Damaged(Damage::Changed);
            }
            Self::Damaged(damage) => Some(damage),
            other => return other,
        };
        match (is_whole(name, sealed), damage) {
            (Some(false), _) => Self::Damaged(Damage::Changed),
            (Some(true), Some(damage)) => Self::CameDamaged(damage),
            (Some(true), None) => Self::OtherKeys,
            (None, Some(damage)) => Self::Damaged(damage),
            (None, None) if has_a_length_of_ours(sealed) => Self::OtherKeys,
            (None, None) => Self::Damaged(Damage::Cut),
        }
    }

    /// The kind of fault, for [`counted`].
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::BeforeYou => "sealed before you joined",
            Self::OtherKeys => "open for nobody here so far",
            Self::Damaged(_) => "damaged here",
            Self::CameDamaged(_) => "damaged before they came",
            Self::Refused(_) => "refused",
            Self::Copy => "copies",
            Self::Read(_) | Self::NotSealed | Self::Format(_) => "other",
        }
    }

    /// Whether a person may wait in a file with this fault, of which nobody here knows anything else.
    pub const fn may_be_a_person(&self) -> bool {
        match self {
            Self::OtherKeys | Self::Damaged(_) | Self::CameDamaged(_) | Self::Refused(_) | Self::Format(_) | Self::Read(_) => true,
            Self::BeforeYou | Self::NotSealed | Self::Copy => false,
        }
    }

    /// Whether a reviewer may say that a file with this fault opens for nobody: nothing can be read in it here, and fetching
    /// it again would not help.
    pub const fn may_be_discarded(&self) -> bool {
        matches!(self, Self::OtherKeys | Self::CameDamaged(_) | Self::Refused(_))
    }
}

/// Counts faults by kind: `1 damaged here, 2 open for nobody here so far`.
pub fn counted<'a>(kinds: impl Iterator<Item = &'a str>) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for kind in kinds {
        *counts.entry(kind).or_default() += 1;
    }
    let said: Vec<String> = counts.into_iter().map(|(kind, count)| format!("{count} {kind}")).collect();
    said.join(", ")
}

/// Whether a sealed registration can be as long as this file, given its header.
fn has_a_length_of_ours(sealed: &[u8]) -> bool {
    match seal::look_inside(sealed) {
        Ok(Some((header, _))) => envelope::accept(&header, sealed.len() as u64, &[(header.kind, header.recipients)]).is_ok(),
        _ => false,
    }
}
