//! Runs listeners, router and maintenance together.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;

use crate::http::{ServerState, assets, metrics, router};
use crate::net::{Listeners, Routers};
use crate::store::StoreError;

/// Time between two rounds of maintenance.
const MAINTENANCE_INTERVAL: Duration = Duration::from_hours(1);

/// A pack is renewed before it expires. A clock that is further beyond its expiry than this is not trusted.
const MAX_CLOCK_SKEW_DAYS: i64 = 30;

/// Serves until `shutdown` ends, and then finishes the requests under way for a few seconds.
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
    // Maintenance is not cut short, because an abandoned connection would leave its write-ahead log to the next start. A panic
    // of it has been logged already.
    let _ = maintenance.await;
}

/// Deletes expired data at intervals, until `stop` is notified.
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

/// Stores this build's files for phones that will ask for them after the next upgrade. A failure does not keep the server from
/// serving.
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
    // A deletion is final, and the clock may be wrong. The signed pack tells roughly what time it is.
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
