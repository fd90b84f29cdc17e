//! The site over HTTP: the router, and one module per subject. Handlers parse, call the store, and answer. Each takes from
//! [`ServerState`] only the parts that it needs.

pub mod assets;
pub mod error;
mod headers;
pub mod health;
pub mod metrics;
mod middleware;
pub mod reviewers;
mod site;
mod state;
pub mod uploads;

pub use site::{AcceptedPack, Site};
pub use state::ServerState;

use std::any::Any;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::response::IntoResponse;
use tower_http::catch_panic::CatchPanicLayer;

use error::Error;

/// Builds the site's router.
pub fn router(state: ServerState) -> Router {
    with_layers(routes(), state)
}

fn routes() -> Router<ServerState> {
    Router::new().merge(assets::router()).merge(uploads::router()).merge(reviewers::router()).merge(health::router())
}

/// Adds the fallback and the layers that hold for every request.
fn with_layers(routes: Router<ServerState>, state: ServerState) -> Router {
    routes
        .method_not_allowed_fallback(async || Error::MethodNotAllowed)
        .fallback(assets::file)
        .layer(from_fn_with_state(state.clone(), middleware::rate_limit))
        .layer(CatchPanicLayer::custom(|_: Box<dyn Any + Send>| Error::Panic.into_response()))
        .layer(from_fn_with_state(state.clone(), middleware::site_guard))
        .with_state(state)
}

#[cfg(test)]
mod openapi;
#[cfg(test)]
mod tests;
