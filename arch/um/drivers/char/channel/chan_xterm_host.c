// SPDX-License-Identifier: GPL-2.0
/*
 * Channel xterm: a window with a terminal, which comes when the guest opens
 * the tty. It is a listening socket in the instance directory; in the window
 * our own program runs as "linux --attach <socket>" (os-Linux/attach.c), and
 * could be started by hand as well, which is what is left without a display.
 */
#include <stdbool.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <os-Linux/sys.h>
#include <host/proc.h>
#include <host/sandbox.h>
#include <host/socket.h>
#include "chan_io_host.h"
#include "chan_listen_host.h"

extern char **environ;

enum {
	WINDOWS_MAX = 80,
	SELF_MAX = 256,
};

static const char *emulator = "xterm", *title_switch = "-T",
	*exec_switch = "-e";

/* What belongs to a channel beside its socket. */
static struct window {
	struct chan_host *channel;
	/* The emulator, which may be a zombie by now; 0 if there is none. */
	pid_t pid;
	char title[CHAN_TITLE_MAX + 72];
	char path[CHAN_TEXT_MAX];
} windows[WINDOWS_MAX];

/* Before the number of the window, in the instance directory. */
#define SOCKET_NAME	"/xterm"

static size_t count_digits(__u32 number)
{
	return number < 10 ? 1 : 1 + count_digits(number / 10);
}

void chan_xterm_host_set(const char *program, const char *title,
			 const char *exec)
{
	emulator = program;
	title_switch = title;
	exec_switch = exec;
}

static struct window *window_of(const struct chan_host *c)
{
	struct window *w;

	for (w = windows; w < windows + WINDOWS_MAX; w++)
		if (w->channel == c)
			return w;
	return NULL;
}

__u32 chan_xterm_host_path_len(void)
{
	return strlen(os_instance_dir()) + strlen(SOCKET_NAME) +
	       count_digits(WINDOWS_MAX - 1);
}

static void make_title(struct window *w, const char *title)
{
	char start[CHAN_TITLE_MAX + 2];

	chan_io_host_join(start, sizeof(start), title, " (");
	chan_io_host_join(w->title, sizeof(w->title), start, os_umid());
	chan_io_host_join(start, sizeof(start), ")", "");
	strncat(w->title, start, sizeof(w->title) - strlen(w->title) - 1);
}

static int xterm_open(const struct chan_config *cfg, __u32 dirs,
		      struct chan_host **ret)
{
	struct window *w = window_of(NULL);
	struct chan_listen_address where = { .path = w->path };
	char prefix[CHAN_TEXT_MAX];
	int err;

	if (!w)
		return -ENOSPC;
	if (!*os_instance_dir())
		return -ENOENT;
	if (chan_xterm_host_path_len() > OS_SOCKET_PATH_MAX)
		return -ENAMETOOLONG;
	chan_io_host_join(prefix, sizeof(prefix), os_instance_dir(), SOCKET_NAME);
	chan_io_host_text(w->path, sizeof(w->path), prefix, w - windows);
	chan_io_host_join(prefix, sizeof(prefix), "xterm:", w->path);
	err = chan_listen_host_open(&where, dirs, true, prefix, ret);
	if (err)
		return err;
	w->channel = *ret;
	w->pid = 0;
	make_title(w, cfg->title);
	return 0;
}

static void forget_child(struct window *w)
{
	int status;

	if (w->pid && sys_wait4(w->pid, &status, WNOHANG) == w->pid)
		w->pid = 0;
}

/* The window closes by itself when the socket does. */
static void xterm_close(struct chan_host *c)
{
	struct window *w = window_of(c);

	if (w) {
		forget_child(w);
		w->channel = NULL;
	}
	chan_listen_host_close(c);
}

static bool have_display(void)
{
	return getenv("DISPLAY") || getenv("WAYLAND_DISPLAY");
}

static int start_window(struct window *w)
{
	char self[SELF_MAX];
	char *argv[] = {
		(char *)emulator, (char *)title_switch, w->title,
		(char *)exec_switch, self, "--attach", w->path, NULL
	};
	posix_spawnattr_t attr;
	sigset_t none;
	ssize_t n;
	int err;

	n = sys_readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (n < 0)
		return n;
	self[n] = '\0';
	sigemptyset(&none);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK |
				 POSIX_SPAWN_SETSID);
	err = posix_spawnp(&w->pid, emulator, NULL, &attr, argv, environ);
	posix_spawnattr_destroy(&attr);
	if (err)
		w->pid = 0;
	return -err;
}

static int xterm_summon(struct chan_host *c)
{
	struct window *w = window_of(c);

	forget_child(w);
	if (chan_listen_host_busy(c) || w->pid)
		return 0;
	if (os_sandbox_is_on())
		return -EPERM;
	if (!have_display())
		return -ENXIO;
	return start_window(w);
}

const struct chan_host_ops chan_xterm_host_ops = {
	.open = xterm_open,
	.close = xterm_close,
	CHAN_LISTEN_HOST_OPS,
	.summon = xterm_summon,
};
