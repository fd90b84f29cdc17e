//! The meaning of the Afghan form's questions to reviewers. Outside tests, no other file spells the keys of questions; another
//! form that keeps the keys is read in the same way, and a missing answer is `None`.

use amanat_shared::answers::{Answer, Answers};
use amanat_shared::api::from_hex;
use amanat_shared::dates::PartialDate;
use amanat_shared::phone::Phone;

/// The section with the questions on contact.
pub const CONTACT_SECTION: &str = "s_contact";
/// The section with the person's permissions.
pub const PERMISSION_SECTION: &str = "s_perm";
/// The question whose items are the members of the family.
pub const FAMILY_MEMBERS: &str = "family_members";
/// The question for the name of the family's worker, where the family registers for somebody else.
pub const WORKER_NAME: &str = "worker_name";
/// Questions whose answers never leave in a referral: words that prove us to the person, the way to earlier registrations,
/// what the person said of others, third persons, and files, which go as redrawn pictures or not at all.
pub const NEVER_REFERRED: [&str; 9] = [
    "safe_word",
    "danger_word",
    "prior_ref",
    "share_never",
    "submitter_contact",
    "trusted_person",
    "trusted_contact",
    "referee",
    "files",
];
/// Questions for ways of contact. A partner who gets one of these answers gets [`CONTACT_RULES`] too.
pub const WAYS_OF_CONTACT: [&str; 2] = ["phone", "email"];
/// Questions that say how the person may be contacted safely.
pub const CONTACT_RULES: [&str; 4] = ["contact_channels", "phone_watched", "leave_message", "say_who"];
/// Days ahead that the question on danger asks about.
pub const DANGER_DAYS: i64 = 7;

/// The questions whose answers are names. The first two are the person's and the father's.
const NAMES: [&str; 6] = ["name_native", "father_name", "family_name", "name_latin", "grandfather_name", WORKER_NAME];

/// The purpose of a registration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum RegistrationKind {
    /// The person's first.
    #[default]
    First,
    /// Changes or adds to an earlier one.
    Update,
    /// Asks that an earlier one be deleted.
    Deletion,
}

impl RegistrationKind {
    /// The kind in words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::First => "first registration",
            Self::Update => "update",
            Self::Deletion => "asks for deletion",
        }
    }
}

/// A channel over which the person can be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Channel {
    Signal,
    WhatsApp,
    Telegram,
    Call,
    Sms,
    Email,
    TrustedPerson,
    /// The person will contact us.
    None,
    /// The form has no such channel.
    Unknown,
}

impl Channel {
    fn of(choice: &str) -> Self {
        match choice {
            "signal" => Self::Signal,
            "whatsapp" => Self::WhatsApp,
            "telegram" => Self::Telegram,
            "call" => Self::Call,
            "sms" => Self::Sms,
            "email" => Self::Email,
            "trusted" => Self::TrustedPerson,
            "none" => Self::None,
            _ => Self::Unknown,
        }
    }
}

/// Whether the person's phone or SIM is watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum PhoneWatched {
    Yes,
    No,
    NotSure,
    NotAnswered,
}

/// The people who see or answer the person's phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PhoneSharedWith {
    /// Nobody else.
    Nobody,
    /// Trusted family.
    TrustedFamily,
    /// The phone is not the person's own.
    NotTheirPhone,
    /// Anybody else.
    Others,
}

/// Whether a message may be left where nobody answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeaveMessage {
    /// Yes.
    Yes,
    /// Only one that says nothing about us.
    Neutral,
    /// No, or no choice of the form.
    No,
}

/// Whether callers may say who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SayWho {
    /// Yes.
    Yes,
    /// Only after the safe word.
    AfterSafeWord,
    /// No, or no choice of the form.
    No,
}

/// The family's agreement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FamilyAgrees {
    /// The family agrees.
    Yes,
    /// It has not agreed yet.
    NotYet,
    /// It is not safe to tell it.
    Unsafe,
}

/// A group of partners for which the form asks a permission of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShareWith {
    /// UNHCR and resettlement organisations.
    Partners,
    /// A resettlement government.
    Governments,
    /// An association, to check who somebody is.
    Associations,
}

/// The person's answer to a permission.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SharingAnswer {
    /// It may be shared.
    Yes,
    /// It may be shared once the person was asked about the partner.
    AskFirst,
    /// It may not be shared.
    No,
    /// The form has no such choice.
    Unknown,
}

/// Typed access to the answers of one registration.
#[derive(Clone, Copy, Debug)]
pub struct AfghanForm<'a>(&'a Answers);

impl<'a> AfghanForm<'a> {
    /// Reads these answers.
    pub const fn new(answers: &'a Answers) -> Self {
        Self(answers)
    }

    fn choices(self, question: &str) -> &'a [String] {
        match self.0.get(question) {
            Some(Answer::Many(choices)) => choices,
            _ => &[],
        }
    }

    /// The kind of registration. One that does not say it is a first one.
    pub fn kind(self) -> RegistrationKind {
        match self.0.text("is_update") {
            Some("update") => RegistrationKind::Update,
            Some("delete") => RegistrationKind::Deletion,
            _ => RegistrationKind::First,
        }
    }

    /// The mailbox of the earlier registration that this one names.
    pub fn prior_mailbox(self) -> Option<[u8; 16]> {
        self.0.text("prior_ref").and_then(from_hex)
    }

    /// All names in the answers: the person's own in each spelling, the family's and the worker's.
    pub fn names(self) -> impl Iterator<Item = &'a str> {
        NAMES.into_iter().filter_map(move |question| self.0.text(question))
    }

    /// The person's name and the father's, if both are there.
    pub fn own_and_father_name(self) -> Option<[&'a str; 2]> {
        Some([self.0.text(NAMES[0])?, self.0.text(NAMES[1])?])
    }

    /// The telephone number.
    pub fn phone(self) -> Option<&'a Phone> {
        match self.0.get("phone") {
            Some(Answer::Phone(phone)) => Some(phone),
            _ => None,
        }
    }

    /// The date of birth, of the person or of a member of the family.
    pub fn birth_date(self) -> Option<&'a PartialDate> {
        self.0.date("dob")
    }

    /// The number of children who are with the person.
    pub fn children(self) -> Option<i64> {
        match self.0.get("children_count") {
            Some(Answer::Integer(children)) => Some(*children),
            _ => None,
        }
    }

    /// Whether the person or the family is detained now.
    pub fn is_detained(self) -> bool {
        match self.0.get("removal_signs") {
            Some(Answer::Many(signs)) => signs.iter().any(|sign| sign == "detained_now"),
            Some(Answer::Text(sign)) => sign == "detained_now",
            _ => false,
        }
    }

    /// Whether the person expects serious danger within [`DANGER_DAYS`].
    pub fn expects_danger(self) -> bool {
        self.0.text("danger_7days") == Some("yes")
    }

    /// The country where the person is, as the form's choice.
    pub fn country(self) -> Option<&'a str> {
        self.0.text("country_now")
    }

    /// Whether the person is or was in the country on a visa.
    pub fn has_or_had_visa(self) -> bool {
        matches!(self.0.text("legal_status"), Some("visa_valid" | "visa_pending" | "visa_expired"))
    }

    /// The day on which the permission to stay ends.
    pub fn permission_expiry(self) -> Option<&'a PartialDate> {
        self.0.date("status_expiry")
    }

    /// The day on which the person came into the country.
    pub fn arrival_date(self) -> Option<&'a PartialDate> {
        self.0.date("arrival_date")
    }

    /// The beginning of the work in the justice system.
    pub fn work_start(self) -> Option<&'a PartialDate> {
        self.0.date("work_start")
    }

    /// The end of the work in the justice system.
    pub fn work_end(self) -> Option<&'a PartialDate> {
        self.0.date("work_end")
    }

    /// The person's role in the justice system, as the form's choice.
    pub fn role(self) -> Option<&'a str> {
        self.0.text("justice_role")
    }

    /// The institution of that role, as the form's choice.
    pub fn institution(self) -> Option<&'a str> {
        self.0.text("institution")
    }

    /// The channels over which the person can be reached, in the person's order.
    pub fn channels(self) -> Vec<Channel> {
        self.choices("contact_channels").iter().map(|choice| Channel::of(choice)).collect()
    }

    /// Whether the phone is watched.
    pub fn phone_watched(self) -> PhoneWatched {
        match self.0.text("phone_watched") {
            Some("yes") => PhoneWatched::Yes,
            Some("no") => PhoneWatched::No,
            Some("not_sure") => PhoneWatched::NotSure,
            _ => PhoneWatched::NotAnswered,
        }
    }

    /// The people with whom the phone is shared.
    pub fn phone_shared_with(self) -> Option<PhoneSharedWith> {
        Some(match self.0.text("phone_shared")? {
            "only_me" => PhoneSharedWith::Nobody,
            "trusted_family" => PhoneSharedWith::TrustedFamily,
            "not_mine" => PhoneSharedWith::NotTheirPhone,
            _ => PhoneSharedWith::Others,
        })
    }

    /// Whether a message has to come before each call.
    pub fn wants_message_first(self) -> bool {
        self.choices("safe_times").iter().any(|time| time == "message_first")
    }

    /// Whether a message may be left.
    pub fn leave_message(self) -> Option<LeaveMessage> {
        Some(match self.0.text("leave_message")? {
            "yes" => LeaveMessage::Yes,
            "neutral" => LeaveMessage::Neutral,
            _ => LeaveMessage::No,
        })
    }

    /// Whether callers may say who they are.
    pub fn say_who(self) -> Option<SayWho> {
        Some(match self.0.text("say_who")? {
            "yes" => SayWho::Yes,
            "after_word" => SayWho::AfterSafeWord,
            _ => SayWho::No,
        })
    }

    /// The word by which a caller proves to be one of us.
    pub fn safe_word(self) -> Option<&'a str> {
        self.0.text("safe_word")
    }

    /// The word by which the person says that they are not free to speak.
    pub fn danger_word(self) -> Option<&'a str> {
        self.0.text("danger_word")
    }

    /// Whether the person filled in the form themselves; `None` if it is not answered.
    pub fn is_own_submission(self) -> Option<bool> {
        self.0.text("submitter").map(|submitter| submitter == "self")
    }

    /// Whether the person agrees to a form that somebody else filled in; `None` if it is not answered.
    pub fn person_agrees(self) -> Option<bool> {
        self.0.text("person_agrees").map(|agrees| agrees == "yes")
    }

    /// Whether the family agrees.
    pub fn family_agrees(self) -> Option<FamilyAgrees> {
        match self.0.text("family_agrees") {
            Some("yes") => Some(FamilyAgrees::Yes),
            Some("not_yet") => Some(FamilyAgrees::NotYet),
            Some("unsafe") => Some(FamilyAgrees::Unsafe),
            _ => None,
        }
    }

    /// Whether the family's worker was killed.
    pub fn is_worker_killed(self) -> bool {
        self.0.text("worker_status") == Some("killed")
    }

    /// The members of the family.
    pub fn family_members(self) -> &'a [Answers] {
        match self.0.get(FAMILY_MEMBERS) {
            Some(Answer::Repeat(members)) => members,
            _ => &[],
        }
    }

    /// The person's answer to a permission.
    pub fn may_share(self, with: ShareWith) -> Option<SharingAnswer> {
        let question = match with {
            ShareWith::Partners => "share_partners",
            ShareWith::Governments => "share_govts",
            ShareWith::Associations => "share_verify",
        };
        Some(match self.0.text(question)? {
            "yes" => SharingAnswer::Yes,
            "ask_first" => SharingAnswer::AskFirst,
            "no" => SharingAnswer::No,
            _ => SharingAnswer::Unknown,
        })
    }

    /// The people and organisations that are never to be told, in the person's own words.
    pub fn never_share_with(self) -> Option<&'a str> {
        self.0.text("share_never")
    }
}

/// A question about one member of the family, by its meaning for a referral.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemberQuestion {
    /// The relation to the person, or the sex: shared of children too.
    Basic,
    /// The date of birth: shared of children as an age.
    BirthDate,
    /// Anything else.
    Other,
}

impl MemberQuestion {
    /// The meaning of a key inside [`FAMILY_MEMBERS`].
    pub fn of(key: &str) -> Self {
        match key {
            "relation" | "sex" => Self::Basic,
            "dob" => Self::BirthDate,
            _ => Self::Other,
        }
    }
}
