// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzz target: texts of con=, con<n>=, ssl= and ssl<n>=. Beyond memory: a
 * refusal has a reason, an acceptance has operations, and both hold for a
 * short message buffer.
 */
#include <stdlib.h>
#include <string.h>
#include <channel.h>
#include "fuzz.h"

static void check(int ret, const struct chan_pair *pair, const char *why,
		  const char *spec)
{
	fuzz_expect(!ret || *why, spec);
	fuzz_expect(ret || !pair->in.ops == !pair->out.ops, spec);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *spec = malloc(size + 1);
	struct chan_pair pair;
	char *why;
	int ret;

	memcpy(spec, data, size);
	spec[size] = '\0';
	for (size_t len = CHAN_ERROR_MAX; len > 1; len /= 4) {
		why = malloc(len);
		why[0] = '\0';
		ret = chan_pair_parse(spec, &pair, why, len);
		check(ret, &pair, why, spec);
		if (!ret)
			chan_pair_check(&pair, why, len);
		free(why);
	}
	free(spec);
	return 0;
}

/* ---- fixed inputs ---- */

enum {
	INPUT_MAX = 600,
};

static const char *const words[] = {
	"fd", "fd:", "fd:0", "fd:1", "fd:4294967295", "null", "pts", "none",
	"xterm", "port:9000", "port:", "tty:", "unix:", "file:", "pts:", "/dev/",
	"[::1]", "127.0.0.1", ":", ",", "0", "9", "-1", " ", "%s", "%n", NULL
};

static size_t make_input(uint8_t *buf, unsigned int round)
{
	return fuzz_words(buf, INPUT_MAX, words,
			  fuzz_next(fuzz_next(8) ? 6 : 80), 5);
}

const struct fuzz_inputs fuzz_inputs = {
	.rounds = 300000, .max = INPUT_MAX, .make = make_input,
};
