//! Workers of the page, each with a session of its own.

use serde_json::{Value, json};

use super::{Browser, Control, devtools::DevTools};

#[derive(Debug, Default)]
pub(super) struct Workers {
    /// A script that runs in every worker before the worker's own.
    first: Option<String>,
    /// The session of the worker that started last.
    last: Option<String>,
}

impl Browser {
    /// Runs this script first in every worker that starts from now on.
    pub(crate) fn change_workers(&mut self, script: &str) {
        self.chromium().workers.first = Some(script.to_owned());
    }

    /// Evaluates an expression in the latest worker; `None` if the worker has ended.
    pub(crate) fn try_to_evaluate_in_worker(&mut self, expression: &str) -> Option<Value> {
        let Self { control: Control::Chromium(chromium), traffic, .. } = self else { panic!("only in Chromium") };
        let worker = chromium.workers.last.clone()?;
        let params = json!({"expression": expression, "awaitPromise": true, "returnByValue": true});
        let result = chromium.try_to_call(Some(worker), "Runtime.evaluate", &params, traffic).ok()?;
        result["exceptionDetails"].is_null().then(|| result["result"]["value"].clone())
    }

    /// Evaluates an expression in the worker that started last.
    pub(crate) fn evaluate_in_worker(&mut self, expression: &str) -> Value {
        let Self { control: Control::Chromium(chromium), traffic, .. } = self else { panic!("only in Chromium") };
        let worker = chromium.workers.last.clone();
        assert!(worker.is_some(), "no worker has been started");
        let params = json!({"expression": expression, "awaitPromise": true, "returnByValue": true});
        let result = chromium.call_of(worker, "Runtime.evaluate", &params, traffic);
        assert!(result["exceptionDetails"].is_null(), "{expression}\n{}", result["exceptionDetails"]);
        result["result"]["value"].clone()
    }
}

impl DevTools {
    /// Listens to a new worker and lets it start.
    pub(super) fn listen_to_worker(&mut self, worker: Option<String>) {
        self.workers.last.clone_from(&worker);
        for domain in ["Network", "Runtime", "Log"] {
            self.send_to(worker.clone(), &format!("{domain}.enable"), &json!({}));
        }
        if let Some(script) = &self.workers.first {
            let script = json!({"expression": script});
            self.send_to(worker.clone(), "Runtime.evaluate", &script);
        }
        self.send_to(worker, "Runtime.runIfWaitingForDebugger", &json!({}));
    }
}
