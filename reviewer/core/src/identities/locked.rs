//! An identity file behind a passphrase, in age's own format: one `scrypt` stanza (<https://c2sp.org/age>).

use std::fmt;
use std::io::{self, Read, Write};

use age::DecryptError;
use age::armor::ArmoredReader;
use zeroize::Zeroizing;

use super::{Identities, IdentityFault};
use crate::text_file;

/// The work of a lock, as in `age`: 2^17 rounds of scrypt and 128 MiB. A second or two in a browser on an old laptop, which
/// has the memory; a guess costs a thief the same. age's own 2^18 takes 256 MiB and gains one bit over it.
pub const WORK: u8 = 17;
/// A file that asks for more is not tried: 2^20 take 1 GiB already.
pub(super) const MAX_WORK: u8 = 20;
pub(super) const ARMOR: &str = "-----BEGIN AGE ENCRYPTED FILE-----";
pub(super) const VERSION: &str = "age-encryption.org/v1";

/// The age file itself, out of its armor if it has one; `None` if it is none.
pub(super) fn binary(bytes: &[u8]) -> Result<Option<Vec<u8>>, IdentityFault> {
    if bytes.starts_with(VERSION.as_bytes()) {
        return Ok(Some(bytes.to_vec()));
    }
    let text = match text_file::text(bytes) {
        Ok(text) if text_file::trimmed(&text).starts_with(ARMOR) => text,
        _ => return Ok(None),
    };
    let lines: Vec<&str> = text.lines().map(text_file::trimmed).collect();
    let text = Zeroizing::new(lines.join("\n"));
    let mut binary = Vec::new();
    ArmoredReader::new(text.trim_ascii_start().as_bytes()).read_to_end(&mut binary).map_err(|_| IdentityFault::Damaged)?;
    Ok(Some(binary))
}

/// An age file with one scrypt stanza, whose work is bounded.
pub struct Locked(Vec<u8>);

impl Locked {
    /// Before any passphrase is asked for: the header as <https://c2sp.org/age> has it, one stanza and its factor.
    pub(super) fn new(file: Vec<u8>) -> Result<Self, IdentityFault> {
        let mut lines = file.split(|&byte| byte == b'\n').map(|line| str::from_utf8(line).unwrap_or_default());
        if lines.next() != Some(VERSION) {
            return Err(IdentityFault::Damaged);
        }
        let stanza = lines.next().and_then(|line| line.strip_prefix("-> ")).ok_or(IdentityFault::Damaged)?;
        let factor = match stanza.split(' ').collect::<Vec<_>>()[..] {
            ["scrypt", _, factor] => factor.parse::<u32>().map_err(|_| IdentityFault::Damaged)?,
            ["scrypt", ..] => return Err(IdentityFault::Damaged),
            _ => return Err(IdentityFault::Sealed),
        };
        // The stanza's body is one line; a second stanza would stand where the MAC has to be.
        if !lines.nth(1).is_some_and(|line| line.starts_with("--- ")) {
            return Err(IdentityFault::Damaged);
        }
        if factor > u32::from(MAX_WORK) { Err(IdentityFault::Work(factor)) } else { Ok(Self(file)) }
    }

    /// Opens it. Takes the time and the memory that its factor asks for.
    pub fn unlock(&self, passphrase: &str) -> Result<Identities, IdentityFault> {
        Identities::parse(&self.text(passphrase)?)
    }

    /// The identity file inside, as it was written.
    pub fn text(&self, passphrase: &str) -> Result<Zeroizing<Vec<u8>>, IdentityFault> {
        let mut words = age::scrypt::Identity::new(passphrase.to_owned().into());
        words.set_max_work_factor(MAX_WORK);
        let from_age = |error| match error {
            DecryptError::DecryptionFailed | DecryptError::KeyDecryptionFailed | DecryptError::NoMatchingKeys => {
                IdentityFault::WrongPassphrase
            }
            _ => IdentityFault::Damaged,
        };
        let mut plaintext = age::Decryptor::new_buffered(&self.0[..])
            .and_then(|file| file.decrypt(std::iter::once(&words as &dyn age::Identity)))
            .map_err(from_age)?;
        // The plaintext is never longer than the file, so no growing buffer leaves half of a secret behind.
        let mut text = Zeroizing::new(Vec::with_capacity(self.0.len()));
        plaintext.read_to_end(&mut text).map_err(|_| IdentityFault::Damaged)?;
        Ok(text)
    }
}

impl fmt::Debug for Locked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Locked(…)")
    }
}

/// Locks an identity file with a passphrase, in age's own format: `age -d` opens it. `work` is the binary logarithm of
/// scrypt's rounds, from 1 to 20.
pub fn lock(identity: &[u8], passphrase: &str, work: u8) -> io::Result<Vec<u8>> {
    let mut words = age::scrypt::Recipient::new(passphrase.to_owned().into());
    words.set_work_factor(work.clamp(1, MAX_WORK));
    let encryptor = age::Encryptor::with_recipients(std::iter::once(&words as &dyn age::Recipient)).map_err(io::Error::other)?;
    let mut file = Vec::new();
    let mut writer = encryptor.wrap_output(&mut file)?;
    writer.write_all(identity)?;
    writer.finish()?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use age::armor::{ArmoredWriter, Format};
    use age::secrecy::ExposeSecret;
    use amanat_shared::seal::HybridIdentity;

    use super::super::{IdentityFile, MAX_BYTES};
    use super::*;

    const WORDS: &str = "copper rabbit ladder melon";
    /// Enough for a test.
    const LITTLE: u8 = 2;

    fn plain() -> String {
        let classic = age::x25519::Identity::generate();
        format!("# two\n{}\n{}\n", *HybridIdentity::from_seed([1; 32]).to_text(), classic.to_string().expose_secret())
    }

    fn locked() -> Vec<u8> {
        lock(plain().as_bytes(), WORDS, LITTLE).unwrap()
    }

    fn open(file: &[u8], words: &str) -> Result<Vec<String>, IdentityFault> {
        match IdentityFile::read(file)? {
            IdentityFile::Ready(identities) => Ok(identities.recipients()),
            IdentityFile::Locked(locked) => locked.unlock(words).map(|identities| identities.recipients()),
        }
    }

    #[test]
    fn a_locked_identity_opens_with_its_passphrase_and_with_no_other_with_and_without_armor() {
        let file = locked();
        let mut armored = ArmoredWriter::wrap_output(Vec::new(), Format::AsciiArmor).unwrap();
        armored.write_all(&file).unwrap();
        let armored = armored.finish().unwrap();
        for file in [file, [b"\n", &armored[..]].concat()] {
            let keys = open(&file, WORDS).unwrap();
            assert!(keys[0].starts_with("age1pq1") && keys[1].starts_with("age1") && keys.len() == 2);
            for wrong in ["", "copper rabbit ladder", "Copper rabbit ladder melon"] {
                assert_eq!(open(&file, wrong), Err(IdentityFault::WrongPassphrase));
            }
        }
        assert_eq!(open(plain().as_bytes(), "").unwrap().len(), 2);
    }

    #[test]
    fn what_is_locked_with_the_usual_work_opens() {
        assert!(open(&lock(plain().as_bytes(), WORDS, WORK).unwrap(), WORDS).is_ok());
    }

    #[test]
    fn the_public_halves_are_those_that_files_are_sealed_to() {
        let keys = open(plain().as_bytes(), "").unwrap();
        assert_eq!(keys[0], HybridIdentity::from_seed([1; 32]).recipient().to_string());
    }

    #[test]
    fn a_file_that_would_hold_the_computer_up_is_refused_before_a_passphrase_is_asked_for() {
        let text = String::from_utf8_lossy(&locked()[..200]).into_owned();
        let stanza = text.lines().nth(1).unwrap();
        let with = |factor: &str| {
            let (head, _) = stanza.rsplit_once(' ').unwrap();
            let header = text.replacen(stanza, &format!("{head} {factor}"), 1);
            IdentityFile::read(header.as_bytes()).map(|_| ())
        };
        assert_eq!(with("20"), Ok(()));
        assert_eq!(with("21"), Err(IdentityFault::Work(21)));
        assert_eq!(with("40"), Err(IdentityFault::Work(40)));
        for odd in ["99999999999999999999", "-1", "x", "", "2 2"] {
            assert_eq!(with(odd), Err(IdentityFault::Damaged), "{odd}");
        }
        // `age` itself refuses these numbers once the passphrase is given.
        for odd in ["+2", "02", "0"] {
            let (head, _) = stanza.rsplit_once(' ').unwrap();
            let file = [text.split_once(stanza).unwrap().0, head, " ", odd].concat();
            let rest = &locked()[file.len().min(100)..];
            assert!(open(&[file.as_bytes(), b"\n", rest].concat(), WORDS).is_err(), "{odd}");
        }
    }

    #[test]
    fn truncated_altered_and_foreign_files_are_refused() {
        let file = locked();
        for length in (0..file.len()).step_by(7).chain([file.len() - 1]) {
            assert!(open(&file[..length], WORDS).is_err(), "{length}");
        }
        for at in (0..file.len()).step_by(3) {
            let mut changed = file.clone();
            changed[at] ^= 1;
            assert!(open(&changed, WORDS).is_err(), "{at}");
        }
        let text = String::from_utf8_lossy(&file).into_owned();
        let lines: Vec<&str> = text.lines().collect();
        let twice = format!("{VERSION}\n{0}\n{1}\n{0}\n{1}\n--- {2}\n", lines[1], lines[2], "A".repeat(43));
        assert_eq!(open(twice.as_bytes(), WORDS), Err(IdentityFault::Damaged));
        assert_eq!(open(format!("{VERSION}\n-> X25519 abc\nabc\n--- abc\n").as_bytes(), WORDS), Err(IdentityFault::Sealed));
        assert_eq!(open(format!("{ARMOR}\nAAAA\n").as_bytes(), WORDS), Err(IdentityFault::Damaged));
        assert_eq!(open(&vec![b'#'; MAX_BYTES + 1], WORDS), Err(IdentityFault::TooLong));
        let nested = lock(&file, WORDS, LITTLE).unwrap();
        assert_eq!(open(&nested, WORDS), Err(IdentityFault::Sealed));
        assert_eq!(open(&lock(b"# nothing\n", WORDS, LITTLE).unwrap(), WORDS), Err(IdentityFault::NotAnIdentity(0)));
    }

    proptest::proptest! {
        // Each measures how fast scrypt is here.
        #![proptest_config(proptest::test_runner::Config::with_cases(64))]

        #[test]
        fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..512), locked in proptest::bool::ANY) {
            let start = if locked { format!("{VERSION}\n-> scrypt ").into_bytes() } else { Vec::new() };
            let _ = IdentityFile::read(&[start, bytes].concat());
        }

        #[test]
        fn what_is_locked_opens_to_the_same_bytes(secret in proptest::collection::vec(proptest::num::u8::ANY, 0..2000), words in ".{0,30}") {
            let Ok(IdentityFile::Locked(locked)) = IdentityFile::read(&lock(&secret, &words, LITTLE).unwrap()) else { panic!() };
            proptest::prop_assert_eq!(&**locked.text(&words).unwrap(), &secret[..]);
        }
    }
}
