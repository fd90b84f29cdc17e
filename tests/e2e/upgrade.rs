//! A new build is deployed while phones still have the page of the one before.

use std::{fs, process::Command};

use crate::{
    drivers::{
        http::{Response, request},
        processes::{BackgroundProcess, workspace_program},
    },
    fixtures::{seeded_rng::SeededRng, server_cluster::ServerCluster},
};

/// Returns the hashed files that a page and its loader name.
fn hashed_files(origin: &str) -> Vec<String> {
    let page = get(origin, "/");
    let text = String::from_utf8_lossy(&page.body).into_owned();
    let mut names: Vec<String> = text
        .split('"')
        .filter(|word| ["/p-", "/w-", "/s-"].iter().any(|start| word.starts_with(start)))
        .map(str::to_owned)
        .collect();
    names.extend(names.clone().iter().filter(|name| name.starts_with("/w-")).map(|name| name.replace(".js", "_bg.wasm")));
    names.sort();
    names.dedup();
    assert_eq!(names.len(), 5, "{names:?}");
    names
}

fn get(origin: &str, path: &str) -> Response {
    request("GET", &format!("{}{path}", origin.trim_end_matches('/')), &[], &[])
}

/// The demo's program and the one with test roots contain two builds of the site.
#[test]
fn a_page_from_before_an_upgrade_still_gets_every_file_that_it_names() {
    let mut rng = SeededRng::from_env_or_random();
    let cluster = ServerCluster::of_one(&mut rng);
    let earlier = cluster.sibling("earlier");
    let mut demo = Command::new(workspace_program("amanat"));
    demo.args(["demo", "--listen", "127.0.0.1:0", "--dir"]).arg(&earlier).env_remove("AMANAT_ROOTS").env_remove("AMANAT_DIST");
    let mut server = BackgroundProcess::start(&mut demo);
    let origin = server.wait_for_line("ready ");
    let before: Vec<(String, Response)> =
        hashed_files(&origin).into_iter().map(|name| (name.clone(), get(&origin, &name))).collect();
    server.stop();

    // The new build takes over the database.
    for name in ["amanat.sqlite", "amanat.sqlite.journal"] {
        fs::copy(earlier.join(name), cluster.data().join(name)).expect("the database is copied");
    }
    let _server = cluster.start(0);
    let origin = format!("http://{}", cluster.addresses[0]);
    let now = hashed_files(&origin);
    let mut changed = 0;
    for (name, answer) in &before {
        let again = get(&origin, name);
        assert_eq!((again.status, &again.body), (200, &answer.body), "{name}");
        for header in ["cache-control", "content-type", "content-security-policy", "x-content-type-options"] {
            assert_eq!(again.header(header), answer.header(header), "{name} {header}");
        }
        assert!(again.header("cache-control").is_some_and(|value| value.contains("immutable")));
        changed += usize::from(!now.contains(name));
    }
    assert!(changed >= 2, "these are two builds: {now:?}");
    assert_eq!(get(&origin, "/p-0123456789abcdef.js").status, 404);
}
