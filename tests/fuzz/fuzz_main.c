// SPDX-License-Identifier: GPL-2.0
/*
 * What fuzz targets share, and (FUZZ_MAIN) the program which feeds one without
 * libFuzzer: the same inputs in each run.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "fuzz.h"

uint32_t fuzz_next(uint32_t below)
{
	static uint64_t state = 0x9e3779b97f4a7c15;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (state >> 32) % below;
}

size_t fuzz_words(uint8_t *buf, size_t max, const char *const *words,
		  unsigned int parts, unsigned int noise)
{
	unsigned int nr = 0;
	size_t pos = 0;

	while (words[nr])
		nr++;
	while (parts--) {
		const char *w = words[fuzz_next(nr)];
		size_t len = strlen(w);

		if (pos + len + 1 > max)
			break;
		memcpy(buf + pos, w, len);
		pos += len;
		if (noise && !fuzz_next(noise))
			buf[pos++] = fuzz_next(256);
	}
	return pos;
}

void fuzz_fail(const char *what, const char *text)
{
	fprintf(stderr, "broken: %s for \"%s\"\n", what, text);
	abort();
}

#ifdef FUZZ_MAIN
int main(void)
{
	uint8_t *buf = malloc(fuzz_inputs.max), *exact;
	unsigned int round;
	size_t len;

	for (round = 0; round < fuzz_inputs.rounds; round++) {
		memset(buf, 0, fuzz_inputs.max);
		len = fuzz_inputs.make(buf, round);
		/* Of exact size, so that the sanitizer sees each step too far. */
		exact = malloc(len + !len);
		memcpy(exact, buf, len);
		LLVMFuzzerTestOneInput(exact, len);
		free(exact);
	}
	free(buf);
	return 0;
}
#endif
