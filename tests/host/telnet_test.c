// SPDX-License-Identifier: GPL-2.0
/*
 * The telnet protocol of port channels: what is typed arrives, what is
 * negotiated does not, wherever the bytes are cut.
 */
#include <stdlib.h>
#include <string.h>
#include <telnet_host.h>
#include "chan_tap.h"

enum {
	ROUNDS = 20000,
	STREAM_MAX = 200,
};

/* Through a telnet connection; the input is copied, so that its end is seen. */
static size_t feed(struct telnet *t, const char *in, size_t len, char *out)
{
	__u8 *buf = malloc(len + !len);
	size_t n;

	memcpy(buf, in, len);
	n = telnet_host_input(t, buf, len);
	memcpy(out, buf, n);
	free(buf);
	return n;
}

static void begin(struct telnet *t)
{
	__u8 offer[TELNET_OFFER];

	telnet_host_offer(t, offer);
}

static void case_is(const char *name, const char *in, size_t in_len,
		    const char *want, size_t want_len)
{
	char out[STREAM_MAX];
	struct telnet t;
	size_t n;

	begin(&t);
	n = feed(&t, in, in_len, out);
	ok(n == want_len && !memcmp(out, want, n), "input: %s", name);
}

#define INPUT(name, in, want) \
	case_is(name, in, sizeof(in) - 1, want, sizeof(want) - 1)

static void test_input(void)
{
	INPUT("not telnet: all of it", "ab\r\n\377\375\001c", "ab\r\n\377\375\001c");
	INPUT("options vanish", "\377\375\001\377\375\003ls", "ls");
	INPUT("CR NUL and CR LF are one key", "\377\375\001a\r\0b\r\nc\rd", "a\rb\rc\rd");
	INPUT("a doubled 255 is one", "\377\375\001x\377\377y", "x\377y");
	INPUT("commands without options vanish", "\377\361a\377\371b", "ab");
	INPUT("a window size vanishes", "\377\372\037\0\120\0\030\377\360a", "a");
	INPUT("an unknown one, too long, too", "\377\372\001aaaaaaaaaaaaaaaaaaa\377\360z", "z");
	INPUT("nothing", "", "");
}

static void test_window(void)
{
	static const char size[] = "\377\372\037\001\002\377\377\030\377\360";
	char out[STREAM_MAX];
	struct telnet t;

	begin(&t);
	ok(!feed(&t, size, sizeof(size) - 1, out) && t.resized &&
	   t.cols == 258 && t.rows == 255 * 256 + 24, "window: its size, with a doubled 255");
}

static void test_output(void)
{
	static const __u8 in[] = { 'a', 255, 'b', 255 };
	struct telnet t;
	__u8 out[8];
	char none[1];
	bool half;

	begin(&t);
	ok(telnet_host_output(&t, out, in, 4) == 4, "output: before it is known to be telnet");
	feed(&t, "\377\361", 2, none);
	ok(telnet_host_output(&t, out, in, 4) == 6 && !memcmp(out, "a\377\377b\377\377", 6),
	   "output: 255 is doubled");
	ok(telnet_host_sent(&t, in, 6, &half) == 4 && !half, "output: all was sent");
	ok(telnet_host_sent(&t, in, 2, &half) == 2 && half, "output: half of a 255 was sent");
	ok(telnet_host_sent(&t, in, 3, &half) == 2 && !half, "output: a 255 was sent");
	ok(!telnet_host_sent(&t, in, 0, &half) && !half, "output: nothing was sent");
}

/* However a stream is cut, the same comes out. */
static void test_cuts(void)
{
	static const char bytes[] = "\377\377\372\360\375\037\r\n\0ab";
	char in[STREAM_MAX], whole[STREAM_MAX], parts[STREAM_MAX];
	struct telnet a, b;
	bool good = true;

	srandom(1);
	for (int i = 0; i < ROUNDS; i++) {
		size_t len = random() % STREAM_MAX, n, m = 0, cut;

		for (size_t k = 0; k < len; k++)
			in[k] = bytes[random() % (sizeof(bytes) - 1)];
		begin(&a);
		begin(&b);
		n = feed(&a, in, len, whole);
		for (size_t k = 0; k < len; k += cut) {
			cut = 1 + random() % 7;
			cut = cut > len - k ? len - k : cut;
			m += feed(&b, in + k, cut, parts + m);
		}
		good &= n == m && !memcmp(whole, parts, n) && n <= len &&
			a.rows == b.rows && a.cols == b.cols;
	}
	ok(good, "input: %d streams, cut anywhere", ROUNDS);
}

int main(void)
{
	test_input();
	test_window();
	test_output();
	test_cuts();
	return tap_done();
}
