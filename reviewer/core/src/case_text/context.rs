//! Facts about a case beside its own answers, as lines that are safe to print, for the terminal and for the desk.

use amanat_shared::answers::Answers;
use amanat_shared::dates::Calendar;
use amanat_shared::form::{Deadline, Doubt, Verdict};

use super::CaseContext;
use crate::afghan_form::RegistrationKind;
use crate::cases::{self, Case};
use crate::cases::{Claim, Joined, Proof};
use crate::interview_flags;
use crate::notebook::{Event, Field, Logged, Notebook, Work, when};
use crate::safe_text;

/// Lines of another notebook's news that anybody reads.
const MOST_NEWS: usize = 300;

/// Titles and lines of the boxes that have something to say.
pub fn boxes(answers: &Answers, beside: CaseContext<'_>) -> Vec<(&'static str, Vec<String>)> {
    let together = beside.row.map(together).unwrap_or_default();
    let mut work = beside.row.map(triage).unwrap_or_default();
    work.extend(beside.work.map(written).unwrap_or_default());
    work.extend(beside.log.iter().copied().flat_map(logged));
    let ask = beside.today.map(|today| interview_flags::flags(answers, today)).unwrap_or_default();
    let ask = ask.into_iter().map(|flag| flag.line).collect();
    let all = [("WHAT BELONGS TOGETHER", together), ("WORK", work), ("QUESTIONS FOR AN INTERVIEWER", ask)];
    all.into_iter().filter(|(_, lines)| !lines.is_empty()).collect()
}

/// Lists each change that another notebook would make to ours, to be read before it is merged.
pub fn news(ours: &Notebook, theirs: &Notebook) -> Vec<String> {
    let mut lines = Vec::new();
    for (sha256, work) in theirs.cases() {
        let mine = ours.work(sha256);
        let newer = Work {
            status: changed(mine.map(|mine| &mine.status), &work.status),
            assigned: changed(mine.map(|mine| &mine.assigned), &work.assigned),
            notes: work.notes.iter().filter(|note| mine.is_none_or(|mine| !mine.notes.contains(note))).cloned().collect(),
            erased: work
                .erased
                .iter()
                .filter(|id| mine.is_some_and(|mine| mine.notes.iter().any(|note| note.id == **id)))
                .cloned()
                .collect(),
        };
        let said = written(&newer);
        if !said.is_empty() {
            lines.push(format!("Case {}:", short(sha256)));
            lines.extend(said.into_iter().map(|line| format!("  {line}")));
        }
    }
    for entry in theirs.log().filter(|entry| !ours.has_logged(entry)) {
        lines.extend(logged(entry));
    }
    let more = lines.len().saturating_sub(MOST_NEWS);
    lines.truncate(MOST_NEWS);
    if more > 0 {
        lines.push(format!("({more} lines more)"));
    }
    lines
}

/// A field as it is once the other one is taken in; empty if that shows nothing new.
fn changed<T: Ord + Clone>(ours: Option<&Field<T>>, theirs: &Field<T>) -> Field<T> {
    let ours = ours.cloned().unwrap_or_default();
    let mut merged = ours.clone();
    merged.merge(theirs.clone());
    if merged.now() == ours.now() { Field::default() } else { merged }
}

/// Earlier and later registrations, and likely duplicates.
fn together(case: &Case) -> Vec<String> {
    let mut lines = Vec::new();
    if case.later.iter().any(|later| later.kind == RegistrationKind::Deletion) {
        lines.push("A LATER REGISTRATION ASKS FOR THIS ONE'S DELETION. Confirm it with a call back.".to_owned());
    }
    if case.proof == Proof::Elsewhere {
        lines.push("Belongs to an earlier registration that is not in this folder.".to_owned());
    }
    let one = |joined: &Joined| format!("  {} ({})", short(&joined.sha256), joined.kind.words());
    for (title, joined) in [("Belongs to:", &case.earlier), ("Later from the same person:", &case.later)] {
        if !joined.is_empty() {
            lines.push(title.to_owned());
            lines.extend(joined.iter().map(one));
        }
    }
    let one = |claim: &Claim| format!("  {} ({}; {})", short(&claim.sha256), claim.kind.words(), claim.lacks.words());
    for (title, claims) in [
        ("Names these without a proof that it belongs to them:", &case.claims),
        ("Somebody who knows the case says (nothing proves that it is the person):", &case.claimed_by),
    ] {
        if !claims.is_empty() {
            lines.push(title.to_owned());
            lines.extend(claims.iter().map(one));
        }
    }
    if !case.duplicates.others.is_empty() {
        lines.push("May be the same person (or a family with one telephone):".to_owned());
        lines.extend(case.duplicates.others.iter().map(|other| format!("  {} ({})", short(&other.sha256), other.why.words())));
        if case.duplicates.many {
            lines.push("  and many more".to_owned());
        }
    }
    lines
}

fn triage(case: &Case) -> Vec<String> {
    let Some(verdict) = &case.verdict else { return Vec::new() };
    let tier = cases::tier_words(Some(verdict.tier));
    let mut lines = vec![format!("Triage: {tier}.")];
    lines.extend(verdict.rules.iter().map(|rule| format!("  {}: {}", safe_text::safe(&rule.name), safe_text::safe(&rule.why))));
    if case.threat.is_detained {
        lines.push("Detained now.".to_owned());
    }
    lines.extend(deadlines(verdict));
    lines
}

/// Every deadline of a case in words, the one that the list shows first.
pub fn deadlines(verdict: &Verdict) -> Vec<String> {
    let shown = verdict.deadline();
    let others = verdict.deadlines.iter().filter(|deadline| Some(*deadline) != shown);
    shown.into_iter().chain(others).map(deadline).collect()
}

fn deadline(deadline: &Deadline) -> String {
    let question = safe_text::safe(&deadline.question);
    let what = if deadline.is_removal { "Removal" } else { "Deadline" };
    let on = &deadline.on;
    let far = match deadline.days {
        None => String::new(),
        Some((0, 0)) => ", today".to_owned(),
        Some((days, last)) if days == last => match days {
            1 => ", tomorrow".to_owned(),
            -1 => ", yesterday".to_owned(),
            2.. => format!(", in {days} days"),
            _ => format!(", {} days ago", days.unsigned_abs()),
        },
        Some((first, _)) if first > 0 => format!(", in {first} days or more"),
        Some((_, last)) if last < 0 => format!(", {} days ago or more", last.unsigned_abs()),
        Some(_) => ", which may be any day now or past".to_owned(),
    };
    let doubt = match deadline.doubt {
        None => "",
        Some(Doubt::ReadAs(Calendar::Solar)) => " Written in another calendar, read as Solar Hijri: ask the person.",
        Some(Doubt::ReadAs(Calendar::Gregorian)) => " Written in another calendar, read as Gregorian: ask the person.",
        Some(Doubt::ReadAs(Calendar::Lunar)) => " Written in another calendar, read as Lunar Hijri: ask the person.",
        Some(Doubt::Unreadable) => " No calendar makes sense of it: ask the person.",
    };
    format!("{what} ({question}): {on}{far} (Kabul).{doubt}")
}

fn written(work: &Work) -> Vec<String> {
    let mut lines = work.conflicts();
    if !lines.is_empty() {
        lines.push("  Neither knew of the other. What was written last counts until one of you sets it anew.".to_owned());
    }
    if let Some(status) = work.status.last() {
        let author = safe_text::isolated(status.author.as_str());
        lines.push(format!("Status: {} ({author}, {})", status.value.words(), when(status.time)));
    }
    if let Some(assigned) = work.assigned.last() {
        let to = assigned.value.as_ref().map_or_else(|| "nobody".to_owned(), |to| safe_text::isolated(to.as_str()));
        lines.push(format!("Assigned to: {to} ({}, {})", safe_text::isolated(assigned.author.as_str()), when(assigned.time)));
    }
    if !work.erased.is_empty() {
        lines.push(format!("Notes that were erased: {}.", work.erased.len()));
    }
    for note in &work.notes {
        lines.push(format!("Note of {}, {}:", safe_text::isolated(note.author.as_str()), when(note.time)));
        lines.extend(safe_text::lines(&note.text).into_iter().map(|line| format!("  {line}")));
    }
    lines
}

/// An entry of the log in words.
pub fn logged(logged: &Logged) -> Vec<String> {
    let who = format!("{}, {}", safe_text::isolated(logged.author.as_str()), when(logged.time));
    match &logged.event {
        Event::Referred(referral) => {
            let mut lines = vec![format!("Referred ({who}) to:")];
            lines.extend(safe_text::lines(&referral.partner).into_iter().map(|line| format!("  {line}")));
            for case in &referral.cases {
                lines.push(format!("  case {} as {}", short(&case.sha256), safe_text::safe(&case.reference)));
            }
            lines.push(format!("  columns: {}", safe_text::safe(&referral.columns.join(", "))));
            for asked in &referral.asked {
                let by = safe_text::isolated(&asked.by);
                lines.push(format!("  case {} was asked on {} by {by}, and said yes", short(&asked.case), asked.on));
            }
            lines
        }
        Event::Did(words) => {
            let mut lines = vec![format!("Done ({who}):")];
            lines.extend(safe_text::lines(words).into_iter().map(|line| format!("  {line}")));
            lines
        }
    }
}

fn short(sha256: &str) -> String {
    safe_text::safe(sha256.get(..12).unwrap_or(sha256))
}
