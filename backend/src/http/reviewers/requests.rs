//! Requests to discard files that open for nobody, and objections to deletions. Time and other reviewers' requests decide what
//! follows from them ([`crate::store::Store::apply_retention`]).

use std::sync::Arc;

use amanat_shared::api::{DISCARDS, Discards, DiscardsResult, OBJECTIONS, Objections, ObjectionsResult, from_hex};
use axum::extract::{FromRef, Request, State};
use axum::routing::post;
use axum::{Json, Router};

use super::access::{Access, distinct_reviewers};
use super::read_signed_body;
use crate::clock::Clock;
use crate::http::error::Error;
use crate::http::site::Site;
use crate::store::{DiscardOutcome, Objection, ObjectionOutcome, Store};

/// Routes of these requests.
pub(super) fn router<S>() -> Router<S>
where
    S: Clone + Send + Sync + 'static,
    Access: FromRef<S>,
    Store: FromRef<S>,
    Clock: FromRef<S>,
    Arc<Site>: FromRef<S>,
{
    Router::new().route(DISCARDS, post(discard)).route(OBJECTIONS, post(object))
}

fn hashes(texts: &[String]) -> Result<Vec<[u8; 32]>, Error> {
    texts.iter().map(|text| from_hex(text)).collect::<Option<_>>().ok_or(Error::Malformed)
}

async fn discard(
    State(access): State<Access>,
    State(store): State<Store>,
    State(clock): State<Clock>,
    State(site): State<Arc<Site>>,
    request: Request,
) -> Result<Json<DiscardsResult>, Error> {
    let (reviewer, sent) = read_signed_body::<Discards>(&access, request).await?;
    let files = hashes(&sent.discarded)?;
    let outcomes = store.discard(&reviewer, &files, clock.hour()).await?.ok_or(Error::Unauthorized)?;
    let mut result = DiscardsResult {
        needed: site.retention.discards,
        reviewers: u32::try_from(distinct_reviewers(&site.pack)).unwrap_or(u32::MAX),
        ..DiscardsResult::default()
    };
    for (sha256, outcome) in sent.discarded.into_iter().zip(outcomes) {
        match outcome {
            DiscardOutcome::Noted => result.noted.push(sha256),
            DiscardOutcome::Unknown => result.unknown.push(sha256),
            DiscardOutcome::Opened => result.opened.push(sha256),
        }
    }
    Ok(Json(result))
}

async fn object(
    State(access): State<Access>,
    State(store): State<Store>,
    State(clock): State<Clock>,
    request: Request,
) -> Result<Json<ObjectionsResult>, Error> {
    let (reviewer, sent) = read_signed_body::<Objections>(&access, request).await?;
    let objected = hashes(&sent.objected)?.into_iter().map(|sha256| (sha256, Objection::Object));
    let withdrawn = hashes(&sent.withdrawn)?.into_iter().map(|sha256| (sha256, Objection::Withdraw));
    let objections: Vec<_> = objected.chain(withdrawn).collect();
    let outcomes = store.object(&reviewer, &objections, clock.hour()).await?.ok_or(Error::Unauthorized)?;
    let mut result = ObjectionsResult::default();
    for (sha256, outcome) in sent.objected.into_iter().chain(sent.withdrawn).zip(outcomes) {
        match outcome {
            ObjectionOutcome::Noted => result.noted.push(sha256),
            ObjectionOutcome::Unknown => result.unknown.push(sha256),
            ObjectionOutcome::Without => result.not_objected.push(sha256),
        }
    }
    Ok(Json(result))
}

#[cfg(test)]
mod tests;
