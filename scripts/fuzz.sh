#!/usr/bin/env bash
# fuzz.sh [SECS [TARGET…]]: runs libFuzzer on each parser of hostile bytes for SECS seconds (60), starting from the corpora in
# reviewer/fuzz/corpus, and fails if a parser crashes, hangs or takes more than 1 GiB. New inputs are kept beside the build
# and not in the tree, because they grow without bound.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/env.sh
. scripts/env.sh

secs=${1:-60}
shift || true
targets=("$@")
if [[ ${#targets[@]} == 0 ]]; then
    for path in reviewer/fuzz/fuzz_targets/*.rs; do
        targets+=("$(basename "$path" .rs)")
    done
fi

# This does what `cargo fuzz build --sanitizer none` does, which requires a nightly toolchain: LLVM's pass inserts the
# counters, and --target keeps them out of build scripts.
host=$(rustc -vV | sed -n 's/^host: //p')
flags='-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters'
flags+=' -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares --cfg fuzzing'
built=$amanat_target/fuzz
RUSTFLAGS=$flags CARGO_TARGET_DIR=$built \
    cargo build --locked --quiet --release --target "$host" --manifest-path reviewer/fuzz/Cargo.toml

for target in "${targets[@]}"; do
    found=$built/found/$target
    mkdir -p "$found"
    # libFuzzer's output is shown only after a failure.
    if "$built/$host/release/$target" "$found" "reviewer/fuzz/corpus/$target" -max_total_time="$secs" -timeout=10 \
        -rss_limit_mb=1024 -max_len=16384 -dict=reviewer/fuzz/words.dict -artifact_prefix="$built/$target-" \
        -print_final_stats=1 >"$built/$target.log" 2>&1; then
        runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$built/$target.log")
        covered=$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$built/$target.log" | tail -n 1)
        printf 'fuzzed %s: %s runs in %s s, %s places reached, no crash\n' "$target" "$runs" "$secs" "$covered"
    else
        tail -n 60 "$built/$target.log" >&2
        printf 'fuzz.sh: %s was brought down; the input is the file %s-…\n' "$target" "$built/$target" >&2
        printf 'Run it again with that file as its only argument, mend the parser, and keep the input in reviewer/fuzz/corpus/%s.\n' \
            "$target" >&2
        exit 1
    fi
done
