//! Reads `roots.toml`: the threshold, and the root keys that are compiled in. The build script uses it.

use base64ct::{Base64, Encoding};

/// A minisign public key: `Ed`, then 8 bytes of key id, then the Ed25519 key.
const PUBLIC_KEY_BYTES: usize = 42;
const KEY_AT: usize = 10;

/// `roots.toml`.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Roots {
    /// Good signatures that a pack needs.
    pub threshold: usize,
    /// minisign public keys, base64.
    pub keys: Vec<String>,
}

/// Reads and checks the file. A key counts once, whatever key id stands before it: one holder must not pass for two.
pub fn parse(text: &str) -> Result<Roots, String> {
    let roots: Roots = toml::from_str(text).map_err(|error| error.to_string())?;
    let mut keys = Vec::new();
    for (index, key) in roots.keys.iter().enumerate() {
        let bytes = Base64::decode_vec(key).ok().filter(|bytes| bytes.len() == PUBLIC_KEY_BYTES && bytes.starts_with(b"Ed"));
        let bytes =
            bytes.ok_or_else(|| format!("keys[{index}] is no minisign public key, such as the second line of root-1.pub"))?;
        let key = bytes[KEY_AT..].to_vec();
        if let Some(first) = keys.iter().position(|known| *known == key) {
            return Err(format!("keys[{first}] and keys[{index}] are one Ed25519 key, and each root has a key of its own"));
        }
        keys.push(key);
    }
    if (1..=5).contains(&keys.len()) && (1..=3).contains(&roots.threshold) && roots.threshold <= keys.len() {
        Ok(roots)
    } else {
        Err("one to five keys, and a threshold of one to three that they can reach".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(id: u8, public: u8) -> String {
        let mut bytes = [public; PUBLIC_KEY_BYTES];
        bytes[..2].copy_from_slice(b"Ed");
        bytes[2..KEY_AT].fill(id);
        Base64::encode_string(&bytes)
    }

    fn read(threshold: usize, keys: &[String]) -> Result<Roots, String> {
        parse(&format!("threshold = {threshold}\nkeys = {keys:?}\n"))
    }

    #[test]
    fn one_key_under_two_key_ids_is_refused() {
        assert_eq!(read(2, &[key(1, 1), key(2, 2)]).unwrap().keys.len(), 2);
        assert!(read(2, &[key(1, 1), key(2, 2), key(3, 1)]).unwrap_err().contains("keys[0] and keys[2] are one Ed25519 key"));
        assert!(read(1, &[key(1, 1), key(1, 1)]).is_err());
    }

    #[test]
    fn what_is_no_key_and_a_threshold_out_of_reach_are_refused() {
        for keys in [vec!["RWQ".to_owned()], vec![key(1, 1), String::new()], vec![key(1, 1).replacen("RW", "RX", 1)]] {
            assert!(read(1, &keys).unwrap_err().contains("is no minisign public key"), "{keys:?}");
        }
        for (threshold, keys) in [(0, 1), (2, 1), (4, 5), (1, 0), (1, 6)] {
            let keys: Vec<String> = (0..keys).map(|number| key(number, number)).collect();
            assert!(read(threshold, &keys).unwrap_err().contains("threshold"), "{threshold} of {}", keys.len());
        }
        assert!(parse("threshold = 1\nkeys = []\nmore = 1\n").is_err());
    }
}
