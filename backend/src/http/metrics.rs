//! Metrics for Prometheus (text format 0.0.4), on a listener of their own.
//!
//! Counts of people's files change on the full hour only, so that a reader of frequent samples does not learn when somebody
//! registered. Metrics of the server itself are live.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use amanat_shared::api::ProblemCode;
use axum::Router;
use axum::extract::{FromRef, State};
use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::clock::Clock;
use crate::net::connections::Connections;
use crate::store::Store;

use super::error::Error;
use super::headers::with_common_headers;
use super::health::Health;
use super::site::Site;

const METRICS: &str = "/metrics";
const TEXT_FORMAT: HeaderValue = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");

/// Counters since the start.
pub struct Metrics {
    clock: Clock,
    files: Mutex<HourlyCounts>,
    busy: AtomicU64,
    unavailable: AtomicU64,
    full: AtomicU64,
    evicted: AtomicU64,
    failed: AtomicU64,
}

/// Live counts, and the published ones: a copy from the beginning of the present hour.
#[derive(Default)]
struct HourlyCounts {
    hour: i64,
    live: FileCounts,
    published: FileCounts,
}

#[derive(Clone, Default)]
struct FileCounts {
    begun: u64,
    registered: u64,
    quarantined: u64,
    refused: BTreeMap<String, u64>,
}

impl Metrics {
    pub(crate) fn new(clock: Clock) -> Self {
        let files = Mutex::new(HourlyCounts { hour: clock.hour(), ..HourlyCounts::default() });
        let [busy, unavailable, full, evicted, failed] = [const { AtomicU64::new(0) }; 5];
        Self { clock, files, busy, unavailable, full, evicted, failed }
    }

    /// Counts an upload that was created.
    pub fn upload_created(&self) {
        self.files().live.begun += 1;
    }

    /// Counts a sealed file that was committed as a registration.
    pub fn registered(&self) {
        self.files().live.registered += 1;
    }

    /// Counts a registration that went into quarantine.
    pub fn quarantined(&self) {
        self.files().live.quarantined += 1;
    }

    /// Counts a refused upload, or a refused part of one.
    pub fn refused(&self, code: ProblemCode) {
        let name = serde_json::to_value(code).ok().and_then(|name| name.as_str().map(str::to_owned)).unwrap_or_default();
        *self.files().live.refused.entry(name).or_default() += 1;
    }

    /// Counts a response that said that too many requests arrive.
    pub fn busy(&self) {
        self.busy.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a response that said that the database does not answer or the server is shutting down.
    pub fn unavailable(&self) {
        self.unavailable.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a response that said that the disk is full.
    pub fn full(&self) {
        self.full.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts unfinished uploads that were evicted.
    pub fn evicted(&self, uploads: usize) {
        self.evicted.fetch_add(uploads as u64, Ordering::Relaxed);
    }

    /// Counts an internal error.
    pub fn failed(&self) {
        self.failed.fetch_add(1, Ordering::Relaxed);
    }

    /// Locks the counts, and publishes them if a new hour has begun. Nothing that holds the lock can panic.
    fn files(&self) -> MutexGuard<'_, HourlyCounts> {
        let hour = self.clock.hour();
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        if files.hour != hour {
            files.hour = hour;
            files.published = files.live.clone();
        }
        files
    }
}

/// Router of the metrics' own listener.
pub(crate) fn router<S>(state: S) -> Router
where
    S: Clone + Send + Sync + 'static,
    Arc<Metrics>: FromRef<S>,
    Arc<Health>: FromRef<S>,
    Store: FromRef<S>,
    Arc<Site>: FromRef<S>,
    Arc<Connections>: FromRef<S>,
{
    Router::new()
        .route(METRICS, get(read))
        .method_not_allowed_fallback(async || Error::MethodNotAllowed)
        .fallback(async || Error::NotFound)
        .layer(axum::middleware::map_response(with_common_headers))
        .with_state(state)
}

async fn read(
    State(metrics): State<Arc<Metrics>>,
    State(health): State<Arc<Health>>,
    State(store): State<Store>,
    State(site): State<Arc<Site>>,
    State(connections): State<Arc<Connections>>,
) -> Response {
    let ready = u64::from(health.check(&store).await.is_ok());
    let failing = store.mail_failures().await.map(|failures| failures.len());
    let today = metrics.clock.today();
    let days_left = site.pack.expires_day().map_or(0, |expires| expires.days_since(today));
    let connections = connections.count();
    let mut text = String::new();
    let mut metric = |name: &str, kind: &str, help: &str, values: &[(String, String)]| {
        // Writing to a string never fails.
        let _ = writeln!(text, "# HELP amanat_{name} {help}\n# TYPE amanat_{name} {kind}");
        for (label, value) in values {
            let _ = writeln!(text, "amanat_{name}{label} {value}");
        }
    };
    let one = |value: &dyn std::fmt::Display| [(String::new(), value.to_string())];

    let build = format!("{{version=\"{}\"}}", env!("CARGO_PKG_VERSION"));
    metric("build_info", "gauge", "The program's version.", &[(build, "1".to_owned())]);
    metric("ready", "gauge", "1 if the database commits.", &one(&ready));
    metric("pack_serial", "gauge", "The pack that is served.", &one(&site.pack.serial));
    metric("pack_days_left", "gauge", "Days until phones refuse the pack.", &one(&days_left));
    metric("connections", "gauge", "Open connections.", &one(&connections.open));
    metric("connections_idle", "gauge", "Those of them without a request.", &one(&connections.idle));
    if let Ok(failing) = failing {
        metric("mail_failing", "gauge", "Reviewers whose last mail could not be sent.", &one(&failing));
    }
    let count = |counter: &AtomicU64| one(&counter.load(Ordering::Relaxed));
    metric("busy_total", "counter", "Answers that said that too many come at present (429).", &count(&metrics.busy));
    metric("unavailable_total", "counter", "Answers that said to come back soon (503).", &count(&metrics.unavailable));
    metric("full_total", "counter", "Answers that said that there is no room (507).", &count(&metrics.full));
    metric("uploads_evicted_total", "counter", "Unfinished uploads that made room for others.", &count(&metrics.evicted));
    metric("errors_total", "counter", "Answers that said that something failed here (500).", &count(&metrics.failed));
    let files = metrics.files().published.clone();
    metric("uploads_begun_total", "counter", "Uploads created, as of the last full hour.", &one(&files.begun));
    metric("registrations_total", "counter", "Registrations committed, as of the last full hour.", &one(&files.registered));
    let help = "Those of them that went into quarantine, as of the last full hour.";
    metric("registrations_quarantined_total", "counter", help, &one(&files.quarantined));
    let refused: Vec<_> = files.refused.iter().map(|(code, count)| (format!("{{code=\"{code}\"}}"), count.to_string())).collect();
    metric("uploads_refused_total", "counter", "Refusals of uploads by problem code, as of the last full hour.", &refused);
    ([(CONTENT_TYPE, TEXT_FORMAT)], text).into_response()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use axum::http::Method;

    use super::*;
    use crate::testing::{TestResponse, TestServer, answer, request, sealed, tus};

    async fn request_metrics(server: &TestServer, method: Method, path: &str) -> TestResponse {
        answer(router(server.state.clone()), request(method, path, &[("host", "127.0.0.1")], vec![])).await
    }

    async fn metrics_text(server: &TestServer) -> String {
        let answer = request_metrics(server, Method::GET, METRICS).await;
        assert_eq!(answer.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        String::from_utf8(answer.body).unwrap()
    }

    #[tokio::test]
    async fn quarantined_registrations_are_counted_separately() {
        let mut site = crate::testing::site();
        site.limits.registrations_per_hour = 1.try_into().unwrap();
        let server = TestServer::with_site(site).await;
        for _ in 0..3 {
            server.upload(&sealed(2, 1000)).await;
        }
        server.clock.advance(Duration::from_hours(1));
        let after = metrics_text(&server).await;
        assert!(after.contains("\namanat_registrations_total 3\n"), "{after}");
        assert!(after.contains("\namanat_registrations_quarantined_total 2\n"), "{after}");
    }

    #[tokio::test]
    async fn the_time_of_a_registration_cannot_be_read_from_the_metrics() {
        let server = TestServer::new().await;
        let before = metrics_text(&server).await;
        assert!(before.contains("\namanat_registrations_total 0\n"), "{before}");
        server.upload(&sealed(2, 1000)).await;
        let path = server.create(40_000).await;
        server.patch(&path, 0, vec![7; 40_000]).await;
        // The clock stands at 06:10, and nothing shows before 07:00.
        server.clock.advance(Duration::from_mins(49));
        assert_eq!(metrics_text(&server).await, before);
        server.clock.advance(Duration::from_mins(1));
        server.upload(&sealed(2, 1000)).await;
        let after = metrics_text(&server).await;
        for line in
            ["amanat_uploads_begun_total 2", "amanat_registrations_total 1", "amanat_uploads_refused_total{code=\"not_sealed\"} 1"]
        {
            assert!(after.lines().any(|found| found == line), "{line}\n{after}");
        }
        server.clock.advance(Duration::from_hours(1));
        assert!(metrics_text(&server).await.contains("\namanat_registrations_total 2\n"));
    }

    #[tokio::test]
    async fn the_servers_state_is_live_and_every_line_is_well_formed() {
        let server = TestServer::new().await;
        server.store.mail_failed("reviewer-1", "smtp 550").await.unwrap();
        let text = metrics_text(&server).await;
        for line in
            ["amanat_ready 1", "amanat_pack_serial 7", "amanat_pack_days_left 7", "amanat_mail_failing 1", "amanat_connections 0"]
        {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let (name, value) = line.rsplit_once(' ').unwrap();
            let name = name.split('{').next().unwrap();
            assert!(value.parse::<f64>().is_ok(), "{line}");
            assert!(text.contains(&format!("# TYPE {name} ")) && text.contains(&format!("# HELP {name} ")), "{line}");
        }
        let server = TestServer::new().await;
        server.store.close().await;
        server.call(tus(Method::HEAD, "/api/v1/uploads/00000000000000000000000000000000", &[], vec![])).await;
        let text = metrics_text(&server).await;
        assert!(text.contains("\namanat_ready 0\n") && text.contains("\namanat_unavailable_total 1\n"), "{text}");
        assert!(!text.contains("mail_failing"), "a count that cannot be read is none");
    }

    #[tokio::test]
    async fn the_metrics_listener_answers_metrics_and_nothing_else() {
        let server = TestServer::new().await;
        assert_eq!(server.get(METRICS, &[]).await.status.as_u16(), 404);
        for path in ["/", "/healthz", "/api/v1/pack", "/metrics/"] {
            assert_eq!(request_metrics(&server, Method::GET, path).await.status.as_u16(), 404, "{path}");
        }
        assert_eq!(request_metrics(&server, Method::POST, METRICS).await.status.as_u16(), 405);
    }
}
