//! Health checks for load balancers, which may use any host name.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{FromRef, State};
use axum::routing::get;
use tokio::sync::Mutex;

use crate::store::Store;

use super::error::Error;

const LIVE: &str = "/healthz";
const READY: &str = "/readyz";
/// Anybody may ask, so the database is probed at most once in this time.
const PROBE_INTERVAL: Duration = Duration::from_secs(1);

/// The time of the last successful commit, and whether the server is shutting down.
#[derive(Default)]
pub struct Health {
    last: Mutex<Option<Instant>>,
    shutting_down: AtomicBool,
}

impl Health {
    /// Makes the server report that it is not ready.
    pub(crate) fn begin_shutdown(&self) {
        self.shutting_down.store(true, Ordering::Relaxed);
    }

    /// Checks whether a load balancer should send requests here.
    pub(crate) async fn check(&self, store: &Store) -> Result<(), Error> {
        if self.shutting_down.load(Ordering::Relaxed) {
            return Err(Error::ShuttingDown);
        }
        let mut last = self.last.lock().await;
        if last.is_none_or(|last| last.elapsed() > PROBE_INTERVAL) {
            *last = None;
            store.probe().await?;
            *last = Some(Instant::now());
        }
        Ok(())
    }
}

/// Checks whether a path is a health check's.
pub(crate) fn is_health_path(path: &str) -> bool {
    path == LIVE || path == READY
}

/// Routes of the health checks. `/healthz` answers while the program runs. `/readyz` answers if the database commits and the
/// server is not shutting down.
pub fn router<S>() -> Router<S>
where
    S: Clone + Send + Sync + 'static,
    Arc<Health>: FromRef<S>,
    Store: FromRef<S>,
{
    Router::new().route(LIVE, get(async || "ok\n")).route(READY, get(ready))
}

async fn ready(State(health): State<Arc<Health>>, State(store): State<Store>) -> Result<&'static str, Error> {
    health.check(&store).await.map(|()| "ready\n")
}

#[cfg(test)]
mod tests {
    use amanat_shared::api::ProblemCode;

    use crate::testing::TestServer;

    #[tokio::test]
    async fn a_server_that_shuts_down_is_alive_and_not_ready() {
        let server = TestServer::new().await;
        assert_eq!(server.get("/readyz", &[]).await.body, b"ready\n");
        server.state.health.begin_shutdown();
        let answer = server.get("/readyz", &[]).await;
        assert_eq!((answer.status.as_u16(), answer.problem().code), (503, ProblemCode::Unavailable));
        assert_eq!(server.get("/healthz", &[]).await.status.as_u16(), 200);
    }
}
