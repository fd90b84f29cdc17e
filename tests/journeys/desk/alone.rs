//! A process without a network, and what its kernel counted of attempts to reach one.

use std::{env, fs, process::Command};

/// Runs a test's body in a process, with all that it starts, that has no interface but its own loopback, by which browsers
/// are driven. `test` is its whole name.
pub(super) fn without_a_network(test: &str, body: impl FnOnce()) {
    const INSIDE: &str = "AMANAT_WITHOUT_A_NETWORK";
    if env::var_os(INSIDE).is_some() {
        let interfaces = fs::read_to_string("/proc/net/dev").expect("Linux tells");
        assert_eq!(interfaces.lines().filter(|line| line.contains(':')).count(), 1, "{interfaces}");
        return body();
    }
    let mut command = Command::new("unshare");
    command.args(["--map-root-user", "--net", "sh", "-c", r#"ip link set lo up && exec "$@""#, "sh"]);
    command.arg(env::current_exe().expect("a test knows its program")).args([test, "--exact", "--nocapture"]);
    let output = command.env(INSIDE, "1").output().expect("unshare starts");
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}

/// Attempts of all processes in this network namespace since it began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Attempts {
    /// Connections that were begun, whatever became of them.
    pub(super) connections: u64,
    /// Datagrams that were sent: a name that was looked up, for instance.
    pub(super) datagrams: u64,
    /// What had nowhere to go.
    pub(super) nowhere: u64,
}

impl Attempts {
    /// What the kernel counted so far (RFC 4022, 4113 and 4293 by other names).
    pub(super) fn counted() -> Self {
        let table = |path: &str| fs::read_to_string(path).expect("Linux counts");
        let (both, of_ipv6) = (table("/proc/net/snmp"), table("/proc/net/snmp6"));
        let one = |protocol: &str, name: &str| {
            let mut lines = both.lines().filter_map(|line| line.strip_prefix(protocol)?.strip_prefix(':'));
            let place = lines.next().and_then(|names| names.split_whitespace().position(|other| other == name));
            let value = place.and_then(|place| lines.next()?.split_whitespace().nth(place)?.parse::<u64>().ok());
            value.unwrap_or_else(|| panic!("no {name} of {protocol}"))
        };
        let six = |name: &str| {
            let line = of_ipv6.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
            line.trim().parse::<u64>().unwrap_or_default()
        };
        Self {
            connections: one("Tcp", "ActiveOpens"),
            datagrams: one("Udp", "OutDatagrams") + six("Udp6OutDatagrams"),
            nowhere: one("Ip", "OutNoRoutes") + six("Ip6OutNoRoutes"),
        }
    }

    /// Those since `before`.
    pub(super) fn since(before: Self) -> Self {
        let now = Self::counted();
        Self {
            connections: now.connections - before.connections,
            datagrams: now.datagrams - before.datagrams,
            nowhere: now.nowhere - before.nowhere,
        }
    }
}
