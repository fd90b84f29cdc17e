//! Traffic records what a browser fetched and which errors it reported.

use serde_json::Value;

/// One request and its response.
#[derive(Clone, Debug, Default)]
pub(crate) struct Exchange {
    id: String,
    pub(crate) url: String,
    /// The status, once the response has begun.
    pub(crate) status: Option<u64>,
    /// The bytes of the response on the network, including headers.
    pub(crate) wire_bytes: u64,
}

/// All requests and errors of a browser, in order.
#[derive(Debug, Default)]
pub(crate) struct Traffic {
    /// Requests that left the page; `data:` and `blob:` addresses do not.
    pub(crate) exchanges: Vec<Exchange>,
    /// Errors on the console, uncaught exceptions, violations of the content security policy.
    pub(crate) complaints: Vec<String>,
    /// The number of dialogs that the browser showed, such as whether to close the page. The driver accepts each.
    pub(crate) dialogs: usize,
    /// The number of times that the tab's process was killed.
    pub(super) crashes: usize,
}

impl Traffic {
    /// Returns the requests whose address contains a path.
    pub(crate) fn to<'a>(&'a self, path: &'a str) -> impl Iterator<Item = &'a Exchange> {
        self.exchanges.iter().filter(move |exchange| exchange.url.contains(path))
    }

    pub(super) fn note(&mut self, event: &str, params: &Value) {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let id = params["requestId"].as_str();
        let exchange = self.exchanges.iter_mut().rev().find(|exchange| Some(exchange.id.as_str()) == id);
        match event {
            "Inspector.targetCrashed" => self.crashes += 1,
            "Network.requestWillBeSent" => {
                let url = text(&params["request"]["url"]);
                if !url.starts_with("data:") && !url.starts_with("blob:") {
                    self.exchanges.push(Exchange { id: text(&params["requestId"]), url, ..Exchange::default() });
                }
            }
            "Network.responseReceived" => {
                if let Some(exchange) = exchange {
                    exchange.status = params["response"]["status"].as_u64();
                }
            }
            "Network.loadingFinished" => {
                if let Some(exchange) = exchange {
                    exchange.wire_bytes = whole(&params["encodedDataLength"]);
                }
            }
            "Runtime.exceptionThrown" => {
                let details = &params["exceptionDetails"];
                self.complaints.push(format!("exception: {} {}", text(&details["text"]), details["exception"]["description"]));
            }
            "Runtime.consoleAPICalled" if matches!(params["type"].as_str(), Some("error" | "assert")) => {
                self.complaints.push(format!("console: {}", params["args"]));
            }
            "Log.entryAdded" => {
                let entry = &params["entry"];
                if entry["level"] == "error" || entry["source"] == "security" {
                    self.complaints.push(format!("log: {} {}", text(&entry["text"]), text(&entry["url"])));
                }
            }
            "Audits.issueAdded" if params["issue"]["code"] == "ContentSecurityPolicyIssue" => {
                self.complaints.push(format!("policy: {}", params["issue"]["details"]));
            }
            _ => {}
        }
    }
}

/// Converts a length, which the protocol gives as a floating point number.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a length in bytes is whole and not negative")]
fn whole(number: &Value) -> u64 {
    number.as_f64().unwrap_or_default() as u64
}
