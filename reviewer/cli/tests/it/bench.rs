//! Measurements that `make bench` prints of the reviewer's program, beside the stock tool on the same files and cores.

use std::env;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use amanat_shared::seal::HybridIdentity;
use serde_json::json;

use crate::world::{World, archive, registration};

/// The padded plaintext of each file: the smallest bucket.
const BUCKET_BYTES: usize = 32 * 1024;
/// `list` is measured this many times, and the median counts. The stock tool's loop is long enough to be measured once.
const TIMES: usize = 3;

/// Returns the program that an environment variable names.
fn real_thing(variable: &str) -> PathBuf {
    let path = PathBuf::from(env::var_os(variable).unwrap_or_default());
    assert!(path.exists(), "{variable} names nothing that is there ({}). Run: make bench", path.display());
    path
}

/// Seals this many registrations into a folder, on all cores.
fn seal(world: &World, folder: &Path, count: usize, cores: usize) {
    fs::create_dir_all(folder).unwrap();
    let secret = fs::read_to_string(world.path("keys/identity.key")).unwrap();
    let secret = secret.lines().find(|line| line.starts_with("AGE-SECRET-KEY")).unwrap();
    // Building the form for each registration would take longer than sealing it.
    let blank = registration(json!({}), &[]);
    thread::scope(|scope| {
        for core in 0..cores {
            let blank = &blank;
            scope.spawn(move || {
                let recipient = HybridIdentity::parse(secret).unwrap().recipient();
                for number in (core..count).step_by(cores) {
                    let mut one = blank.clone();
                    one["answers"] = json!({
                        "is_update": "first", "danger_7days": "no", "country_now": "PK", "legal_status": "por", "justice_role": "judge",
                        "name_native": format!("کریمه {number}"), "children_count": number % 7, "risk_note": "x".repeat(number % 900),
                    });
                    let mut plaintext = archive(&one, &[]);
                    plaintext.resize(BUCKET_BYTES, 0);
                    let file = fs::File::create(folder.join(format!("{number:05}.age"))).unwrap();
                    let recipients = std::iter::once(&recipient as &dyn age::Recipient);
                    let mut writer = age::Encryptor::with_recipients(recipients).unwrap().wrap_output(file).unwrap();
                    writer.write_all(&plaintext).unwrap();
                    writer.finish().unwrap();
                }
            });
        }
    });
}

fn timed(command: &mut Command) -> Duration {
    let begun = Instant::now();
    let output = command.output().unwrap();
    let time = begun.elapsed();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    time
}

#[test]
#[ignore = "make bench runs it"]
#[expect(clippy::print_stdout, reason = "this is what it is for")]
fn opening_beside_the_stock_tool() {
    let count: u32 = env::var("AMANAT_BENCH_CASES").map_or(10_000, |count| count.parse().unwrap());
    let cores = thread::available_parallelism().unwrap().get();
    let (program, age) = (real_thing("AMANAT_BENCH_BIN").join("amanat-reviewer"), real_thing("AMANAT_AGE"));
    let world = World::new();
    let folder = world.path("in");
    seal(&world, &folder, count as usize, cores);
    let identity = world.path("keys/identity.key");

    // The files are in memory for both, since they have just been written.
    let list = || timed(Command::new(&program).args(["list", "--identity"]).arg(&identity).arg(&folder));
    let mut lists: Vec<Duration> = (0..TIMES).map(|_| list()).collect();
    lists.sort_unstable();
    let list = lists[TIMES / 2];
    let mut stock = Command::new("sh");
    stock
        .args(["-c", "ls | xargs -P \"$1\" -I FILE \"$2\" -d -i \"$3\" -o /dev/null FILE", "loop", &cores.to_string()])
        .args([&age, &identity])
        .current_dir(&folder)
        .stdin(Stdio::null());
    let stock = timed(&mut stock);

    let of_a_core = |time: Duration| time.as_secs_f64() * 1000.0 / f64::from(count) * u32::try_from(cores).map_or(1.0, f64::from);
    let ratio = stock.as_secs_f64() / list.as_secs_f64();
    println!(
        "opening and ordering {count} registrations of {} KiB on {cores} cores: {:.2} ms of a core each, {ratio:.1} times as fast as \
         the stock age in a loop on the same cores ({:.2} ms)",
        BUCKET_BYTES / 1024,
        of_a_core(list),
        of_a_core(stock),
    );
    assert!(ratio >= 1.0, "no slower than the stock tool");
}
