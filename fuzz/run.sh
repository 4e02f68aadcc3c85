#!/bin/sh
# run.sh [SECONDS [TARGET...]]: fuzzes each target (all of them by default) for SECONDS (5 by default). See README.md.
set -eu
cd "$(dirname "$0")"
seconds=${1:-5}; [ $# -gt 0 ] && shift
[ $# -gt 0 ] || set -- $(sed -n 's/^name = "\(.*\)"/\1/p' Cargo.toml | grep -v '^highwater-fuzz$')
triple=$(rustc -vV | sed -n 's/^host: //p')
RUSTFLAGS="--cfg fuzzing -Ccodegen-units=1 -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
-Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares" \
	cargo build --quiet --release --target "$triple" --target-dir target
for target; do
	corpus=target/corpus/$target; artifacts=target/artifacts/$target/
	mkdir -p "$corpus" "$artifacts"; dictionary=; [ ! -e "$target.dict" ] || dictionary=-dict=$target.dict
	seeds=../crates/kernel/tests/data; length=4096
	case $target in
	journal) seeds=../fixtures/journal; length=131072 ;;
	oom_report | kernel_log) seeds=$seeds/oom ;;
	esac
	if ! "target/$triple/release/$target" -max_total_time="$seconds" -max_len="$length" -timeout=5 -rss_limit_mb=1024 -verbosity=0 -print_final_stats=1 \
		$dictionary -artifact_prefix="$artifacts" "$corpus" "$seeds" >"$artifacts/log" 2>&1; then
		cat "$artifacts/log"; echo "fuzz: $target failed; the input is in fuzz/$artifacts" >&2; exit 1
	fi
	echo "fuzz: $target $(sed -n 's/^stat::number_of_executed_units: //p' "$artifacts/log") inputs in $seconds s, nothing found"
done
