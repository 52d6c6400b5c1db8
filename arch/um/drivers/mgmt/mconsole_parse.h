/* SPDX-License-Identifier: GPL-2.0 */
/* Requests of the management console, taken apart. Pure. */
#ifndef UM_MCONSOLE_PARSE_H
#define UM_MCONSOLE_PARSE_H

#include "mconsole_proto.h"

enum mconsole_verdict {
	MCONSOLE_GOOD,
	/* No magic: a client of the first protocol, which was plain text. */
	MCONSOLE_OLD_CLIENT,
	MCONSOLE_OTHER_VERSION,
	MCONSOLE_TOO_LARGE,
	MCONSOLE_CUT_OFF,
};

/**
 * mconsole_request_parse() - check a packet and take the command out of it
 * @packet: what came
 * @len: bytes of it
 * @text: out: the command, terminated, without blanks around it; MCONSOLE_MAX_DATA
 *	bytes, changed only if the packet is good
 *
 * Context: any. Return: enum mconsole_verdict.
 */
int mconsole_request_parse(const void *packet, size_t len, char *text);

/**
 * mconsole_word() - does a text begin with a word?
 * @text: the text
 * @word: the word
 *
 * Context: any. Return: what follows it and the blanks behind it, or NULL.
 */
const char *mconsole_word(const char *text, const char *word);

#endif
