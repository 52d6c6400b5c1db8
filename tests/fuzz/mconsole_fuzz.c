// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzz target: packets a stranger sends to the management console. Beyond
 * memory: a command is terminated and fits, has no blanks around it, and
 * nothing without magic and version becomes one.
 */
#include <stdlib.h>
#include <string.h>
#include <mconsole_parse.h>
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(MCONSOLE_MAX_DATA);
	const uint32_t head[] = { MCONSOLE_MAGIC, MCONSOLE_VERSION };
	int verdict;
	size_t len;

	memset(text, 0xff, MCONSOLE_MAX_DATA);
	verdict = mconsole_request_parse(data, size, text);
	if (verdict == MCONSOLE_GOOD) {
		fuzz_expect(!memcmp(data, head, sizeof(head)), "");
		len = strnlen(text, MCONSOLE_MAX_DATA);
		fuzz_expect(len < MCONSOLE_MAX_DATA && len <= size - 12, "");
		fuzz_expect(!len || !strchr(" \t\r\n", text[0]), text);
		fuzz_expect(!len || !strchr(" \t\r\n", text[len - 1]), text);
		fuzz_expect(!mconsole_word(text, "config") ||
			    !strncmp(text, "config", 6), text);
	} else {
		fuzz_expect((uint8_t)text[0] == 0xff, "");
	}
	free(text);
	return 0;
}

/* ---- fixed inputs: most of them nearly right ---- */

enum {
	PACKET_MAX = 700,
	HEAD = 12,
};

static size_t make_packet(uint8_t *packet, unsigned int round)
{
	static const char *const words[] = {
		"config ", "config", " ", "=", "log ", "\n", "", "stop", NULL
	};
	uint32_t head[3] = { MCONSOLE_MAGIC, MCONSOLE_VERSION, fuzz_next(600) };

	for (size_t i = 0; i < PACKET_MAX; i++)
		packet[i] = fuzz_next(4) ? (uint8_t)"abc \t\n\r="[fuzz_next(8)] :
					   fuzz_next(256);
	for (int i = 0; i < 3; i++)
		head[i] ^= fuzz_next(10) ? 0 : 1u << fuzz_next(32);
	memcpy(packet, head, HEAD);
	fuzz_words(packet + HEAD, PACKET_MAX - HEAD, words, 1, 0);
	return fuzz_next(PACKET_MAX);
}

const struct fuzz_inputs fuzz_inputs = {
	.rounds = 500000, .max = PACKET_MAX, .make = make_packet,
};
