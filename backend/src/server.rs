//! The server as it runs.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;

use crate::http::{ServerState, assets, metrics, router};
use crate::net::{Doors, Routers};
use crate::store::StoreError;

/// Between two prunings.
const PRUNE_EVERY: Duration = Duration::from_hours(1);

/// A pack is signed anew before its end: a clock that is further beyond it is not believed.
const CLOCK_DAYS: i64 = 30;

/// Serves until `shutdown` ends, and then what is under way for a few seconds more.
pub async fn serve(doors: Doors, state: ServerState, shutdown: impl Future<Output = ()>) {
    keep_site(&state).await;
    let stop = Arc::new(Notify::new());
    let pruning = tokio::spawn(prune(state.clone(), Arc::clone(&stop)));
    let routers = Routers { site: router(state.clone()), metrics: metrics::router(state.clone()) };
    let shutdown = async {
        shutdown.await;
        state.health.stopping();
    };
    doors.open(routers, &state.connections, shutdown).await;
    stop.notify_one();
    // Not cut short: a connection that is given up in the middle leaves its log behind for the next start. A fault has been
    // logged, and costs nothing.
    let _ = pruning.await;
}

/// Forgets from time to time what need not be kept.
async fn prune(state: ServerState, stop: Arc<Notify>) {
    loop {
        if let Err(error) = prune_once(&state).await {
            tracing::error!(%error, "what is out of date could not be deleted");
        }
        tokio::select! {
            () = stop.notified() => return,
            () = tokio::time::sleep(PRUNE_EVERY) => {}
        }
        keep_site(&state).await;
    }
}

/// Keeps this build's files for phones that will ask for them after the next one was deployed. That they cannot be kept is no
/// reason not to serve.
async fn keep_site(state: &ServerState) {
    if let Err(error) = state.store.keep_site_files(&assets::current(), state.clock.hour()).await {
        tracing::warn!(%error, "the page's files could not be kept, so phones that load them now cannot go on after an upgrade");
    }
}

pub(crate) async fn prune_once(state: &ServerState) -> Result<(), StoreError> {
    state.store.prune_uploads(state.clock.hour()).await?;
    state.store.prune_tokens(state.clock.unix_secs()).await?;
    state.store.prune_challenges(state.clock.unix_secs()).await?;
    state.limits.tidy(&state.store, state.clock.unix_secs()).await?;
    // What is deleted does not come back, and a clock can be wrong: the signed pack says roughly what time it is.
    let past_days = state.site.pack.expires_day().map_or(i64::MAX, |expires| state.clock.today().days_since(expires));
    if past_days <= CLOCK_DAYS {
        state.store.retain(&state.site.retention, state.clock.hour()).await?;
        state.store.prune_site_files(state.clock.hour()).await?;
    } else {
        tracing::warn!("no sealed file is deleted: by this clock the pack expired long ago, so one of them is wrong");
    }
    state.store.tidy().await
}

#[cfg(test)]
mod tests;
