//! Plain HTTP requests that no browser sends.

use ureq::Agent;

use crate::drivers::browser::PATIENCE;

/// A response with any status.
pub(crate) struct Response {
    pub(crate) status: u16,
    /// The headers; names are in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Response {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

pub(crate) fn request(method: &str, url: &str, headers: &[(&str, &str)], body: &[u8]) -> Response {
    let agent: Agent = Agent::config_builder().http_status_as_error(false).timeout_global(Some(PATIENCE)).build().into();
    let mut request = ureq::http::Request::builder().method(method).uri(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = if body.is_empty() && matches!(method, "GET" | "HEAD" | "DELETE") {
        agent.run(request.body(()).expect("the request is well formed"))
    } else {
        agent.run(request.body(body).expect("the request is well formed"))
    };
    read(response.unwrap_or_else(|error| panic!("{method} {url}: {error}")))
}

fn read(mut response: ureq::http::Response<ureq::Body>) -> Response {
    let headers = response
        .headers()
        .iter()
        .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect();
    let status = response.status().as_u16();
    let body = response.body_mut().with_config().limit(64 * 1024 * 1024).read_to_vec().expect("the answer is whole");
    Response { status, headers, body }
}
