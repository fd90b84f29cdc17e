//! Requests to discard what opens for nobody, and objections to deletions. What follows from them is decided by time and by
//! what others ask ([`crate::store::Store::retain`]).

use amanat_shared::api::{DISCARDS, Discards, DiscardsResult, OBJECTIONS, Objections, ObjectionsResult, from_hex};
use axum::extract::{Request, State};
use axum::routing::post;
use axum::{Json, Router};

use super::signed;
use crate::http::ServerState;
use crate::http::error::Error;
use crate::http::reviewers::access::reviewers;
use crate::store::{Discarded, Objected, Objection};

/// Their addresses.
pub(super) fn router() -> Router<ServerState> {
    Router::new().route(DISCARDS, post(discard)).route(OBJECTIONS, post(object))
}

fn hashes(texts: &[String]) -> Result<Vec<[u8; 32]>, Error> {
    texts.iter().map(|text| from_hex(text)).collect::<Option<_>>().ok_or(Error::Malformed)
}

async fn discard(State(state): State<ServerState>, request: Request) -> Result<Json<DiscardsResult>, Error> {
    let (reviewer, sent) = signed::<Discards>(&state, request).await?;
    let files = hashes(&sent.discarded)?;
    let outcomes = state.store.discard(&reviewer, &files, state.clock.hour()).await?.ok_or(Error::Unauthorized)?;
    let mut result = DiscardsResult {
        needed: state.site.retention.discards,
        reviewers: u32::try_from(reviewers(&state.site.pack)).unwrap_or(u32::MAX),
        ..DiscardsResult::default()
    };
    for (sha256, outcome) in sent.discarded.into_iter().zip(outcomes) {
        match outcome {
            Discarded::Noted => result.noted.push(sha256),
            Discarded::Unknown => result.unknown.push(sha256),
            Discarded::Opened => result.opened.push(sha256),
        }
    }
    Ok(Json(result))
}

async fn object(State(state): State<ServerState>, request: Request) -> Result<Json<ObjectionsResult>, Error> {
    let (reviewer, sent) = signed::<Objections>(&state, request).await?;
    let objected = hashes(&sent.objected)?.into_iter().map(|sha256| (sha256, Objection::Object));
    let withdrawn = hashes(&sent.withdrawn)?.into_iter().map(|sha256| (sha256, Objection::Withdraw));
    let objections: Vec<_> = objected.chain(withdrawn).collect();
    let outcomes = state.store.object(&reviewer, &objections, state.clock.hour()).await?.ok_or(Error::Unauthorized)?;
    let mut result = ObjectionsResult::default();
    for (sha256, outcome) in sent.objected.into_iter().chain(sent.withdrawn).zip(outcomes) {
        match outcome {
            Objected::Noted => result.noted.push(sha256),
            Objected::Unknown => result.unknown.push(sha256),
            Objected::Without => result.not_objected.push(sha256),
        }
    }
    Ok(Json(result))
}

#[cfg(test)]
mod tests;
