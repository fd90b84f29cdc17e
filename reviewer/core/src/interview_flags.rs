//! Questions for an interviewer: what the answers say together that no single one says. None is a reason to refuse.
//!
//! A missing answer raises no question. The lines are our own words, with days and numbers that were computed: nothing
//! that a sender wrote freely is in them.

use amanat_shared::answers::Answers;
use amanat_shared::dates::{Day, Precision};

use crate::afghan_form::{AfghanForm, Channel};
use crate::contact_rules;

/// The day on which the Republic fell.
const FALL: &str = "2021-08-15";
/// Days after a Pakistani visa's end during which an exit permit can still be asked for.
const EXIT_PERMIT_DAYS: i64 = 365;
/// Full age.
const ADULT: i32 = 18;

/// One thing to ask or to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flag {
    /// Short and stable.
    pub name: &'static str,
    /// The text that the reviewer reads.
    pub line: String,
}

/// Country, its dial code, and the words of the list.
const DIAL_CODES: [(&str, &str, &str); 9] = [
    ("AF", "93", "Afghanistan"),
    ("PK", "92", "Pakistan"),
    ("IR", "98", "Iran"),
    ("TJ", "992", "Tajikistan"),
    ("UZ", "998", "Uzbekistan"),
    ("TR", "90", "Turkey"),
    ("AE", "971", "the Emirates"),
    ("QA", "974", "Qatar"),
    ("IN", "91", "India"),
];

/// Roles, and institutions that have no such post. A prosecutor may name the court that he works at.
const MISMATCHES: [(&str, &[&str]); 6] = [
    ("prosecutor", &["aiba", "legal_aid", "moi_prisons", "huquq"]),
    ("judge", &["ago", "aiba", "legal_aid", "moi_cid", "moi_prisons", "nds", "huquq"]),
    ("defence_lawyer", &["ago", "supreme_court", "moi_cid", "moi_prisons", "nds"]),
    ("court_staff", &["ago", "aiba", "moi_cid", "moi_prisons", "nds"]),
    ("ago_staff", &["supreme_court", "appeal_court", "primary_court", "aiba", "moi_prisons", "nds"]),
    ("prison_staff", &["ago", "supreme_court", "appeal_court", "primary_court", "aiba", "legal_aid"]),
];

/// Returns all flags that fire. `today` is a day in Kabul.
pub fn flags(answers: &Answers, today: Day) -> Vec<Flag> {
    let form = AfghanForm::new(answers);
    let mut found = Vec::new();
    let mut say = |name, line: Option<String>| found.extend(line.map(|line| Flag { name, line }));
    say("contactable_how", contactable_how(answers));
    say("minor_applicant", minor_applicant(form, today));
    say("left_before_fall", left_before_fall(form));
    say("still_employed", still_employed(form));
    say("exit_permit_days_left", exit_permit(form, today));
    say("served_before_18", served_before_18(form));
    say("role_and_institution", role_and_institution(form));
    say("dial_code", dial_code(form));
    say("expiry_before_arrival", expiry_before_arrival(form));
    say("left_before_start", left_before_start(form));
    found
}

fn contactable_how(answers: &Answers) -> Option<String> {
    let channels = AfghanForm::new(answers).channels();
    if channels.contains(&Channel::None) {
        return Some("Cannot be contacted: will contact us. Is a date for that agreed?".to_owned());
    }
    // `contact_rules::contact` says first that nothing goes over a watched SIM.
    let gave_calls = channels.iter().any(|channel| matches!(channel, Channel::Call | Channel::Sms));
    (contact_rules::safe_channels(answers).is_empty() && gave_calls)
        .then(|| "Gave only calls or SMS, and the phone may be watched: is there another way?".to_owned())
}

fn minor_applicant(form: AfghanForm<'_>, today: Day) -> Option<String> {
    let born = form.birth_date()?;
    let (oldest, youngest) = (today.years_since(born.earliest()?), today.years_since(born.latest()?));
    if youngest >= ADULT {
        None
    } else if oldest < ADULT {
        Some("Under 18 by the date of birth. Who cares for the child, and who may decide for it?".to_owned())
    } else {
        Some("May be under 18: the date of birth leaves it open. How old?".to_owned())
    }
}

fn left_before_fall(form: AfghanForm<'_>) -> Option<String> {
    let (fall, end) = (Day::from_iso(FALL)?, form.work_end()?);
    if end.latest()? < fall {
        Some(format!("Left the work before {FALL}. Why, and what was done after?"))
    } else if end.earliest()? < fall {
        Some(format!("May have left the work before {FALL}: the date leaves it open. When exactly?"))
    } else {
        None
    }
}

fn still_employed(form: AfghanForm<'_>) -> Option<String> {
    (form.work_end()?.precision == Precision::Ongoing)
        .then(|| "Still works in the justice system. For whom now? This needs a review of its own.".to_owned())
}

fn exit_permit(form: AfghanForm<'_>, today: Day) -> Option<String> {
    if form.country() != Some("PK") || !form.has_or_had_visa() {
        return None;
    }
    let expiry = form.permission_expiry()?;
    let (most, least) = (today.days_since(expiry.earliest()?), today.days_since(expiry.latest()?));
    if most <= 0 {
        None
    } else if least > EXIT_PERMIT_DAYS {
        Some("The Pakistani visa ended over a year ago: an exit permit is no longer given on it.".to_owned())
    } else if least < most {
        let left = EXIT_PERMIT_DAYS - most.min(EXIT_PERMIT_DAYS);
        Some(format!(
            "Exit permit: the day on which the Pakistani visa ended is not certain, and as few as {left} days may be left to ask for one. Which day was it?"
        ))
    } else {
        let left = EXIT_PERMIT_DAYS - most;
        Some(format!("Exit permit: {left} days left to ask for one on the visa that ended {most} days ago."))
    }
}

fn served_before_18(form: AfghanForm<'_>) -> Option<String> {
    let (start, born) = (form.work_start()?.latest()?, form.birth_date()?.earliest()?);
    let age = start.years_since(born);
    (age < ADULT).then(|| {
        if age < 0 {
            "The work begins before the date of birth. Which date is right?".to_owned()
        } else {
            format!("The work begins at the age of {age} or younger. Which date is right?")
        }
    })
}

fn role_and_institution(form: AfghanForm<'_>) -> Option<String> {
    let (role, institution) = (form.role()?, form.institution()?);
    let odd = MISMATCHES.iter().any(|(unusual, where_not)| *unusual == role && where_not.contains(&institution));
    odd.then(|| "The work and the institution do not fit together as a rule. What exactly was the post?".to_owned())
}

fn dial_code(form: AfghanForm<'_>) -> Option<String> {
    let (country, number) = (form.country()?, form.phone()?.e164.as_deref()?.strip_prefix('+')?);
    let here = DIAL_CODES.iter().find(|row| row.0 == country)?;
    if number.starts_with(here.1) {
        return None;
    }
    let there = DIAL_CODES.iter().find(|row| number.starts_with(row.1)).map_or("another country", |row| row.2);
    Some(format!("Is in {}, with a telephone number of {there}. Whose is it, and does it work there?", here.2))
}

fn expiry_before_arrival(form: AfghanForm<'_>) -> Option<String> {
    let (expiry, arrival) = (form.permission_expiry()?.latest()?, form.arrival_date()?.earliest()?);
    (expiry < arrival).then(|| "The permission to stay ended before the arrival. Which date is right?".to_owned())
}

fn left_before_start(form: AfghanForm<'_>) -> Option<String> {
    let (end, start) = (form.work_end()?.latest()?, form.work_start()?.earliest()?);
    (end < start).then(|| "The work ends before it begins. Which date is right?".to_owned())
}

#[cfg(test)]
mod tests;
