// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzz target: texts of con=, con<n>= and (later) ssl=. Built with libFuzzer
 * for long runs, with chan_fuzz_main.c for the short one of make check.
 * What it checks beyond memory: a refusal has a reason, an acceptance has
 * operations, and both hold for a short message buffer.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <channel.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int ret, const struct chan_pair *pair, const char *why)
{
	if (ret && !*why)
		abort();
	if (!ret && !pair->in.ops != !pair->out.ops)
		abort();
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
		check(ret, &pair, why);
		if (!ret)
			chan_pair_check(&pair, why, len);
		free(why);
	}
	free(spec);
	return 0;
}
