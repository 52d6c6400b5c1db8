#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# The hand-over is fuzzed, FUZZ_SECONDS (default 15) on each configuration; FUZZ_SEED repeats a run.
here=$(dirname "$0")
seconds=${FUZZ_SECONDS:-15}
bad=0
run() {
	"$here/../guest/run-guest" --dir "$here" --bait --tests fuzz_slots --timeout $((seconds + 60)) \
		--backend seccomp --ncpus "$1" -- fuzz_seconds="$seconds" ${FUZZ_SEED:+fuzz_seed="$FUZZ_SEED"} $2 || bad=1
}

# One plan for all of them: the numbers are prove's business.
{
	run 1 spin=off
	run 1 notices=off
	run 2 spin=off
	run 2 spin=on
	echo "status $bad"
} | awk '
	/^1\.\./ { next }
	/^status / { bad = $2; next }
	/^(not )?ok / { n++; sub(/ok [0-9]+/, "ok " n) }
	{ print; fflush() }
	END { print "1.." n; exit bad }'
