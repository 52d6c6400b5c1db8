/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The telnet protocol (RFC 854) as far as a console needs it: character mode
 * without local echo, eight bits, the size of the window. Pure: bytes in,
 * bytes out.
 *
 * Every client is offered telnet. One that does not answer with telnet at once
 * is a plain stream of bytes (netcat), and stays one.
 */
#ifndef UM_TELNET_HOST_H
#define UM_TELNET_HOST_H

#include <host/types.h>

enum {
	/* What telnet_host_offer() writes. */
	TELNET_OFFER = 12,
	/* Longest subnegotiation that matters. */
	TELNET_SUB_MAX = 8,
};

/**
 * struct telnet - the state of a connection
 * @state: where in a sequence the next byte of input is
 * @verb: the command whose option comes next
 * @known: input decided whether it is telnet
 * @active: it is
 * @keep_cr: carriage returns are output, not keys: leave them as they are
 * @after_cr: the last byte was a carriage return
 * @resized: the size is new
 * @rows: size of the window; 0 if it was not told
 * @cols: likewise
 * @sub: a subnegotiation so far
 * @sub_len: its length
 */
struct telnet {
	__u8 state;
	__u8 verb;
	bool known;
	bool active;
	bool keep_cr;
	bool after_cr;
	bool resized;
	__u16 rows;
	__u16 cols;
	__u8 sub[TELNET_SUB_MAX];
	__u32 sub_len;
};

/**
 * telnet_host_offer() - begin
 * @t: out: state
 * @buf: out: what to send first, TELNET_OFFER bytes
 *
 * Context: any.
 */
void telnet_host_offer(struct telnet *t, __u8 *buf);

/**
 * telnet_host_input() - take telnet out of input
 * @t: state
 * @buf: input; out: what a person typed
 * @len: bytes
 *
 * Context: any. Return: bytes left, perhaps none.
 */
size_t telnet_host_input(struct telnet *t, __u8 *buf, size_t len);

/**
 * telnet_host_output() - put output into telnet
 * @t: state
 * @to: out: room for twice @len bytes
 * @from: output
 * @len: bytes
 *
 * Context: any. Return: bytes of @to.
 */
size_t telnet_host_output(const struct telnet *t, __u8 *to, const __u8 *from,
			  size_t len);

/**
 * telnet_host_sent() - how much output do the first bytes in telnet stand for?
 * @t: state
 * @from: output as given to telnet_host_output()
 * @sent: bytes of what that made of it
 * @half: out: the last byte of output needs one more byte in telnet
 *
 * Context: any. Return: bytes of @from.
 */
size_t telnet_host_sent(const struct telnet *t, const __u8 *from, size_t sent,
			bool *half);

#endif
