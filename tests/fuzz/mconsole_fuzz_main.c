// SPDX-License-Identifier: GPL-2.0
/*
 * Runs mconsole_fuzz.c without libFuzzer: the same packets each time, most of
 * them nearly right. Reports in TAP.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <mconsole_parse.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	ROUNDS = 500000,
	PACKET_MAX = 700,
};

static uint64_t state = 0x9e3779b97f4a7c15;

static uint32_t next(uint32_t below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (state >> 32) % below;
}

static void one(void)
{
	static const char *const words[] = {
		"config ", "config", " ", "=", "log ", "\n", "", "stop",
	};
	uint8_t packet[PACKET_MAX], *exact;
	uint32_t head[3] = { MCONSOLE_MAGIC, MCONSOLE_VERSION, next(600) };
	size_t len = next(PACKET_MAX);

	for (size_t i = 0; i < sizeof(packet); i++)
		packet[i] = next(4) ? (uint8_t)"abc \t\n\r="[next(8)] : next(256);
	head[0] ^= next(10) ? 0 : 1u << next(32);
	head[1] ^= next(10) ? 0 : 1u << next(32);
	head[2] ^= next(10) ? 0 : 1u << next(32);
	memcpy(packet, head, sizeof(head));
	strcpy((char *)packet + 12, words[next(8)]);
	/* At the end of a page of its own, for the sanitizer. */
	exact = malloc(len + !len);
	memcpy(exact, packet, len);
	LLVMFuzzerTestOneInput(exact, len);
	free(exact);
}

int main(void)
{
	for (int i = 0; i < ROUNDS; i++)
		one();
	printf("ok 1 - request parser survives %d packets\n1..1\n", ROUNDS);
	return 0;
}
