//! `refer`.

use std::path::PathBuf;

use amanat_reviewer::notebook_file;
use amanat_reviewer::{atomic_file, clock, folder_scan, scan, sealed_file};
use amanat_reviewer_core::decrypt::Opened;
use amanat_reviewer_core::forms::Forms;
use amanat_reviewer_core::identities::Identities;
use amanat_reviewer_core::message::Message;
use amanat_reviewer_core::notebook::file::Readers;
use amanat_reviewer_core::notebook::{Author, Stamp};
use amanat_reviewer_core::referral::consent::{self, ASKED_DAYS, Asked, ConsentDecision};
use amanat_reviewer_core::referral::partner::{Partner, PartnerKey, PartnerKind};
use amanat_reviewer_core::referral::preview::{self, STANDING};
use amanat_reviewer_core::referral::{self, Confirmed, LogLine, MakeError, Pictures, Request, RowLimit, Superseding};
use amanat_reviewer_core::{safe_text, text_file};
use amanat_shared::dates::Day;
use clap::{Args, ValueEnum};

use super::columns::LayoutArgs;
use super::pack_memory::PackMemory;
use super::{Done, LabelArgs, OfflineArgs, input, say};

const MOST_KEY_BYTES: u64 = 16 * 1024;

const EXAMPLES: &str = "Examples:
  Which columns there are, and for whom:
    amanat-reviewer columns
  One case to a resettlement organisation, whose key is in a file:
    amanat-reviewer refer --identity keys/identity.key --as Karima --notebook karima.notebook.age \\
      --to partner.pub --kind partner \\
      --columns name_native,name_latin,dob,claim,need --out referral.age cases/3F2A….age
  Ask an association whether it knows somebody, with the least that it needs:
    amanat-reviewer refer --identity keys/identity.key --as Karima --notebook karima.notebook.age \\
      --to judges.pub --kind association \\
      --columns name_native,father_name,justice_role,institution,work_province --out ask.age cases/3F2A….age

What the partner is called is asked for, and why there are more than 25 rows. What would go is shown first; then the number of rows and of columns is typed. The partner opens it with
`age -d -i key.txt referral.age | tar x`.";

#[derive(Clone, Copy, ValueEnum)]
enum KindArg {
    /// UNHCR or a resettlement organisation.
    Partner,
    /// A resettlement government.
    Government,
    /// An association of prosecutors, judges or lawyers, to check who somebody is.
    Association,
}

/// Offline: seal chosen columns of a few cases to one partner.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Refer {
    #[command(flatten)]
    words: LabelArgs,
    #[command(flatten)]
    layout: LayoutArgs,
    #[command(flatten)]
    offline: OfflineArgs,
    /// The partner's public key (age1pq1… or age1…), or a file with it.
    #[arg(long)]
    to: String,
    /// Not taken: it is asked for.
    #[arg(long, hide = true)]
    partner: Option<String>,
    /// The kind of partner: it decides which permission of the person is needed.
    #[arg(long, value_enum)]
    kind: KindArg,
    /// Keys of columns or of whole sections, with commas between them.
    #[arg(long, value_delimiter = ',')]
    columns: Vec<String>,
    /// Attached pictures go along, drawn anew. Look at them first. Documents that are no pictures never go.
    #[arg(long)]
    attachments: bool,
    /// Your short name, for the log; if not given, that of the notebook's file.
    #[arg(long = "as")]
    who: Option<String>,
    /// Your notebook, e.g. karima.notebook.age, which says afterwards who got what; it is made if it is not there.
    #[arg(long)]
    notebook: PathBuf,
    /// Most rows (persons): 25, and up to 100 with a reason, which is asked for.
    #[arg(long, default_value_t = referral::MOST_ROWS)]
    most: usize,
    /// Not taken: it is asked for.
    #[arg(long, hide = true)]
    reason: Option<String>,
    /// The sealed file to write.
    #[arg(long)]
    out: PathBuf,
    /// Sealed files.
    #[arg(required = true)]
    files: Vec<PathBuf>,
}

impl Refer {
    pub(super) fn run(self) -> Result<Done, Message> {
        input::refuse(self.partner.as_deref(), "the partner's name")?;
        input::refuse(self.reason.as_deref(), "the reason")?;
        let layout = self.layout.read()?;
        let identities = self.offline.unlock()?;
        let owner = notebook_file::owner(&self.notebook)?;
        let given = self.who.as_deref().map_or(owner, Author::new);
        let author = given.ok_or_else(|| {
            Message::new(
                "the name after --as is missing, or longer than 40 characters",
                "Give the short name that stands in your notebook.",
            )
        })?;
        let who = referral::name(author.as_str())?;
        let key = self.key()?;
        let name = referral::name(&input::line("What the partner is called: ")?)?;
        let partner = Partner { name, kind: self.kind.into(), key };
        let reason = (self.most > referral::MOST_ROWS).then(|| input::line("Why there are more than 25 rows: ")).transpose()?;
        let most = RowLimit::new(self.most, reason.as_deref())?;
        layout.choose(&self.columns, partner.kind)?;
        if atomic_file::is_there(&self.out) {
            return Err(Message::new(
                format!("{} is there already, and is never overwritten", safe_text::path(&self.out)),
                "Name another file.",
            ));
        }
        if self.files.len() > most.rows() {
            return Err(MakeError::TooMany { rows: self.files.len(), most: most.rows() }.into());
        }
        let notebook = notebook_file::load(&self.notebook, &identities, clock::now())?.unwrap_or_default();
        let forms = PackMemory::new(&self.offline.identity, &identities)
            .with_notebook(&self.notebook, &notebook)
            .forms_to_seal(self.words.pack.as_deref(), self.files.first().and_then(|file| file.parent()))?;
        let (others, unopened) = folder_scan::read(&self.files, &identities).map_err(|error| {
            Message::new(
                format!("the folder of the files could not be read: {error}"),
                "An update or a request for deletion may lie in it, so nothing was made.",
            )
        })?;
        let (mut cases, mut failed) = (Vec::new(), false);
        for file in &self.files {
            match sealed_file::open(file, &identities, self.offline.max_bytes) {
                Ok(case) => {
                    scan::check_name(file, &case.sha256)?;
                    cases.push(case);
                }
                Err(error) => {
                    say(&error);
                    failed = true;
                }
            }
        }
        let now = clock::now();
        let today = clock::day_in_kabul(now);
        let asked = ask(&cases, &forms, &partner, &who, today, &others)?;
        let request = Request {
            layout: &layout,
            columns: &self.columns,
            partner: &partner,
            forms: &forms,
            language: &self.words.language,
            today,
            asked: &asked,
            pictures: if self.attachments { Pictures::DrawnAnew } else { Pictures::None },
            others: &others,
            notebook: &notebook,
        };
        let random = |bytes: &mut [u8]| getrandom::fill(bytes).expect("a system without randomness cannot seal either");
        let prepared = referral::prepare(&request, &cases, random)?;
        print!("{}", preview::preview(&prepared));
        if prepared.cases().is_empty() {
            return Err(MakeError::Empty.into());
        }
        if prepared.rows() > most.rows() {
            return Err(MakeError::TooMany { rows: prepared.rows(), most: most.rows() }.into());
        }
        if let Some(warning) = preview::unopened(unopened) {
            println!("\n{warning}");
        }
        println!("\nNothing has been made yet. Type what goes; anything else ends here.");
        let confirmed = Confirmed { rows: number("Number of rows (persons): ")?, columns: number("Number of columns: ")? };
        let made = referral::make(&prepared, confirmed, &most, &who, now)?;
        atomic_file::write_new(&self.out, &made.sealed).map_err(|error| {
            Message::new(
                format!("{} could not be written: {error}", safe_text::path(&self.out)),
                "Name a file on a disk with room; nothing was left there.",
            )
        })?;
        if let Err(error) = self.note(&made.log, author, &identities, &forms) {
            // A referral that is not noted must not stay. If it cannot be removed either, the error says where it is.
            let _ = std::fs::remove_file(&self.out);
            return Err(error);
        }
        println!(
            "{} written for {}. Before you hand it over, compare this by voice with the partner's key:",
            safe_text::path(&self.out),
            safe_text::isolated(&partner.name)
        );
        println!("  {}", partner.key.fingerprint());
        println!("They get it, as the first twenty digits, from: printf %s age1… | sha256sum");
        println!(
            "Noted in {}:\n{}",
            safe_text::path(&self.notebook),
            serde_json::to_string(&made.log).map_err(Message::without_advice)?
        );
        Ok(Done::unless(failed || !prepared.refused().is_empty()))
    }

    /// Notes the referral in the operator's notebook.
    fn note(&self, log: &LogLine, author: Author, identities: &Identities, forms: &Forms) -> Result<(), Message> {
        let pack = forms.pack_to_seal_to(clock::day_in_kabul(log.when));
        let (stamp, readers) = (Stamp { author, now: log.when }, Readers::new(pack, &identities.recipients())?);
        let mut id = [0; 16];
        getrandom::fill(&mut id).expect("a system without randomness could not have sealed either");
        Ok(notebook_file::change(&self.notebook, identities, &readers, stamp.now, |notebook| {
            Ok(notebook.add_referral(id, log.referral.clone(), &stamp)?)
        })?)
    }

    fn key(&self) -> Result<PartnerKey, Message> {
        if self.to.trim_start().starts_with("age1") {
            return Ok(PartnerKey::parse(&self.to)?);
        }
        let path = PathBuf::from(&self.to);
        let bytes = atomic_file::read(&path, MOST_KEY_BYTES).map_err(|error| {
            Message::new(
                format!("the partner's key {} could not be read: {error}", safe_text::path(&path)),
                "Give the key itself (age1…), or the file it is in.",
            )
        })?;
        let text = text_file::text(&bytes).unwrap_or_else(|_| text_file::latin_1(&bytes));
        Ok(PartnerKey::parse(&text)?)
    }
}

/// Asks for each case whose person wants to be asked when they were, and by whom. A case that gets no day stays out.
fn ask(
    cases: &[Opened],
    forms: &Forms,
    partner: &Partner,
    who: &str,
    today: Day,
    others: &Superseding,
) -> Result<Vec<Asked>, Message> {
    let others = referral::all_others(others, cases);
    let mut asked: Vec<Asked> = Vec::new();
    for case in cases {
        let registration = &case.registration;
        let word = consent::word(case, partner.as_named(), today, &others);
        let is_known = forms.get(&registration.form).is_some() && !asked.iter().any(|asked| asked.case == case.sha256);
        let why = match word {
            ConsentDecision::AskFirst => "this person wants to be asked first, each time.",
            ConsentDecision::Resembles => "THIS PERSON NAMED SOMEBODY LIKE THIS PARTNER AS NEVER TO BE TOLD.",
            ConsentDecision::Yes | ConsentDecision::Refused(_) => continue,
        };
        if !is_known {
            continue;
        }
        println!("\nCase {}: {why}", case.sha256.get(..12).unwrap_or_default());
        println!("{STANDING}");
        if let Some(never) = others.never(case) {
            println!("NEVER SHARE with (in the person's own words):");
            for line in safe_text::lines(&never) {
                println!("    {line}");
            }
        }
        println!("Were they asked about {}, and said yes?", safe_text::isolated(&partner.name));
        let typed = input::line("The day, as 2026-11-23, and who asked if it was not you; nothing leaves the case out: ")?;
        let (day, by) = typed.split_once(' ').unwrap_or((&typed, ""));
        if day.is_empty() {
            continue;
        }
        let on = Day::from_iso(day).filter(|day| Asked::counts(*day, today)).ok_or_else(|| {
            Message::new(
                format!("that is not a day of the last {ASKED_DAYS}"),
                "Write it as 2026-11-23, and ask again where it is long ago; nothing was made.",
            )
        })?;
        let by = if by.trim().is_empty() { who.to_owned() } else { referral::name(by)? };
        asked.push(Asked { case: case.sha256.clone(), on, by });
    }
    Ok(asked)
}

fn number(question: &str) -> Result<usize, Message> {
    input::line(question)?.parse().map_err(|_| MakeError::Miscounted.into())
}

impl From<KindArg> for PartnerKind {
    fn from(kind: KindArg) -> Self {
        match kind {
            KindArg::Partner => Self::Partner,
            KindArg::Government => Self::Government,
            KindArg::Association => Self::Association,
        }
    }
}
