// SPDX-License-Identifier: GPL-2.0
/*
 * Interrupts on a vCPU which is just doing something to a channel that listens: they read from it, too,
 * and must not wait for what they have interrupted.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <chan_listen_host.h>
#include <host/vcpu.h>
#include "chan_stubs.h"
#include "chan_tap.h"

static struct chan_host *channel;
static unsigned int interrupts, put_off;

/* As os-Linux/vcpu.c does: only where interrupts are enabled. */
static void interrupt(void)
{
	char buf[16];

	if (chan_vcpu.irqs_off) {
		put_off++;
		return;
	}
	chan_vcpu.irqs_off = 1;
	interrupts++;
	chan_listen_host_read(channel, buf, sizeof(buf));
	chan_vcpu.irqs_off = 0;
}

static int connect_to(const struct sockaddr_un *to)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	return connect(fd, (const struct sockaddr *)to, sizeof(*to)) ? -1 : fd;
}

int main(void)
{
	struct chan_listen_address where = { };
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	char dir[] = "/tmp/chan-listen-XXXXXX";
	char buf[16];
	int fd;

	if (!mkdtemp(dir))
		return 1;
	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/socket", dir);
	memcpy(where.addr, &addr, sizeof(addr));
	where.len = sizeof(addr);
	where.path = addr.sun_path;
	ok(!chan_listen_host_open(&where, 3, false, "unix:test", &channel), "it opens");
	fd = connect_to(&addr);
	ok(fd >= 0, "somebody connects");

	/* A wait for itself would be for ever. */
	alarm(10);
	chan_before_call = interrupt;
	ok(!chan_listen_host_watch(channel, 3, 1), "interrupted while it is watched");
	ok(chan_listen_host_write(channel, "hello", 5) == 5, "while it is written to");
	ok(read(fd, buf, sizeof(buf)) == 5 && !memcmp(buf, "hello", 5), "what was written arrives");
	chan_listen_host_renew(channel);
	ok(chan_listen_host_busy(channel), "while it is asked for a client");
	ok(put_off > 0, "interrupts were put off meanwhile");
	ok(!chan_vcpu.irqs_off, "and are enabled afterwards");
	chan_before_call = NULL;
	ok(write(fd, "x", 1) == 1 && chan_listen_host_read(channel, buf, sizeof(buf)) == 1, "input comes");
	chan_listen_host_close(channel);
	close(fd);
	rmdir(dir);
	return tap_done();
}
