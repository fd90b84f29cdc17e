//! Authentication of reviewers. The holder of an access key in the pack sends a token that is good for one request.
//!
//! The token is a JWT (`EdDSA`) that the reviewer issues; see [`Claims`]. The server holds public keys only, and keeps no
//! session.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use amanat_shared::api::{Claims, MAX_TOKEN_SECS, from_hex, hex};
use amanat_shared::audit::Action;
use amanat_shared::pack::Pack;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use sha2::{Digest, Sha256};

use crate::clock::Clock;
use crate::http::error::Error;
use crate::http::site::Site;
use crate::store::{self, Store};

/// Counts the distinct reviewers who can send requests. A key under two names belongs to the first.
pub fn distinct_reviewers(pack: &Pack) -> usize {
    let mut by_key = BTreeMap::new();
    for access in &pack.access_keys {
        by_key.entry(access.key.as_str()).or_insert(access.name.as_str());
    }
    by_key.into_values().collect::<BTreeSet<&str>>().len()
}

/// Authenticates reviewers and logs their requests.
#[derive(Clone)]
pub(crate) struct Access {
    pub site: Arc<Site>,
    pub store: Store,
    pub clock: Clock,
}

impl Access {
    /// Refuses a request without a valid token before a byte of the body is read.
    pub(super) fn authenticate_headers(&self, request: &Parts) -> Result<(), Error> {
        self.verify_token(request).map(drop).ok_or(Error::Unauthorized)
    }

    /// Authenticates a request with its body. The token is not used up yet: the transaction that logs the request does that
    /// last, so that only the holder of a key can make the database write.
    pub(super) fn authenticate(&self, request: &Parts, body: &[u8]) -> Result<store::ReviewerRequest, Error> {
        let (request, claims) = self.verify_token(request).ok_or(Error::Unauthorized)?;
        if claims.body_sha256 == hex(&Sha256::digest(body)) { Ok(request) } else { Err(Error::Unauthorized) }
    }

    /// Uses up the token of a request without a body, and logs the request.
    pub(super) async fn record(
        &self,
        request: &store::ReviewerRequest,
        action: Action,
        subject: Option<[u8; 32]>,
    ) -> Result<(), Error> {
        if self.store.admit(request, action, subject, self.clock.hour()).await? { Ok(()) } else { Err(Error::Unauthorized) }
    }

    fn verify_token(&self, request: &Parts) -> Option<(store::ReviewerRequest, Claims)> {
        let mut authorizations = request.headers.get_all(AUTHORIZATION).iter();
        let (Some(authorization), None) = (authorizations.next(), authorizations.next()) else { return None };
        let token = authorization.to_str().ok()?.strip_prefix("Bearer ")?;

        let key = decode_header(token).ok()?.kid?;
        let access = self.site.pack.access_keys.iter().find(|access| access.key == key)?;
        let mut validation = Validation::new(Algorithm::EdDSA);
        // The expiry is checked below, by the server's own clock and to the second.
        validation.validate_exp = false;
        validation.set_required_spec_claims(&["aud"]);
        validation.set_audience(&self.site.origins);
        let claims: Claims = decode(token, &DecodingKey::from_ed_components(&access.key).ok()?, &validation).ok()?.claims;

        let now = u64::try_from(self.clock.unix_secs()).ok()?;
        let in_time = claims.exp > now && claims.exp <= now + MAX_TOKEN_SECS;
        let for_this = claims.htm == request.method.as_str()
            && claims.htu.strip_prefix(claims.aud.as_str()) == Some(request.uri.path())
            && request.uri.path_and_query().is_some_and(|path| claims.path == path.as_str());
        let jti = from_hex(&claims.jti)?;
        (in_time && for_this).then(|| (store::ReviewerRequest { reviewer: access.name.clone(), jti, expires: claims.exp }, claims))
    }
}

#[cfg(test)]
mod tests;
