//! Coming between the page and the server: another document, or an answer that is held back.

use std::collections::VecDeque;

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::Browser;
use crate::drivers::http::request;

/// A document to be served in place of the real one.
#[derive(Clone, Debug)]
pub(crate) struct Document {
    /// Headers as the real server sends them.
    pub(crate) headers: Vec<(String, String)>,
    /// Its bytes, not compressed.
    pub(crate) body: String,
}

#[derive(Debug, Default)]
pub(super) struct Interception {
    document: Option<(String, Document)>,
    /// An origin, and the one whose answers it gives.
    mirror: Option<(String, String)>,
    refuses: bool,
    held: VecDeque<String>,
}

impl Interception {
    /// What to do about a paused request: a method to call, or nothing yet.
    pub(super) fn decide(&mut self, paused: &Value) -> Option<(&'static str, Value)> {
        let id = paused["requestId"].as_str().expect("a paused request has an id");
        if !paused["responseStatusCode"].is_null() || !paused["responseErrorReason"].is_null() {
            self.held.push_back(id.to_owned());
            return None;
        }
        match &self.document {
            _ if self.refuses => Some(("Fetch.fulfillRequest", json!({"requestId": id, "responseCode": 403}))),
            Some((url, document)) if paused["request"]["url"] == *url => {
                let headers: Vec<Value> = document
                    .headers
                    .iter()
                    .filter(|(name, _)| !matches!(name.as_str(), "content-length" | "content-encoding" | "transfer-encoding"))
                    .map(|(name, value)| json!({"name": name, "value": value}))
                    .collect();
                let body = STANDARD.encode(&document.body);
                Some((
                    "Fetch.fulfillRequest",
                    json!({"requestId": id, "responseCode": 200, "responseHeaders": headers, "body": body}),
                ))
            }
            _ => match &self.mirror {
                Some((name, real)) => {
                    let url = paused["request"]["url"].as_str().expect("a request has an address");
                    let path = url.strip_prefix(name.as_str()).expect("only that origin is intercepted");
                    let answer = request("GET", &format!("{real}{path}"), &[], b"");
                    let headers: Vec<Value> =
                        answer.headers.iter().map(|(name, value)| json!({"name": name, "value": value})).collect();
                    let body = STANDARD.encode(&answer.body);
                    let all = json!({"requestId": id, "responseCode": answer.status, "responseHeaders": headers, "body": body});
                    Some(("Fetch.fulfillRequest", all))
                }
                None => Some(("Fetch.continueRequest", json!({"requestId": id}))),
            },
        }
    }
}

impl Browser {
    /// From now on `url` gives this document.
    pub(crate) fn replace(&mut self, url: &str, document: Document) {
        self.chromium().interception.document = Some((url.to_owned(), document));
        self.call("Fetch.enable", json!({"patterns": [{"urlPattern": url, "requestStage": "Request"}]}));
    }

    /// From now on one origin answers as another one does.
    pub(crate) fn mirror(&mut self, origin: &str, real: &str) {
        self.chromium().interception.mirror = Some((origin.to_owned(), real.to_owned()));
        self.call("Fetch.enable", json!({"patterns": [{"urlPattern": format!("{origin}/*"), "requestStage": "Request"}]}));
    }

    /// From now on requests whose address matches, and only those, are answered with 403 by somebody on the way.
    pub(crate) fn refuse(&mut self, url_pattern: &str) {
        self.chromium().interception.refuses = true;
        self.call("Fetch.enable", json!({"patterns": [{"urlPattern": url_pattern, "requestStage": "Request"}]}));
    }

    /// From now on answers to requests whose address matches wait until [`Browser::release`].
    pub(crate) fn hold_responses(&mut self, url_pattern: &str) {
        self.call("Fetch.enable", json!({"patterns": [{"urlPattern": url_pattern, "requestStage": "Response"}]}));
    }

    /// Whether an answer is being held back.
    pub(crate) fn holds_response(&mut self) -> bool {
        !self.chromium().interception.held.is_empty()
    }

    /// Lets the oldest answer through that is held back.
    pub(crate) fn release_response(&mut self) {
        let id = self.chromium().interception.held.pop_front().expect("an answer is held back");
        self.call("Fetch.continueRequest", json!({"requestId": id}));
    }
}
