//! Lists that are made offline and sent online: acknowledgements or discards, told apart by their content. Whoever had the
//! stick may have changed it; the server checks what it can, and nothing of it is printed as it is.

use amanat_shared::api::{Acknowledgements, Discards, from_hex};

/// A file that `push` sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outgoing {
    /// The list that `ack` wrote.
    Acknowledgements(Acknowledgements),
    /// The list that `discard` wrote.
    Discards(Discards),
}

impl Outgoing {
    /// Reads its bytes; an error quotes nothing of them.
    pub fn parse(json: &[u8]) -> Result<Self, String> {
        let acknowledgements = serde_json::from_slice::<Acknowledgements>(json);
        let read = match acknowledgements {
            Ok(all) => Ok(Self::Acknowledgements(all)),
            Err(error) => match serde_json::from_slice::<Discards>(json) {
                Ok(all) => Ok(Self::Discards(all)),
                Err(other) => {
                    // The one that was read further is the one that was meant.
                    let place = |error: &serde_json::Error| (error.line(), error.column());
                    let (line, column) = place(&error).max(place(&other));
                    Err(format!("line {line}, column {column}"))
                }
            },
        }?;
        let is_hash = |text: &str| from_hex::<32>(text).is_some();
        let right = match &read {
            Self::Acknowledgements(all) => all.acknowledged.iter().all(|one| is_hash(&one.sha256) && is_hash(&one.delete_proof)),
            Self::Discards(all) => all.discarded.iter().all(|sha256| is_hash(sha256)),
        };
        if right { Ok(read) } else { Err("a hash or a proof is not 64 hexadecimal digits".to_owned()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_kinds_are_told_apart_and_nothing_else_is_either() {
        let hash = "0a".repeat(32);
        let acknowledged = format!(r#"{{"acknowledged":[{{"sha256":"{hash}","delete_proof":"{hash}"}}]}}"#);
        assert!(
            matches!(Outgoing::parse(acknowledged.as_bytes()), Ok(Outgoing::Acknowledgements(all)) if all.acknowledged.len() == 1)
        );
        let discarded = format!(r#"{{"discarded":["{hash}"]}}"#);
        assert_eq!(Outgoing::parse(discarded.as_bytes()), Ok(Outgoing::Discards(Discards { discarded: vec![hash.clone()] })));
        for wrong in [
            String::new(),
            "[]".to_owned(),
            "{}".to_owned(),
            format!(r#"{{"discarded":["{hash}"],"acknowledged":[]}}"#),
            format!(r#"{{"discarded":["{}"]}}"#, "0A".repeat(32)),
            r#"{"discarded":["x"]}"#.to_owned(),
            r#"{"discarded":"x"}"#.to_owned(),
        ] {
            assert!(Outgoing::parse(wrong.as_bytes()).is_err(), "{wrong}");
        }
    }
}
