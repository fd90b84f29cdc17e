//! Holds the description of the API to the router's routes, methods and problems.

use std::collections::BTreeSet;

use amanat_shared::api::{ProblemCode, UPLOADS};
use axum::Router;
use axum::http::{Method, StatusCode};
use serde_json::Value;

use crate::testing::{TestServer, tus};

use super::{ServerState, routes};

const METHODS: [&str; 7] = ["get", "head", "post", "put", "patch", "delete", "options"];
/// The fallback of the router serves every other path: the site's files.
const FILE: &str = "/{file}";

/// Returns every code that the description says a problem may have.
fn codes(part: &Value) -> Vec<ProblemCode> {
    match part {
        Value::Object(fields) => {
            let code = fields.get("code").and_then(|code| code["enum"].as_array());
            let own = code.into_iter().flatten().map(|name| serde_json::from_value(name.clone()).unwrap());
            own.chain(fields.values().flat_map(codes)).collect()
        }
        Value::Array(values) => values.iter().flat_map(codes).collect(),
        _ => Vec::new(),
    }
}

fn description() -> Value {
    serde_json::from_str(include_str!("../../../docs/openapi.json")).unwrap()
}

/// Returns the paths of a router's routes from its debug output, which is the only way that axum offers.
pub(super) fn paths(routes: &Router<ServerState>) -> Vec<String> {
    let shown = format!("{routes:?}");
    let mut paths: Vec<String> = shown
        .split('"')
        .skip(1)
        .step_by(2)
        .filter(|text| text.starts_with('/') && !text.contains("__private"))
        .map(str::to_owned)
        .collect();
    paths.sort();
    paths.dedup();
    assert!(paths.iter().any(|path| path == UPLOADS), "{shown}");
    paths
}

/// Checks that every `$ref` leads somewhere.
fn refs<'a>(whole: &'a Value, part: &'a Value, found: &mut BTreeSet<&'a str>) {
    match part {
        Value::Object(fields) => {
            if let Some(Value::String(to)) = fields.get("$ref") {
                assert!(whole.pointer(to.trim_start_matches('#')).is_some(), "{to}");
                found.insert(to);
            }
            fields.values().for_each(|value| refs(whole, value, found));
        }
        Value::Array(values) => values.iter().for_each(|value| refs(whole, value, found)),
        _ => {}
    }
}

#[tokio::test]
async fn the_description_has_exactly_the_routers_routes_and_methods() {
    let server = TestServer::new().await;
    let description = description();
    let described = description["paths"].as_object().unwrap();
    let routes: BTreeSet<String> = paths(&routes()).into_iter().collect();
    let paths: BTreeSet<String> = described.keys().filter(|path| *path != FILE).cloned().collect();
    assert_eq!(paths, routes);
    for (path, operations) in described {
        let real = path.replace("{id}", &"0".repeat(32)).replace("{sha256}", &"0".repeat(64)).replace("{file}", "boot.js");
        for name in METHODS {
            let method = Method::from_bytes(name.to_uppercase().as_bytes()).unwrap();
            let headers = [("x-http-method-override", "HEAD")];
            let answer = server.call(tus(method, &real, &headers, vec![])).await;
            // A route that answers GET answers HEAD too (RFC 9110), and the description need not repeat it.
            let is_described = operations.get(name).is_some() || (name == "head" && operations.get("get").is_some());
            assert_eq!(answer.status != StatusCode::METHOD_NOT_ALLOWED, is_described, "{name} {path}");
            if let Some(operation) = operations.get(name) {
                let status = answer.status.as_str();
                assert!(operation["responses"].get(status).is_some(), "{name} {path} answers {status}");
                assert!(operation["operationId"].is_string() && operation["summary"].is_string(), "{name} {path}");
            }
        }
    }
}

#[test]
fn the_description_has_no_dangling_reference_and_every_problem_code() {
    let description = description();
    let mut found = BTreeSet::new();
    refs(&description, &description, &mut found);
    for kind in ["parameters", "headers", "responses", "schemas"] {
        for name in description["components"][kind].as_object().unwrap().keys() {
            // Methods that a path does not support are described once for all.
            let used = found.contains(format!("#/components/{kind}/{name}").as_str());
            assert!(used, "{kind}/{name} is described, and used nowhere");
        }
    }
    let described: BTreeSet<ProblemCode> = codes(&description).into_iter().collect();
    assert_eq!(described, ProblemCode::ALL.iter().copied().collect());
}
