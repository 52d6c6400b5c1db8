// SPDX-License-Identifier: GPL-2.0
/*
 * The parser of management requests: bytes of a stranger in, a command or a
 * verdict out. Pure; also built by tests/host and tests/fuzz.
 */
#include <linux/kernel.h>
#include <linux/stddef.h>
#include <linux/string.h>
#include "mconsole_parse.h"

static bool blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void copy_trimmed(char *to, const char *from, size_t len)
{
	/* The text ends at a NUL, if the client sent one. */
	const char *nul = memchr(from, '\0', len);

	if (nul)
		len = nul - from;
	while (len && blank(*from)) {
		from++;
		len--;
	}
	while (len && blank(from[len - 1]))
		len--;
	memcpy(to, from, len);
	to[len] = '\0';
}

int mconsole_request_parse(const void *packet, size_t len, char *text)
{
	const size_t head = offsetof(struct mconsole_request, data);
	struct mconsole_request r;

	/* It need not be aligned. */
	memcpy(&r, packet, min_t(size_t, len, head));
	if (len < sizeof(r.magic) || r.magic != MCONSOLE_MAGIC)
		return MCONSOLE_OLD_CLIENT;
	if (len < head)
		return MCONSOLE_CUT_OFF;
	if (r.version != MCONSOLE_VERSION)
		return MCONSOLE_OTHER_VERSION;
	if (r.len >= MCONSOLE_MAX_DATA)
		return MCONSOLE_TOO_LARGE;
	if (len - head < r.len)
		return MCONSOLE_CUT_OFF;
	copy_trimmed(text, (const char *)packet + head, r.len);
	return MCONSOLE_GOOD;
}

const char *mconsole_word(const char *text, const char *word)
{
	size_t len = strlen(word);

	if (strncmp(text, word, len) || (text[len] && !blank(text[len])))
		return NULL;
	text += len;
	while (blank(*text))
		text++;
	return text;
}
