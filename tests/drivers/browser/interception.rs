//! Interception replaces, refuses or holds back responses between Chromium and the server.

use std::collections::VecDeque;

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::Browser;
use crate::drivers::http::request;

/// A document that is served in place of the real one.
#[derive(Clone, Debug)]
pub(crate) struct Document {
    pub(crate) headers: Vec<(String, String)>,
    /// The bytes, not compressed.
    pub(crate) body: String,
}

#[derive(Debug, Default)]
pub(super) struct Interception {
    document: Option<(String, Document)>,
    /// The intercepted origin, and the origin whose responses it gives.
    mirror: Option<(String, String)>,
    refuses: bool,
    held: VecDeque<String>,
}

impl Interception {
    /// Decides about a paused request: a method to call, or `None` to hold the response back.
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
    /// Serves this document at `url` from now on.
    pub(crate) fn replace(&mut self, url: &str, document: Document) {
        self.chromium().interception.document = Some((url.to_owned(), document));
        self.call("Fetch.enable", json!({"patterns": [{"urlPattern": url, "requestStage": "Request"}]}));
    }

    /// Serves the responses of `real` at `origin` from now on.
    pub(crate) fn mirror(&mut self, origin: &str, real: &str) {
        self.chromium().interception.mirror = Some((origin.to_owned(), real.to_owned()));
        self.call("Fetch.enable", json!({"patterns": [{"urlPattern": format!("{origin}/*"), "requestStage": "Request"}]}));
    }

    /// Answers requests whose address matches with 403 from now on, as a captive portal does, and lets all others pass.
    pub(crate) fn refuse(&mut self, url_pattern: &str) {
        self.chromium().interception.refuses = true;
        self.call("Fetch.enable", json!({"patterns": [{"urlPattern": url_pattern, "requestStage": "Request"}]}));
    }

    /// Holds back the responses to requests whose address matches until [`Browser::release_response`].
    pub(crate) fn hold_responses(&mut self, url_pattern: &str) {
        self.call("Fetch.enable", json!({"patterns": [{"urlPattern": url_pattern, "requestStage": "Response"}]}));
    }

    /// Returns whether a response is held back.
    pub(crate) fn holds_response(&mut self) -> bool {
        !self.chromium().interception.held.is_empty()
    }

    /// Lets the oldest held response through.
    pub(crate) fn release_response(&mut self) {
        let id = self.chromium().interception.held.pop_front().expect("an answer is held back");
        self.call("Fetch.continueRequest", json!({"requestId": id}));
    }
}
