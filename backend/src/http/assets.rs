//! The phone's page with the signed pack inside, and its files. The program embeds them. Its build compressed the files, and
//! the server compresses the page once at start.

mod encoding;
mod previous;

use std::borrow::Cow;
use std::sync::Arc;

use amanat_shared::pack::SignedPack;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{FromRef, State};
use axum::http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, LOCATION, USER_AGENT, VARY,
};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use rust_embed::Embed;

use crate::exit_url;
use crate::store::Store;

use super::error::Error;
use super::headers::PERMISSIONS_POLICY;
use super::site::Site;

use encoding::Encoding;
pub use previous::PreviousBuilds;
pub(crate) use previous::current_build_files;

#[derive(Embed)]
#[folder = "$OUT_DIR/site"]
struct EmbeddedFiles;

/// The element that the pack goes into. The build script checks that the page has it once.
const PACK_PLACEHOLDER: &str = r#"id="amanat-pack">null</script>"#;

const CSP: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data: blob:; \
    connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
    require-trusted-types-for 'script'; trusted-types p";
/// The policy for browsers that do not know `'wasm-unsafe-eval'` and would refuse the form.
const CSP_LEGACY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval' 'unsafe-eval'; style-src 'self'; \
    img-src 'self' data: blob:; connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; \
    frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types p";

/// The policy of other files, where it has no effect. A short one saves bytes of a first visit.
const DENY_SENSORS: &str = "camera=(), geolocation=(), microphone=()";

/// The page sets this header on its request to clear the site's data.
const CLEAR_SITE: HeaderName = HeaderName::from_static("clear-site");
const CLEAR_SITE_DATA: HeaderName = HeaderName::from_static("clear-site-data");
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The page in three encodings.
pub struct Page {
    plain: Bytes,
    gzip: Bytes,
    brotli: Bytes,
}

impl Page {
    /// Puts the pack into the page and compresses it.
    pub(crate) fn with_pack(pack: &SignedPack) -> Self {
        let file = EmbeddedFiles::get("index.html").expect("the build script fails without a page");
        let page = std::str::from_utf8(&file.data).expect("the build script has read the page as text");
        let element = format!(r#"id="amanat-pack">{}</script>"#, json_string_literal(pack));
        let plain = page.replacen(PACK_PLACEHOLDER, &element, 1).into_bytes();
        let (gzip, brotli) = (encoding::gzip(&plain), encoding::brotli(&plain));
        Self { plain: plain.into(), gzip: gzip.into(), brotli: brotli.into() }
    }
}

/// Encodes the pack's JSON as a JSON string literal. Nothing in it can end the element, or a line in an old browser.
fn json_string_literal(pack: &SignedPack) -> String {
    let always = "a pack has string keys only, so it always serialises";
    let json = serde_json::to_string(pack).expect(always);
    serde_json::to_string(&json)
        .expect(always)
        .replace('<', "\\u003c")
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029")
}

/// Routes of the page. The router's fallback serves other files ([`file`]).
pub fn router<S>() -> Router<S>
where
    S: Clone + Send + Sync + 'static,
    Arc<Page>: FromRef<S>,
    Arc<Site>: FromRef<S>,
{
    Router::new().route("/", get(page)).route("/index.html", get(page)).route("/leave", get(leave).post(clear))
}

async fn page(State(page): State<Arc<Page>>, headers: HeaderMap) -> Response {
    let encoding = Encoding::preferred(&headers);
    let body = match encoding {
        Encoding::Brotli => &page.brotli,
        Encoding::Gzip => &page.gzip,
        Encoding::Identity => &page.plain,
    };
    with_script_policy(respond(body.clone(), "text/html; charset=utf-8", encoding.name(), "no-store"), &headers)
}

/// Redirects to the neutral page, since a browser's history leads here after the person has left. It changes nothing, because
/// any site can make a browser send this request.
async fn leave(State(site): State<Arc<Site>>) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SEE_OTHER;
    let headers = response.headers_mut();
    // Signing and the server's start refuse a pack with another address.
    if let Ok(exit) = exit_url::ascii(&site.pack.exit_url)
        && let Ok(exit) = HeaderValue::from_str(&exit)
    {
        headers.insert(LOCATION, exit);
    }
    response
}

/// Makes the browser forget everything that it stores of this site.
///
/// A page of another site cannot send this header, because its browser would first ask this server's permission (CORS), which
/// is never given. A browser that sends `Sec-Fetch-Site` must say that the request comes from this site.
async fn clear(headers: HeaderMap) -> Result<Response, Error> {
    let is_ours = headers.get(SEC_FETCH_SITE).is_none_or(|site| site == "same-origin");
    if !is_ours || headers.get(CLEAR_SITE).is_none_or(|value| value != "1") {
        return Err(Error::Malformed);
    }
    let mut response = StatusCode::NO_CONTENT.into_response();
    response.headers_mut().insert(CLEAR_SITE_DATA, HeaderValue::from_static(r#""cache", "cookies", "storage""#));
    Ok(response)
}

/// Sets the policies for the page and its worker, which does not inherit them.
fn with_script_policy(mut response: Response, request: &HeaderMap) -> Response {
    let old = request.get(USER_AGENT).and_then(|agent| agent.to_str().ok()).is_some_and(lacks_wasm_unsafe_eval);
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(if old { CSP_LEGACY } else { CSP }));
    headers.insert(VARY, HeaderValue::from_static("Accept-Encoding, User-Agent"));
    response
}

/// Serves a file of this build or of an earlier one.
pub async fn file(
    State(previous): State<Arc<PreviousBuilds>>,
    State(store): State<Store>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let name = uri.path().trim_start_matches('/');
    // The page without its pack and the compressed variants have no media type, so they are not found.
    let media_type = media_type(name).ok_or(Error::NotFound)?;
    let encoding = Encoding::preferred(&headers);
    let (body, encoding) = match embedded_file(name, encoding) {
        Some(found) => found,
        None => (previous.file(&store, name, encoding).await?.ok_or(Error::NotFound)?, encoding),
    };
    if method != Method::GET && method != Method::HEAD {
        return Ok(([(ALLOW, HeaderValue::from_static("GET,HEAD"))], Error::MethodNotAllowed).into_response());
    }
    let cache = if is_hashed(name) { "public, max-age=31536000, immutable" } else { "no-cache" };
    let mut response = respond(body, media_type, encoding.name(), cache);
    let is_worker = name.starts_with("w-") && media_type.starts_with("text/javascript");
    if is_worker {
        return Ok(with_script_policy(response, &headers));
    }
    response.headers_mut().insert(PERMISSIONS_POLICY, HeaderValue::from_static(DENY_SENSORS));
    Ok(response)
}

/// Returns a file of this build in this encoding if there is such a variant, and otherwise as it is.
fn embedded_file(name: &str, encoding: Encoding) -> Option<(Bytes, Encoding)> {
    let plain = EmbeddedFiles::get(name)?;
    let packed = match encoding {
        Encoding::Brotli => EmbeddedFiles::get(&format!("{name}.br")),
        Encoding::Gzip => EmbeddedFiles::get(&format!("{name}.gz")),
        Encoding::Identity => None,
    };
    let (file, encoding) = packed.map_or((plain, Encoding::Identity), |file| (file, encoding));
    let body = match file.data {
        Cow::Borrowed(bytes) => Bytes::from_static(bytes),
        Cow::Owned(bytes) => bytes.into(),
    };
    Some((body, encoding))
}

fn respond(body: Bytes, media_type: &'static str, encoding: Option<&'static str>, cache: &'static str) -> Response {
    let mut response = Response::new(Body::from(body));
    let headers = response.headers_mut();
    for (name, value) in [(CONTENT_TYPE, media_type), (CACHE_CONTROL, cache), (VARY, "Accept-Encoding")] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if let Some(encoding) = encoding {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    response
}

/// Returns the media type of a file. A file of any other type is not served.
fn media_type(name: &str) -> Option<&'static str> {
    let (_, extension) = name.rsplit_once('.')?;
    Some(match extension {
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "wasm" => "application/wasm",
        "css" => "text/css; charset=utf-8",
        "txt" => "text/plain; charset=utf-8",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        _ => return None,
    })
}

/// Checks whether a name holds sixteen hexadecimal digits of its content's hash, as the build gives: `s-HASH.css`,
/// `p-HASH_bg.wasm`.
fn is_hashed(name: &str) -> bool {
    name.rsplit_once('-').is_some_and(|(_, end)| {
        let digits = end.bytes().take_while(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')).count();
        digits >= 16 && matches!(end.as_bytes().get(digits), Some(b'.' | b'_'))
    })
}

/// Checks by the user agent whether a browser is Chrome before 97 or Safari before 16. On iOS every browser is the system's
/// Safari.
fn lacks_wasm_unsafe_eval(agent: &str) -> bool {
    if let Some(version) = version_after(agent, "CPU iPhone OS ").or_else(|| version_after(agent, "CPU OS ")) {
        return version < 16;
    }
    if let Some(version) = version_after(agent, " Chrome/").or_else(|| version_after(agent, " HeadlessChrome/")) {
        return version < 97;
    }
    agent.contains(" Safari/") && version_after(agent, " Version/").is_some_and(|version| version < 16)
}

/// Parses the one to three digits after a word, before a dot or an underscore, as in `Chrome/96.0` and `iPhone OS 15_8`.
fn version_after(agent: &str, word: &str) -> Option<u16> {
    let (_, rest) = agent.split_once(word)?;
    let (digits, _) = rest.split_once(['.', '_', ' ', ';'])?;
    if digits.is_empty() || digits.len() > 3 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    digits.parse().ok()
}

#[cfg(test)]
mod tests;
