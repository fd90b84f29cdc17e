//! Connections, the router, and the headers that every response carries.

use std::any::Any;
use std::io;
use std::ops::Deref;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use amanat_shared::api::UPLOADS;
use amanat_shared::pack::{Pack, SignedPack};
use amanat_shared::seal::Kind;
use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HOST, HeaderName, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tower_http::catch_panic::CatchPanicLayer;

use crate::assets::Page;
use crate::clock::Clock;
use crate::config::Retention;
use crate::error::{Error, Logged};
use crate::health::Health;
use crate::limits::{self, Limits};
use crate::store::{Store, StoreError};
use crate::uploads::Pending;
use crate::{assets, health, reviewers, uploads};

/// A head that is not complete by then is not going to be; it is also how long a connection may idle.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// What one connection may hold of what it has read: uploads are many, and slow.
const READ_BUFFER_BYTES: usize = 32 * 1024;
/// How long requests under way may take when the server is told to stop.
const LAST_REQUESTS: Duration = Duration::from_secs(10);
/// Between two prunings.
const PRUNE_EVERY: Duration = Duration::from_hours(1);

/// A pack is signed anew before its end: a clock that is further beyond it is not believed.
const CLOCK_DAYS: i64 = 30;

/// What is served.
#[derive(Clone, Debug)]
pub struct Site {
    /// The pack as signed, which goes into the page.
    pub signed: SignedPack,
    /// The same, verified.
    pub pack: Pack,
    /// Packs of the last 180 days that are not revoked, the present one among them: what was sealed to them gets in.
    pub accepted: Vec<Accepted>,
    /// Serials that are revoked.
    pub revoked: Vec<u64>,
    /// Where the site is reached, e.g. `https://form.example.org`: what `Host` and a token's `aud` may be.
    pub origins: Vec<String>,
    /// Whether browsers reach it through TLS, and shall never do otherwise.
    pub tls: bool,
    /// Its onion address.
    pub onion_location: Option<String>,
    /// Longest sealed file; see [`uploads::max_upload_bytes`].
    pub max_upload_bytes: u64,
    /// Whom to tell of a registration.
    pub reviewers_to_notify: Vec<String>,
    /// How much one may ask for, and all together.
    pub limits: limits::Settings,
    /// How long sealed files are kept.
    pub retention: Retention,
}

/// A pack whose files get in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// Its serial.
    pub serial: u64,
    /// What a file sealed to it looks like from outside: kind and number of stanzas.
    pub shape: (Kind, usize),
}

/// What handlers share.
#[derive(Clone)]
pub struct ServerState(Arc<Shared>);

/// See [`ServerState`].
pub struct Shared {
    pub(crate) site: Site,
    pub(crate) store: Store,
    pub(crate) clock: Clock,
    pub(crate) page: Page,
    pub(crate) pending: Pending,
    pub(crate) limits: Limits,
    pub(crate) health: Health,
}

impl ServerState {
    /// Puts the pack into the page.
    pub fn new(site: Site, store: Store, clock: Clock) -> Self {
        let page = Page::with_pack(&site.signed);
        let limits = Limits::new(site.limits.clone());
        Self(Arc::new(Shared { site, store, clock, page, pending: Pending::default(), limits, health: Health::default() }))
    }
}

impl Deref for ServerState {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

/// Serves until `shutdown` ends, and then what is under way for a few seconds more.
pub async fn serve(
    listener: TcpListener,
    site: Site,
    store: Store,
    clock: Clock,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let state = ServerState::new(site, store, clock);
    let pruning = tokio::spawn(prune(state.clone()));
    let service = TowerToHyperService::new(router(state));
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT).max_buf_size(READ_BUFFER_BYTES);
    let connections = GracefulShutdown::new();
    let mut shutdown = pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            () = &mut shutdown => break,
            accepted = listener.accept() => accepted,
        };
        // The other end's address is not even looked at.
        let Ok((stream, _)) = accepted else {
            // Out of descriptors, most likely: some will be given back.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let _ = stream.set_nodelay(true);
        let connection = connections.watch(http.serve_connection(TokioIo::new(stream), service.clone()));
        tokio::spawn(async move {
            // That somebody hung up is nobody's business.
            let _ = connection.await;
        });
    }
    drop(listener);
    let _ = tokio::time::timeout(LAST_REQUESTS, connections.shutdown()).await;
    pruning.abort();
    Ok(())
}

/// Everything that is served.
pub fn router(state: ServerState) -> Router {
    let routes = Router::new().merge(assets::router()).merge(uploads::router()).merge(reviewers::router()).merge(health::router());
    framed(routes, state)
}

/// What holds for every route, and for what is none.
fn framed(routes: Router<ServerState>, state: ServerState) -> Router {
    routes
        .method_not_allowed_fallback(async || Error::Method)
        .fallback(assets::file)
        .layer(from_fn_with_state(state.clone(), limits::admit))
        .layer(CatchPanicLayer::custom(|_: Box<dyn Any + Send>| Error::Panic.into_response()))
        .layer(from_fn_with_state(state.clone(), guard))
        .with_state(state)
}

/// Around everything: only the site's own names, and its headers on every response.
async fn guard(State(state): State<ServerState>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let tus = path.starts_with(UPLOADS);
    let route = request.extensions().get::<MatchedPath>().map_or_else(|| "(none)".to_owned(), |path| path.as_str().to_owned());
    let mut response = if health::is_path(path) || is_ours(&request, &state.site.origins) {
        next.run(request).await
    } else {
        Error::Host.into_response()
    };
    if let Some(Logged(failed)) = response.extensions().get() {
        tracing::error!(route, failed, "a request failed");
    }
    if tus {
        uploads::mark(&mut response);
    }
    dress(response.headers_mut(), &state.site);
    response
}

fn is_ours(request: &Request, origins: &[String]) -> bool {
    let named = match request.uri().authority() {
        Some(authority) => Some(authority.as_str()),
        None => request.headers().get(HOST).and_then(|host| host.to_str().ok()),
    };
    named.is_some_and(|named| {
        origins.iter().any(|origin| origin.split_once("://").is_some_and(|(_, host)| host.eq_ignore_ascii_case(named)))
    })
}

fn dress(headers: &mut HeaderMap, site: &Site) {
    let always = [
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
    ];
    for (name, value) in always {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // The page, which alone can run anything, has set longer ones, and its files may be kept.
    for (name, value) in [
        (CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
        (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()"),
        (CACHE_CONTROL, "no-store"),
    ] {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    if site.tls {
        headers.insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=63072000"));
    }
    if let Some(onion) = site.onion_location.as_deref().and_then(|onion| HeaderValue::from_str(onion).ok()) {
        headers.insert(HeaderName::from_static("onion-location"), onion);
    }
}

/// Forgets from time to time what need not be kept.
async fn prune(state: ServerState) {
    loop {
        if let Err(error) = prune_once(&state).await {
            tracing::error!(%error, "what is out of date could not be deleted");
        }
        tokio::time::sleep(PRUNE_EVERY).await;
    }
}

async fn prune_once(state: &ServerState) -> Result<(), StoreError> {
    state.store.prune_uploads(state.clock.hour()).await?;
    state.store.prune_tokens(state.clock.unix_secs()).await?;
    state.store.prune_challenges(state.clock.unix_secs()).await?;
    state.limits.tidy();
    // What is deleted does not come back, and a clock can be wrong: the signed pack says roughly what time it is.
    let past_days = state.site.pack.expires_day().map_or(i64::MAX, |expires| state.clock.today().days_since(expires));
    if past_days <= CLOCK_DAYS {
        state.store.retain(&state.site.retention, state.clock.hour()).await?;
    } else {
        tracing::warn!("no sealed file is deleted: by this clock the pack expired long ago, so one of them is wrong");
    }
    state.store.tidy().await
}

#[cfg(test)]
mod tests;
