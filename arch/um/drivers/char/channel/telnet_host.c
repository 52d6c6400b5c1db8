// SPDX-License-Identifier: GPL-2.0
/*
 * The telnet protocol. We say once what we will and want, and do not answer
 * what the client says to it, so there can be no loop; other options of the
 * client are not taken up, which it has to live with (RFC 855).
 */
#include <string.h>
#include "telnet_host.h"

enum {
	IAC = 255, DONT = 254, DO = 253, WONT = 252, WILL = 251, SB = 250,
	SE = 240,
};

enum {
	OPT_BINARY = 0, OPT_ECHO = 1, OPT_SGA = 3, OPT_NAWS = 31,
	NAWS_LEN = 5,
};

enum {
	DATA, COMMAND, OPTION, SUB, SUB_COMMAND,
};

void telnet_host_offer(struct telnet *t, __u8 *buf)
{
	static const __u8 offer[TELNET_OFFER] = {
		IAC, WILL, OPT_ECHO, IAC, WILL, OPT_SGA,
		IAC, WILL, OPT_BINARY, IAC, DO, OPT_NAWS,
	};

	memset(t, 0, sizeof(*t));
	memcpy(buf, offer, sizeof(offer));
}

static void end_of_sub(struct telnet *t)
{
	if (t->sub_len == NAWS_LEN && t->sub[0] == OPT_NAWS) {
		t->cols = t->sub[1] << 8 | t->sub[2];
		t->rows = t->sub[3] << 8 | t->sub[4];
		t->resized = true;
	}
	t->state = DATA;
}

static void sub_byte(struct telnet *t, __u8 c)
{
	if (t->sub_len < TELNET_SUB_MAX)
		t->sub[t->sub_len++] = c;
	t->state = SUB;
}

/* Return: true if the byte is data. */
static bool command_byte(struct telnet *t, __u8 c)
{
	t->state = DATA;
	switch (c) {
	case IAC:
		return true;
	case WILL:
	case WONT:
	case DO:
	case DONT:
		t->verb = c;
		t->state = OPTION;
		return false;
	case SB:
		t->sub_len = 0;
		t->state = SUB;
		return false;
	default:
		return false;
	}
}

/* A return key is CR NUL or CR LF. */
static bool data_byte(struct telnet *t, __u8 c)
{
	bool after_cr = t->after_cr;

	if (c == IAC) {
		t->state = COMMAND;
		return false;
	}
	t->after_cr = c == '\r' && !t->keep_cr;
	return !(after_cr && (c == '\0' || c == '\n'));
}

/* Return: true if the byte is data. */
static bool one_byte(struct telnet *t, __u8 c)
{
	switch (t->state) {
	case DATA:
		return data_byte(t, c);
	case COMMAND:
		return command_byte(t, c);
	case OPTION:
		t->state = DATA;
		return false;
	case SUB:
		if (c == IAC)
			t->state = SUB_COMMAND;
		else
			sub_byte(t, c);
		return false;
	default:
		if (c == IAC)
			sub_byte(t, c);
		else
			end_of_sub(t);
		return false;
	}
}

size_t telnet_host_input(struct telnet *t, __u8 *buf, size_t len)
{
	size_t i, n = 0;

	if (!t->known && len) {
		t->known = true;
		t->active = buf[0] == IAC;
	}
	if (!t->active)
		return len;
	for (i = 0; i < len; i++)
		if (one_byte(t, buf[i]))
			buf[n++] = buf[i];
	return n;
}

size_t telnet_host_output(const struct telnet *t, __u8 *to, const __u8 *from,
			  size_t len)
{
	size_t i, n = 0;

	for (i = 0; i < len; i++) {
		to[n++] = from[i];
		if (t->active && from[i] == IAC)
			to[n++] = IAC;
	}
	return n;
}

size_t telnet_host_sent(const struct telnet *t, const __u8 *from, size_t sent,
			bool *half)
{
	size_t n = 0, made = 0;

	while (made < sent) {
		made += t->active && from[n] == IAC ? 2 : 1;
		n++;
	}
	*half = made > sent;
	return n;
}
