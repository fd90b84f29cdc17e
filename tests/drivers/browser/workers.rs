//! The page's workers.

use serde_json::{Value, json};

use super::{Browser, Control, devtools::DevTools};

#[derive(Debug, Default)]
pub(super) struct Workers {
    /// Runs in every worker before anything of its own.
    first: Option<String>,
    /// The worker that was started last.
    last: Option<String>,
}

impl Browser {
    /// From now on every worker runs this first.
    pub(crate) fn change_workers(&mut self, script: &str) {
        self.chromium().workers.first = Some(script.to_owned());
    }

    /// The same, where the worker may have been ended meanwhile.
    pub(crate) fn try_to_evaluate_in_worker(&mut self, expression: &str) -> Option<Value> {
        let Self { control: Control::Chromium(chromium), traffic, .. } = self else { panic!("only in Chromium") };
        let worker = chromium.workers.last.clone()?;
        let params = json!({"expression": expression, "awaitPromise": true, "returnByValue": true});
        let result = chromium.try_to_call(Some(worker), "Runtime.evaluate", &params, traffic).ok()?;
        result["exceptionDetails"].is_null().then(|| result["result"]["value"].clone())
    }

    /// The value of an expression in the worker that was started last.
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
    /// Hears all of a worker, which waits for that.
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
