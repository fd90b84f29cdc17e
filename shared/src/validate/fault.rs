//! The problems that validation finds.

/// Something to say about an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The question; for a question inside a group `group/question`, inside a repeat `repeat/0/question`.
    pub path: String,
    /// The problem.
    pub code: FaultCode,
}

impl Fault {
    /// The question of a page that it belongs to: the first part of its path.
    pub fn question(&self) -> &str {
        self.path.split_once('/').map_or(&self.path, |(question, _)| question)
    }
}

/// A problem with an entry. The phone shows a text for it in its language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultCode {
    /// Required and empty.
    Required,
    /// Required `select_one` without a choice, or a choice that is not offered.
    ChooseOne,
    /// Required `select_multiple` without a choice, or a choice that is not offered.
    ChooseAny,
    /// A choice that excludes others stands beside another.
    Exclusive,
    /// Required `acknowledge` not ticked; or not the choice that `must_be` demands.
    Acknowledge,
    /// Fewer characters than this.
    TooShort(usize),
    /// More characters than this.
    TooLong(usize),
    /// Warning: has signs or digits that no name has.
    Name,
    /// Warning: not in Latin letters.
    NameLatin,
    /// Warning: there is no telephone number in it.
    Phone,
    /// Warning: a telephone number whose country cannot be told, or more than one.
    PhoneUnclear,
    /// Not an email address: nothing before or behind an `@`.
    Email,
    /// Warning: an email address that cannot be right, or more than one.
    EmailUnclear,
    /// Not a whole number.
    Number,
    /// Outside these bounds.
    Range(i64, i64),
    /// No such day, or not written in digits.
    DateInvalid,
    /// A year is needed (or "not sure").
    DateYear,
    /// The year is of another calendar than the one that is chosen, or has two digits: which is meant?
    WhichYear,
    /// Warning: looks like another calendar.
    DateCalendar,
    /// Must be in the past.
    DateFuture,
    /// Ends before it starts.
    DateOrder,
    /// Age out of bounds.
    Age,
    /// Warning: under the age that the form warns at.
    Minor,
    /// Not a receipt's code.
    Receipt,
    /// Warning: not 13 digits.
    Etazkira,
    /// Warning: does not look like a passport's number.
    Passport,
    /// Must differ from another answer.
    Same,
    /// Warning: easy to guess.
    Guessable,
    /// Warning: the safe word says the same.
    GuessableWord,
    /// More items than this.
    TooMany(i64),
    /// A file is larger than this many bytes.
    FileSize(u64),
    /// All files together are larger than this many bytes.
    TotalSize(u64),
    /// Neither photo nor PDF.
    FileType,
}

impl FaultCode {
    /// Said, but does not hold anybody up.
    pub const fn is_warning(self) -> bool {
        matches!(
            self,
            Self::Name
                | Self::NameLatin
                | Self::Phone
                | Self::PhoneUnclear
                | Self::EmailUnclear
                | Self::DateCalendar
                | Self::Minor
                | Self::Etazkira
                | Self::Passport
                | Self::Guessable
                | Self::GuessableWord
        )
    }
}
