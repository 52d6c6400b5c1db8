// SPDX-License-Identifier: GPL-2.0
/*
 * Runs chan_fuzz.c without libFuzzer: the same inputs each time, made by
 * putting words of the grammar and noise together. Reports in TAP.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	ROUNDS = 300000,
	INPUT_MAX = 600,
};

static uint64_t state = 0x9e3779b97f4a7c15;

static uint32_t next(uint32_t below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (state >> 32) % below;
}

static const char *const words[] = {
	"fd", "fd:", "fd:0", "fd:1", "fd:4294967295", "null", "pts", "none",
	"xterm", "port:9000", "port:", "tty:", "unix:", "file:", "pts:", "/dev/",
	"[::1]", "127.0.0.1", ":", ",", "0", "9", "-1", " ", "%s", "%n",
};

enum {
	NR_WORDS = sizeof(words) / sizeof(*words),
};

static size_t make_input(uint8_t *buf)
{
	uint32_t parts = next(next(8) ? 6 : 80);
	size_t pos = 0;

	while (parts--) {
		const char *w = words[next(NR_WORDS)];
		size_t len = strlen(w);

		if (pos + len + 1 > INPUT_MAX)
			break;
		memcpy(buf + pos, w, len);
		pos += len;
		if (!next(5))
			buf[pos++] = next(256);
	}
	return pos;
}

int main(void)
{
	uint8_t buf[INPUT_MAX];

	for (int i = 0; i < ROUNDS; i++)
		LLVMFuzzerTestOneInput(buf, make_input(buf));
	printf("ok 1 - channel parser survives %d inputs\n1..1\n", ROUNDS);
	return 0;
}
