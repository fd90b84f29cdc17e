//! Re-sealing: another header, for other recipients, before the same payload.
//!
//! The file's key stays. Whoever could open the file before may have kept what is in it; a new key would take nothing from
//! them. Whoever could not learns nothing from the old header that is gone.

use std::cell::RefCell;

use age::DecryptError;
use age_core::format::{FileKey, Stanza};
use age_core::secrecy::ExposeSecret;
use zeroize::Zeroizing;

use super::writer::{FILE_KEY_BYTES, header};
use super::{Origin, Recipients, SealError, commitment, look_inside};

/// Why a file was not re-sealed.
#[derive(Debug, thiserror::Error)]
pub enum ResealError {
    /// It is not sealed to keys.
    #[error("it is not sealed to keys of one kind")]
    NotSealed,
    /// It is sealed to others, or its header is damaged.
    #[error(transparent)]
    Decrypt(#[from] DecryptError),
    /// The new header could not be made.
    #[error(transparent)]
    Seal(#[from] SealError),
}

/// Opens the header with one of `identities`, checks its MAC, and gives back the whole file with a new header for
/// `recipients`. The payload is not looked at.
pub fn reseal(
    sealed: &[u8],
    identities: &[&dyn age::Identity],
    recipients: &Recipients,
    origin: Option<&Origin>,
) -> Result<Vec<u8>, ResealError> {
    let Ok(Some((old, _))) = look_inside(sealed) else { return Err(ResealError::NotSealed) };
    let caught = RefCell::new(None);
    let listening: Vec<Listening<'_>> = identities.iter().map(|&inner| Listening { inner, caught: &caught }).collect();
    // The age crate gives no file key away, but asks us for it.
    age::Decryptor::new_buffered(sealed)?.decrypt(listening.iter().map(|one| one as &dyn age::Identity))?;
    let file_key = caught.into_inner().ok_or(DecryptError::NoMatchingKeys)?;
    let mut stanzas: Vec<_> = origin.map(Origin::stanza).into_iter().collect();
    stanzas.extend(recipients.wrap(&file_key)?);
    // The old header's MAC was checked above.
    stanzas.extend(old.commitment.map(commitment));
    let mut file = header(&file_key, &stanzas);
    file.extend_from_slice(&sealed[old.bytes..]);
    Ok(file)
}

/// An identity, and the file key that it found.
struct Listening<'a> {
    inner: &'a dyn age::Identity,
    caught: &'a RefCell<Option<Zeroizing<[u8; FILE_KEY_BYTES]>>>,
}

impl age::Identity for Listening<'_> {
    fn unwrap_stanza(&self, stanza: &Stanza) -> Option<Result<FileKey, DecryptError>> {
        let found = self.inner.unwrap_stanza(stanza);
        if let Some(Ok(key)) = &found {
            *self.caught.borrow_mut() = Some(Zeroizing::new(*key.expose_secret()));
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::super::{HybridIdentity, Sealer};
    use super::*;

    fn recipients(seeds: &[u8]) -> Recipients {
        let keys: Vec<String> = seeds.iter().map(|&seed| HybridIdentity::from_seed([seed; 32]).recipient().to_string()).collect();
        Recipients::parse(keys.iter().map(String::as_str)).unwrap()
    }

    fn open(file: &[u8], identity: &dyn age::Identity) -> Option<Vec<u8>> {
        let mut plaintext = Vec::new();
        age::Decryptor::new(file).ok()?.decrypt(std::iter::once(identity)).ok()?.read_to_end(&mut plaintext).ok()?;
        Some(plaintext)
    }

    #[test]
    fn a_resealed_file_opens_with_the_new_keys_only_and_holds_the_same() {
        let mut sealer = Sealer::new(&recipients(&[1, 2]), &[7; 32], Vec::new()).unwrap();
        sealer.entry("registration.json", 2).unwrap();
        sealer.write(b"{}").unwrap();
        let file = sealer.finish().unwrap();
        let [old, new, stranger] = [1, 3, 9].map(|seed| HybridIdentity::from_seed([seed; 32]));
        let classic = age::x25519::Identity::generate();
        let to_classic = Recipients::parse(std::iter::once(&*classic.to_public().to_string())).unwrap();
        for (to, key) in [(recipients(&[3, 4]), &new as &dyn age::Identity), (to_classic, &classic)] {
            let again = reseal(&file, &[&stranger, &old], &to, None).unwrap();
            assert_eq!(open(&again, key), open(&file, &old));
            assert!(open(&again, &old).is_none() && open(&file, key).is_none());
            let [before, after] = [&file, &again].map(|file| look_inside(file).unwrap().unwrap().0.commitment);
            assert!(before.is_some() && after == before);
        }
        assert!(matches!(reseal(&file, &[&stranger], &recipients(&[3]), None), Err(ResealError::Decrypt(_))));
        assert!(matches!(reseal(b"plain", &[&old], &recipients(&[3]), None), Err(ResealError::NotSealed)));
        let mut changed = file.clone();
        changed[200] ^= 1;
        assert!(reseal(&changed, &[&old], &recipients(&[3]), None).is_err());
    }
}
