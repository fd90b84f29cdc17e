//! The router, and what is around every route and around what is none: only the site's own names, and its headers on every
//! response.

use std::sync::Arc;

use amanat_shared::api::{ProblemCode, UPLOADS};
use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{HOST, HeaderName, STRICT_TRANSPORT_SECURITY};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::clock::Clock;
use crate::config::is_onion;
use crate::limits::Limits;
use crate::peer::Peer;

use super::error::{Error, Logged};
use super::metrics::Metrics;
use super::site::Site;
use super::{headers, health, uploads};

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

/// Rate-limits a request by its address. Health checks are exempt.
pub(super) async fn rate_limit(
    State(limits): State<Arc<Limits>>,
    State(clock): State<Clock>,
    request: Request,
    next: Next,
) -> Response {
    if let Some(Peer::Address(address)) = request.extensions().get().copied()
        && !health::is_path(request.uri().path())
        && let Err(error) = limits.admit_request(address, clock.today())
    {
        return Error::from(error).into_response();
    }
    next.run(request).await
}

pub(super) async fn guard(
    State(site): State<Arc<Site>>,
    State(metrics): State<Arc<Metrics>>,
    request: Request,
    next: Next,
) -> Response {
    let (method, uri, side) = (request.method().clone(), request.uri().clone(), Side::of(&request));
    let route = request.extensions().get::<MatchedPath>().map_or_else(|| "(none)".to_owned(), |path| path.as_str().to_owned());
    let mut response = if health::is_path(uri.path()) || is_ours(&request, &site.origins, side) {
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
    count(&metrics, &method, uri.path(), &response);
    headers::dress(response.headers_mut());
    reach(response.headers_mut(), &site, side, &uri);
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
