#!/bin/sh
# cut.sh LOG SCENE...: the lines of these scenes from a log of record.sh. Of the burst the last whole report and all that follows.
set -eu
log=$1; shift
for scene; do
	awk -v scene="$scene" '
		/scene [a-z-]+$/ { on = $0 ~ "scene " scene "$" }
		on && scene == "burst" { if (/invoked oom-killer/) kept = ""; kept = kept $0 "\n"; next }
		on
		END { printf "%s", kept }' "$log"
done
