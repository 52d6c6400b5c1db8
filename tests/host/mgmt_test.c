// SPDX-License-Identifier: GPL-2.0
/*
 * The management console's pure parts and its host half: requests taken apart,
 * the registry of devices, datagrams to real sockets.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <config_registry.h>
#include <mconsole_host.h>
#include <mconsole_parse.h>
#include "chan_stubs.h"
#include "chan_tap.h"

enum {
	HEAD = 12,
	COOKIE = 23,
	EVENT_MS = 1000,
};

static char dir[64] = "/tmp/mgmt-test-XXXXXX";

const char *os_instance_dir(void)
{
	return dir;
}

/* ---- requests ---- */

static int parse(__u32 magic, __u32 version, __u32 len, const char *data,
		 size_t data_len, char *text)
{
	/* Exactly as long as it is, so that reading too far is seen. */
	char *packet = malloc(HEAD + data_len);
	int ret;

	memcpy(packet, &magic, 4);
	memcpy(packet + 4, &version, 4);
	memcpy(packet + 8, &len, 4);
	memcpy(packet + HEAD, data, data_len);
	ret = mconsole_request_parse(packet, HEAD + data_len, text);
	free(packet);
	return ret;
}

static void test_requests(void)
{
	char text[MCONSOLE_MAX_DATA], big[MCONSOLE_MAX_DATA];

	ok(parse(MCONSOLE_MAGIC, 2, 7, "version", 7, text) == MCONSOLE_GOOD &&
	   !strcmp(text, "version"), "request: a good one");
	ok(parse(MCONSOLE_MAGIC, 2, 3, "logging", 7, text) == MCONSOLE_GOOD &&
	   !strcmp(text, "log"), "request: its length counts");
	ok(parse(MCONSOLE_MAGIC, 2, 11, " \tstack 1\n\0", 11, text) == MCONSOLE_GOOD &&
	   !strcmp(text, "stack 1"), "request: blanks around it go");
	ok(parse(MCONSOLE_MAGIC, 2, 0, "", 0, text) == MCONSOLE_GOOD && !*text,
	   "request: an empty one");
	memset(big, 'x', sizeof(big));
	ok(parse(MCONSOLE_MAGIC, 2, 511, big, 511, text) == MCONSOLE_GOOD &&
	   strlen(text) == 511, "request: the longest one");
	strcpy(text, "untouched");
	ok(parse(MCONSOLE_MAGIC, 2, 512, big, 512, text) == MCONSOLE_TOO_LARGE,
	   "request: one longer");
	ok(parse(MCONSOLE_MAGIC, 2, 0xffffffff, "x", 1, text) == MCONSOLE_TOO_LARGE,
	   "request: one much longer");
	ok(parse(MCONSOLE_MAGIC, 2, 8, "version", 7, text) == MCONSOLE_CUT_OFF,
	   "request: cut off");
	ok(parse(MCONSOLE_MAGIC, 3, 7, "version", 7, text) == MCONSOLE_OTHER_VERSION,
	   "request: another version");
	ok(parse(0xcafebabf, 2, 7, "version", 7, text) == MCONSOLE_OLD_CLIENT,
	   "request: no magic");
	for (size_t len = 0; len < HEAD; len++) {
		__u32 head[] = { MCONSOLE_MAGIC, MCONSOLE_VERSION, 0 };
		char *packet = malloc(len + !len);
		int want = len < 4 ? MCONSOLE_OLD_CLIENT : MCONSOLE_CUT_OFF;

		memcpy(packet, head, len);
		ok(mconsole_request_parse(packet, len, text) == want,
		   "request: %zu bytes", len);
		free(packet);
	}
	ok(!strcmp(text, "untouched"), "request: a bad one leaves the text alone");
}

static void test_words(void)
{
	ok(!strcmp(mconsole_word("config  mem=+1M", "config"), "mem=+1M"),
	   "word: with arguments");
	ok(!strcmp(mconsole_word("stop", "stop"), ""), "word: alone");
	ok(!mconsole_word("stopped", "stop"), "word: not the beginning of another");
	ok(!mconsole_word("sto", "stop"), "word: not cut off");
	ok(!mconsole_word("", "stop"), "word: not in nothing");
}

/* ---- devices ---- */

static char seen[64];

static int dev_config(char *str, char **err)
{
	if (!strcmp(str, "0=silent"))
		return -EIO;
	if (!strcmp(str, "0=bad")) {
		*err = "that is bad";
		return -EINVAL;
	}
	strcpy(seen, str);
	return 0;
}

static int dev_query(const char *id, char *buf, size_t len)
{
	return strcmp(id, "0") ? -ENODEV : snprintf(buf, len, "file");
}

static int dev_remove(const char *id, char **err)
{
	*err = "it is busy";
	return strcmp(id, "0") ? -EBUSY : 0;
}

static int dev_list(char *buf, size_t len)
{
	return snprintf(buf, len, "dev0=file\ndev1=a long name\n");
}

static const struct um_config_ops dev_ops = {
	.name = "dev", .config = dev_config, .query = dev_query,
	.remove = dev_remove, .list = dev_list,
};

static const struct um_config_ops longer_ops = { .name = "device" };

static int set(const char *text, char *why)
{
	char copy[64];

	strcpy(copy, text);
	strcpy(why, "(nothing)");
	return um_config_set(copy, why, UM_CONFIG_ERROR_MAX);
}

static void test_registry(void)
{
	char why[UM_CONFIG_ERROR_MAX], small[8];

	ok(set("dev0=x", why) == -EINVAL && !strcmp(why, "Bad configuration option"),
	   "registry: an unknown device");
	ok(!um_config_register(&dev_ops) && !um_config_register(&longer_ops),
	   "registry: two kinds");
	ok(um_config_register(&dev_ops) == -EEXIST, "registry: one twice");
	ok(!set("dev0=file", why) && !strcmp(seen, "0=file"),
	   "registry: the driver gets what follows its name");
	ok(set("dev0=bad", why) == -EINVAL && !strcmp(why, "that is bad"),
	   "registry: the driver's words");
	ok(set("dev0=silent", why) == -EIO && *why && strcmp(why, "(nothing)"),
	   "registry: a driver without words");
	ok(set("device0=x", why) == -EINVAL && strstr(why, "cannot be configured"),
	   "registry: the longest name counts, and operations may be absent");
	ok(!um_config_query("dev0", why, sizeof(why)) && !strcmp(why, "file"),
	   "registry: a query");
	ok(um_config_query("dev1", why, sizeof(why)) == -ENODEV &&
	   !strcmp(why, "Device doesn't exist"), "registry: query of no device");
	ok(um_config_query("device0", why, sizeof(why)) &&
	   !strcmp(why, "No get_config routine defined"),
	   "registry: query of what cannot be asked");
	ok(!um_config_remove("dev0", why, sizeof(why)), "registry: remove");
	ok(um_config_remove("dev1", why, sizeof(why)) == -EBUSY &&
	   !strcmp(why, "it is busy"), "registry: remove is refused");
	ok(um_config_remove("x", why, sizeof(why)) &&
	   !strcmp(why, "Bad remove option"), "registry: remove of no kind");
	ok(!um_config_list("", why, sizeof(why)) &&
	   !strcmp(why, "dev0=file\ndev1=a long name"), "registry: list");
	ok(um_config_list("de", why, sizeof(why)) == -EINVAL, "registry: list of no kind");
	memset(small, 'x', sizeof(small));
	ok(!um_config_list("dev", small, sizeof(small)) && !small[7],
	   "registry: a list too long for its buffer is cut off");
}

/* ---- sockets ---- */

static int make_listener(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
	if (bind(fd, (void *)&addr, sizeof(addr)))
		perror(path);
	return fd;
}

static int make_client(const char *name)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	char path[100];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = make_listener(path);
	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/mconsole", dir);
	if (connect(fd, (void *)&addr, sizeof(addr)))
		perror(addr.sun_path);
	return fd;
}

static void test_sockets(void)
{
	struct mconsole_peer from[2], nobody;
	struct mconsole_host *h = NULL;
	char buf[32], path[128];
	int client[2], sent;

	ok(mkdtemp(dir), "socket: a directory");
	ok(!mconsole_host_open(&h), "socket: opens");
	snprintf(path, sizeof(path), "%s/mconsole", dir);
	ok(!strcmp(mconsole_host_path(h), path), "socket: where it is");
	ok(!mconsole_host_watch(h, COOKIE) && chan_event_poll(0) == -1,
	   "socket: silent at first");
	ok(mconsole_host_receive(h, from, buf, sizeof(buf)) == -EAGAIN,
	   "socket: nothing there");
	client[0] = make_client("one");
	client[1] = make_client("two");
	send(client[0], "first", 5, 0);
	send(client[1], "second", 6, 0);
	ok(chan_event_poll(EVENT_MS) == COOKIE, "socket: a packet is an event");
	ok(mconsole_host_receive(h, &from[0], buf, sizeof(buf)) == 5 &&
	   mconsole_host_receive(h, &from[1], buf, sizeof(buf)) == 6,
	   "socket: packets in order");
	ok(!mconsole_host_send(h, &from[1], "two", 3) &&
	   !mconsole_host_send(h, &from[0], "one", 3) &&
	   recv(client[0], buf, 32, 0) == 3 && !memcmp(buf, "one", 3) &&
	   recv(client[1], buf, 32, 0) == 3 && !memcmp(buf, "two", 3),
	   "socket: each gets its own answer");
	ok(!mconsole_host_unread(h), "socket: all was read");
	for (sent = 0; sent < 100000; sent++)
		if (mconsole_host_send(h, &from[0], buf, sizeof(buf)))
			break;
	ok(sent < 100000 && mconsole_host_unread(h), "socket: who does not read gets no more");
	ok(mconsole_host_send(h, &from[0], buf, 3) == -EAGAIN, "socket: it is asked to wait");
	close(client[0]);
	ok(mconsole_host_send(h, &from[0], buf, 3) == -ECONNREFUSED,
	   "socket: a client that is gone");
	nobody.len = 0;
	ok(mconsole_host_send(h, &nobody, buf, 3) < 0, "socket: a client without an address");
	snprintf(path, sizeof(path), "%s/news", dir);
	client[0] = make_listener(path);
	ok(!mconsole_host_notify(path, "news", 4) &&
	   recv(client[0], buf, 32, 0) == 4 && !memcmp(buf, "news", 4),
	   "socket: news");
	close(client[0]);
	close(client[1]);
	ok(mconsole_host_notify(path, "news", 4) == -ECONNREFUSED,
	   "socket: news nobody reads");
	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	ok(mconsole_host_notify(path, "news", 4) == -ENAMETOOLONG,
	   "socket: a path no socket can have");
}

int main(void)
{
	test_requests();
	test_words();
	test_registry();
	test_sockets();
	return tap_done();
}
