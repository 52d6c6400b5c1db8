// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzz target: packets a stranger sends to the management console. Built with
 * libFuzzer for long runs, with mconsole_fuzz_main.c for the short one of make
 * check. Beyond memory: a command is terminated and fits, has no blanks around
 * it, and nothing without magic and version becomes one.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <mconsole_parse.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int holds)
{
	if (!holds)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(MCONSOLE_MAX_DATA);
	const uint32_t head[] = { MCONSOLE_MAGIC, MCONSOLE_VERSION };
	int verdict;
	size_t len;

	memset(text, 0xff, MCONSOLE_MAX_DATA);
	verdict = mconsole_request_parse(data, size, text);
	if (verdict == MCONSOLE_GOOD) {
		require(!memcmp(data, head, sizeof(head)));
		len = strnlen(text, MCONSOLE_MAX_DATA);
		require(len < MCONSOLE_MAX_DATA && len <= size - 12);
		require(!len || !strchr(" \t\r\n", text[0]));
		require(!len || !strchr(" \t\r\n", text[len - 1]));
		require(!mconsole_word(text, "config") ||
			!strncmp(text, "config", 6));
	} else {
		require((uint8_t)text[0] == 0xff);
	}
	free(text);
	return 0;
}
