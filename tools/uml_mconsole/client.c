// SPDX-License-Identifier: GPL-2.0
/* The client's end of the protocol (mconsole_proto.h). */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <mconsole_proto.h>
#include "client.h"
#include "instances.h"

enum {
	REPLY_HEAD = offsetof(struct mconsole_reply, data),
	REQUEST_HEAD = offsetof(struct mconsole_request, data),
};

/* ---- finding it ---- */

static bool is_socket(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISSOCK(st.st_mode);
}

enum {
	/* Of the places where a socket may be. */
	PLACE_MAX = 8192,
};

/* A path that no socket can be connected to by is told of, not cut short. */
static bool try_path(struct client *c, const char *dir, const char *name,
		     const char *file)
{
	char path[PLACE_MAX];
	size_t len = snprintf(path, sizeof(path), "%s%s%s", dir, name, file);

	if (len >= sizeof(c->path)) {
		fprintf(stderr, "uml_mconsole: %.200s%s: this path has %zu characters, a socket's at most %zu\n",
			path, len > 200 ? "..." : "", len, sizeof(c->path) - 1);
		return false;
	}
	memcpy(c->path, path, len + 1);
	return is_socket(c->path);
}

static bool find_socket(struct client *c, const char *name, const char *dir)
{
	char place[PLACE_MAX];

	if (strchr(name, '/'))
		return try_path(c, name, "", "") ||
		       try_path(c, name, "", "/mconsole");
	snprintf(place, sizeof(place), "%s/", instances_dir(dir));
	return try_path(c, place, name, "/mconsole") ||
	       try_path(c, "/tmp/uml/", name, "/mconsole") ||
	       try_path(c, "./", name, "");
}

/* Where its socket is; "" for one that is in no directory. Return: @dir. */
static const char *directory(const struct client *c, char *dir)
{
	char *slash;

	memcpy(dir, c->path, sizeof(c->path));
	slash = strrchr(dir, '/');
	*(slash ?: dir) = '\0';
	return dir;
}

/* Say more than "refused", where more is known. */
static void explain(const struct client *c, const char *what)
{
	char dir[sizeof(c->path)];
	int pid = *directory(c, dir) ? instance_pid(dir) : 0;
	int alive = pid ? instance_lives(dir) : 0;
	char state = alive ? instance_state(alive) : 0;

	fprintf(stderr, "uml_mconsole: %s: %s", c->name, what);
	if (pid && !alive)
		fprintf(stderr, instance_state(pid) ?
			" (it has ended, and process %d is another program now)" :
			" (process %d does not exist any more)", pid);
	else if (state == 'T' || state == 't')
		fprintf(stderr, " (process %d is stopped; kill -CONT %d lets it go on)",
			pid, pid);
	fprintf(stderr, "\n");
}

static bool connect_to_path(struct client *c)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };

	c->late = false;
	c->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	/* Without a name we could not be answered: let the kernel make one. */
	if (c->fd < 0 || bind(c->fd, (struct sockaddr *)&addr,
			      sizeof(addr.sun_family))) {
		fprintf(stderr, "uml_mconsole: cannot make a socket: %s\n",
			strerror(errno));
		return false;
	}
	memcpy(addr.sun_path, c->path, sizeof(addr.sun_path));
	if (connect(c->fd, (struct sockaddr *)&addr, sizeof(addr))) {
		explain(c, strerror(errno));
		return false;
	}
	return true;
}

bool client_open(struct client *c, const char *name, const char *dir)
{
	snprintf(c->name, sizeof(c->name), "%s", name);
	c->fd = -1;
	if (!find_socket(c, name, dir)) {
		fprintf(stderr, "uml_mconsole: %s: no instance of this name in %s (uml_mconsole --list shows those there are)\n",
			name, instances_dir(dir));
		return false;
	}
	return connect_to_path(c);
}

void client_close(struct client *c)
{
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
}

int client_pid(const struct client *c)
{
	char dir[sizeof(c->path)];

	return *directory(c, dir) ? instance_lives(dir) : 0;
}

/* ---- asking ---- */

static bool send_request(struct client *c, const char *text)
{
	struct mconsole_request r = {
		.magic = MCONSOLE_MAGIC, .version = MCONSOLE_VERSION,
		.len = strlen(text),
	};
	struct timeval wait = { .tv_sec = c->timeout };

	if (r.len >= MCONSOLE_MAX_DATA) {
		fprintf(stderr, "uml_mconsole: the command is too long: %u characters, at most %d\n",
			r.len, MCONSOLE_MAX_DATA - 1);
		return false;
	}
	memcpy(r.data, text, r.len);
	setsockopt(c->fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
	if (send(c->fd, &r, REQUEST_HEAD + r.len, MSG_NOSIGNAL) < 0) {
		explain(c, errno == EAGAIN ? "it takes no requests" :
			strerror(errno));
		return false;
	}
	return true;
}

/* Return: bytes of text, or -1 after a message. */
static ssize_t receive_piece(struct client *c, struct mconsole_reply *r)
{
	struct pollfd p = { .fd = c->fd, .events = POLLIN };
	char what[64];
	ssize_t n;

	n = poll(&p, 1, c->timeout * 1000);
	if (!n) {
		snprintf(what, sizeof(what), "no answer within %d s",
			 c->timeout);
		explain(c, what);
		return -1;
	}
	n = recv(c->fd, r, sizeof(*r), 0);
	if (n < 0) {
		explain(c, strerror(errno));
		return -1;
	}
	if (n < REPLY_HEAD || r->len > n - REPLY_HEAD) {
		explain(c, "its answer makes no sense");
		return -1;
	}
	return strnlen(r->data, r->len);
}

static bool add_piece(struct answer *a, const struct mconsole_reply *r,
		      size_t n)
{
	char *text = realloc(a->text, a->len + n + 1);

	if (!text)
		return false;
	memcpy(text + a->len, r->data, n);
	a->text = text;
	a->len += n;
	text[a->len] = '\0';
	return true;
}

bool client_ask(struct client *c, const char *text, struct answer *a)
{
	struct mconsole_reply r;
	bool first = true;
	ssize_t n;

	*a = (struct answer){ 0 };
	/* An answer that we gave up waiting for may still come: to nobody. */
	if (c->late) {
		client_close(c);
		if (!connect_to_path(c))
			return false;
	}
	if (!send_request(c, text))
		return false;
	c->late = true;
	do {
		n = receive_piece(c, &r);
		if (n < 0 || !add_piece(a, &r, n)) {
			free(a->text);
			return false;
		}
		if (first)
			a->err = r.err;
		first = false;
	} while (r.more);
	c->late = false;
	return true;
}
