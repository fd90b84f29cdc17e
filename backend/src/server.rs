//! The server as it runs.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;

use crate::http::{ServerState, assets, metrics, router};
use crate::net::{Listeners, Routers};
use crate::store::StoreError;

/// Between two prunings.
const MAINTENANCE_INTERVAL: Duration = Duration::from_hours(1);

/// A pack is signed anew before its end: a clock that is further beyond it is not believed.
const MAX_CLOCK_SKEW_DAYS: i64 = 30;

/// Serves until `shutdown` ends, and then what is under way for a few seconds more.
pub async fn serve(listeners: Listeners, state: ServerState, shutdown: impl Future<Output = ()>) {
    store_site_files(&state).await;
    let stop = Arc::new(Notify::new());
    let maintenance = tokio::spawn(run_maintenance(state.clone(), Arc::clone(&stop)));
    let routers = Routers { site: router(state.clone()), metrics: metrics::router(state.clone()) };
    let shutdown = async {
        shutdown.await;
        state.health.begin_shutdown();
    };
    listeners.serve(routers, &state.connections, shutdown).await;
    stop.notify_one();
    // Not cut short: a connection that is given up in the middle leaves its log behind for the next start. A fault has been
    // logged, and costs nothing.
    let _ = maintenance.await;
}

/// Forgets from time to time what need not be kept.
async fn run_maintenance(state: ServerState, stop: Arc<Notify>) {
    loop {
        if let Err(error) = maintain(&state).await {
            tracing::error!(%error, "what is out of date could not be deleted");
        }
        tokio::select! {
            () = stop.notified() => return,
            () = tokio::time::sleep(MAINTENANCE_INTERVAL) => {}
        }
        store_site_files(&state).await;
    }
}

/// Keeps this build's files for phones that will ask for them after the next one was deployed. That they cannot be kept is no
/// reason not to serve.
async fn store_site_files(state: &ServerState) {
    if let Err(error) = state.store.keep_site_files(&assets::current_build_files(), state.clock.hour()).await {
        tracing::warn!(%error, "the page's files could not be kept, so phones that load them now cannot go on after an upgrade");
    }
}

pub(crate) async fn maintain(state: &ServerState) -> Result<(), StoreError> {
    state.store.prune_uploads(state.clock.hour()).await?;
    state.store.prune_tokens(state.clock.unix_secs()).await?;
    state.store.prune_challenges(state.clock.unix_secs()).await?;
    state.limits.tidy(&state.store, state.clock.unix_secs()).await?;
    // What is deleted does not come back, and a clock can be wrong: the signed pack says roughly what time it is.
    let past_days = state.site.pack.expires_day().map_or(i64::MAX, |expires| state.clock.today().days_since(expires));
    if past_days <= MAX_CLOCK_SKEW_DAYS {
        state.store.apply_retention(&state.site.retention, state.clock.hour()).await?;
        state.store.prune_site_files(state.clock.hour()).await?;
    } else {
        tracing::warn!("no sealed file is deleted: by this clock the pack expired long ago, so one of them is wrong");
    }
    state.store.compact().await
}

#[cfg(test)]
mod tests;
