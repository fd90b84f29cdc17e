//! What a load balancer asks, under whatever name it calls the server.

use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use tokio::sync::Mutex;

use crate::error::Error;
use crate::server::ServerState;

const LIVE: &str = "/healthz";
const READY: &str = "/readyz";
/// Anybody may ask; the disk is not asked more often than this.
const FRESH: Duration = Duration::from_secs(1);

/// When a commit last succeeded.
#[derive(Default)]
pub struct Health(Mutex<Option<Instant>>);

/// Whether this is an address of this module's.
pub(crate) fn is_path(path: &str) -> bool {
    path == LIVE || path == READY
}

/// `/healthz`: the program runs. `/readyz`: the database commits.
pub fn router() -> Router<ServerState> {
    Router::new().route(LIVE, get(async || "ok\n")).route(READY, get(ready))
}

async fn ready(State(state): State<ServerState>) -> Result<&'static str, Error> {
    let mut last = state.health.0.lock().await;
    if last.is_none_or(|last| last.elapsed() > FRESH) {
        *last = None;
        state.store.probe().await?;
        *last = Some(Instant::now());
    }
    Ok("ready\n")
}
