//! The router, and the layers around all of its routes and its fallback: only the site's own names are answered, and every
//! response carries the site's headers.

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

use super::error::{Error, FailureLog};
use super::metrics::Metrics;
use super::site::Site;
use super::{headers, health, uploads};

/// The name under which a client reaches the site. The server never leads a client from one to the other unasked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ingress {
    /// A public name, whose lookups others can observe.
    Clearnet,
    Onion,
}

impl Ingress {
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
        && !health::is_health_path(request.uri().path())
        && let Err(error) = limits.admit_request(address, clock.today())
    {
        return Error::from(error).into_response();
    }
    next.run(request).await
}

pub(super) async fn site_guard(
    State(site): State<Arc<Site>>,
    State(metrics): State<Arc<Metrics>>,
    request: Request,
    next: Next,
) -> Response {
    let (method, uri, ingress) = (request.method().clone(), request.uri().clone(), Ingress::of(&request));
    let route = request.extensions().get::<MatchedPath>().map_or_else(|| "(none)".to_owned(), |path| path.as_str().to_owned());
    let mut response = if health::is_health_path(uri.path()) || is_expected_host(&request, &site.origins, ingress) {
        next.run(request).await
    } else {
        Error::Misdirected.into_response()
    };
    if let Some(FailureLog(failed)) = response.extensions().get() {
        tracing::error!(route, failed, "a request failed");
    }
    if uri.path().starts_with(UPLOADS) {
        uploads::add_tus_headers(&mut response);
    }
    count_response(&metrics, &method, uri.path(), &response);
    headers::set_common_headers(response.headers_mut());
    set_transport_headers(response.headers_mut(), &site, ingress, &uri);
    response
}

/// Checks the host. A name of the other ingress is not answered, because a client that reaches the public listener under the
/// onion's name is testing whether both are one server.
fn is_expected_host(request: &Request, origins: &[String], ingress: Ingress) -> bool {
    let named = match request.uri().authority() {
        Some(authority) => Some(authority.as_str()),
        None => request.headers().get(HOST).and_then(|host| host.to_str().ok()),
    };
    named.is_some_and(|named| {
        let hosts = origins.iter().filter_map(|origin| origin.split_once("://")).map(|(_, host)| host);
        hosts.filter(|host| Ingress::of_name(host) == ingress).any(|host| host.eq_ignore_ascii_case(named))
    })
}

fn count_response(metrics: &Metrics, method: &Method, path: &str, response: &Response) {
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

/// Sets headers that lead to TLS, where the site has it, and to the onion service.
fn set_transport_headers(headers: &mut HeaderMap, site: &Site, from: Ingress, uri: &Uri) {
    if from == Ingress::Onion {
        return;
    }
    if site.tls {
        headers.insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=63072000"));
    }
    // The header names the same page there, as Tor Browser expects it. An asterisk for the whole server is no page.
    let page = uri.path_and_query().map_or("", |page| page.as_str()).strip_prefix('/').unwrap_or_default();
    let onion = site.onion_location.as_deref().and_then(|onion| HeaderValue::from_str(&format!("{onion}/{page}")).ok());
    if let Some(onion) = onion {
        headers.insert(HeaderName::from_static("onion-location"), onion);
    }
}
