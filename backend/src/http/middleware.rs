//! The router, and what is around every route and around what is none: only the site's own names, and its headers on every
//! response.

use std::any::Any;

use amanat_shared::api::{ProblemCode, UPLOADS};
use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HOST, HeaderName, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use tower_http::catch_panic::CatchPanicLayer;

use crate::limits;
use crate::peer::Peer;

use super::assets::PERMISSIONS_POLICY;
use super::error::{Error, Logged};
use super::metrics::Metrics;
use super::{ServerState, Site, assets, health, reviewers, uploads};

/// Everything that is served.
pub fn router(state: ServerState) -> Router {
    framed(routes(), state)
}

pub(super) fn routes() -> Router<ServerState> {
    Router::new().merge(assets::router()).merge(uploads::router()).merge(reviewers::router()).merge(health::router())
}

/// What holds for every route, and for what is none.
pub(super) fn framed(routes: Router<ServerState>, state: ServerState) -> Router {
    routes
        .method_not_allowed_fallback(async || Error::Method)
        .fallback(assets::file)
        .layer(from_fn_with_state(state.clone(), limits::admit))
        .layer(CatchPanicLayer::custom(|_: Box<dyn Any + Send>| Error::Panic.into_response()))
        .layer(from_fn_with_state(state.clone(), guard))
        .with_state(state)
}

/// Which of the site's names somebody uses: they must not be led from the one to the other unasked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    /// A name that anybody can see somebody look up.
    Clearnet,
    Onion,
}

impl Side {
    fn of(request: &Request) -> Self {
        if request.extensions().get() == Some(&Peer::Onion) { Self::Onion } else { Self::Clearnet }
    }

    fn of_name(host: &str) -> Self {
        if is_onion(host) { Self::Onion } else { Self::Clearnet }
    }
}

/// Whether this name, or origin, is an onion service's.
pub fn is_onion(host: &str) -> bool {
    let port = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let name = host.rsplit_once(':').filter(|(_, after)| port(after)).map_or(host, |(name, _)| name);
    name.rsplit_once('.').is_some_and(|(_, last)| last.eq_ignore_ascii_case("onion"))
}

async fn guard(State(state): State<ServerState>, request: Request, next: Next) -> Response {
    let (method, uri, side) = (request.method().clone(), request.uri().clone(), Side::of(&request));
    let route = request.extensions().get::<MatchedPath>().map_or_else(|| "(none)".to_owned(), |path| path.as_str().to_owned());
    let mut response = if health::is_path(uri.path()) || is_ours(&request, &state.site.origins, side) {
        next.run(request).await
    } else {
        Error::Host.into_response()
    };
    if let Some(Logged(failed)) = response.extensions().get() {
        tracing::error!(route, failed, "a request failed");
    }
    if uri.path().starts_with(UPLOADS) {
        uploads::mark(&mut response);
    }
    count(&state.metrics, &method, uri.path(), &response);
    dress(response.headers_mut());
    reach(response.headers_mut(), &state.site, side, &uri);
    response
}

/// Names of the other side are not answered: whoever reaches the clearnet's listener under the onion's name is testing
/// whether both are one server.
fn is_ours(request: &Request, origins: &[String], side: Side) -> bool {
    let named = match request.uri().authority() {
        Some(authority) => Some(authority.as_str()),
        None => request.headers().get(HOST).and_then(|host| host.to_str().ok()),
    };
    named.is_some_and(|named| {
        let hosts = origins.iter().filter_map(|origin| origin.split_once("://")).map(|(_, host)| host);
        hosts.filter(|host| Side::of_name(host) == side).any(|host| host.eq_ignore_ascii_case(named))
    })
}

fn count(metrics: &Metrics, method: &Method, path: &str, response: &Response) {
    match response.status() {
        StatusCode::TOO_MANY_REQUESTS => metrics.busy(),
        StatusCode::SERVICE_UNAVAILABLE => metrics.unavailable(),
        StatusCode::INSUFFICIENT_STORAGE => metrics.full(),
        status if status.is_server_error() => metrics.failed(),
        StatusCode::CREATED if path == UPLOADS && method == Method::POST => metrics.upload_created(),
        status if status.is_client_error() && path.starts_with(UPLOADS) => {
            if let Some(code) = response.extensions().get::<ProblemCode>() {
                metrics.refused(*code);
            }
        }
        _ => {}
    }
}

/// What every response carries, whatever it answers.
pub(crate) async fn dressed(mut response: Response) -> Response {
    dress(response.headers_mut());
    response
}

fn dress(headers: &mut HeaderMap) {
    let always = [
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
    ];
    for (name, value) in always {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // The page, which alone can run anything, has set a longer one, and its files may be kept.
    for (name, value) in [
        (PERMISSIONS_POLICY, assets::CLOSED),
        (CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
        (CACHE_CONTROL, "no-store"),
    ] {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
}

/// How the site is reached: never through plain HTTP where there is TLS, and as well through its onion service.
fn reach(headers: &mut HeaderMap, site: &Site, from: Side, uri: &Uri) {
    if from == Side::Onion {
        return;
    }
    if site.tls {
        headers.insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=63072000"));
    }
    // The same page there, as Tor Browser expects it; an asterisk for the whole server is no page.
    let page = uri.path_and_query().map_or("", |page| page.as_str()).strip_prefix('/').unwrap_or_default();
    let onion = site.onion_location.as_deref().and_then(|onion| HeaderValue::from_str(&format!("{onion}/{page}")).ok());
    if let Some(onion) = onion {
        headers.insert(HeaderName::from_static("onion-location"), onion);
    }
}
