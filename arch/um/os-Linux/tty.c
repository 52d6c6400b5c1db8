// SPDX-License-Identifier: GPL-2.0
/*
 * Host terminals. A terminal is known by its device number, not by a
 * descriptor: several channels may use one, and its mode comes back when the
 * last of them is done. Each has a descriptor of our own for that, so that
 * the way out does not depend on what drivers closed before.
 * Signal safety: an entry is complete before its user count says it is in
 * use; taking the count to zero decides who restores.
 */
#include <stdbool.h>
#include <sys/ioctl.h>
#include <asm/termbits.h>
#include <os-Linux/sys.h>
#include <host/tty.h>

enum {
	/* Terminals in raw mode at one time. */
	RAW_TTYS_MAX = 80,
};

static struct raw_tty {
	int users;
	int fd;
	dev_t fs;
	dev_t rdev;
	struct termios2 saved;
} raw_ttys[RAW_TTYS_MAX];

/* Let a process in the background set modes without being stopped for it. */
static void set_mode(int fd, const struct termios2 *t)
{
	const __u64 ttou = 1ULL << (SIGTTOU - 1);
	__u64 old;

	sys_call(SYS_rt_sigprocmask, SIG_BLOCK, &ttou, &old, sizeof(ttou));
	sys_ioctl(fd, TCSETS2, (void *)t);
	sys_call(SYS_rt_sigprocmask, SIG_SETMASK, &old, NULL, sizeof(old));
}

static struct raw_tty *raw_tty_find(const struct stat *st)
{
	struct raw_tty *t;

	for (t = raw_ttys; t < raw_ttys + RAW_TTYS_MAX; t++)
		if (__atomic_load_n(&t->users, __ATOMIC_ACQUIRE) > 0 &&
		    t->rdev == st->st_rdev && t->fs == st->st_dev)
			return t;
	return NULL;
}

static struct raw_tty *raw_tty_unused(void)
{
	struct raw_tty *t;

	for (t = raw_ttys; t < raw_ttys + RAW_TTYS_MAX; t++)
		if (!__atomic_load_n(&t->users, __ATOMIC_ACQUIRE))
			return t;
	return NULL;
}

static void make_raw(struct termios2 *t)
{
	t->c_iflag &= ~(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR |
			ICRNL | IXON);
	t->c_oflag &= ~OPOST;
	t->c_lflag &= ~(ECHO | ECHONL | ICANON | ISIG | IEXTEN);
	t->c_cflag &= ~(CSIZE | PARENB);
	t->c_cflag |= CS8;
	t->c_cc[VMIN] = 1;
	t->c_cc[VTIME] = 0;
}

int os_tty_raw(int fd)
{
	struct termios2 mode;
	struct raw_tty *t;
	struct stat st;
	int ret;

	ret = sys_ioctl(fd, TCGETS2, &mode);
	if (ret < 0)
		return ret;
	ret = sys_fstat(fd, &st);
	if (ret < 0)
		return ret;
	t = raw_tty_find(&st);
	if (t) {
		__atomic_add_fetch(&t->users, 1, __ATOMIC_ACQ_REL);
		return 0;
	}
	t = raw_tty_unused();
	if (!t)
		return -ENOSPC;
	ret = sys_fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (ret < 0)
		return ret;
	t->fd = ret;
	t->fs = st.st_dev;
	t->rdev = st.st_rdev;
	t->saved = mode;
	__atomic_store_n(&t->users, 1, __ATOMIC_RELEASE);

	make_raw(&mode);
	/* Unlike on the way out, stop here if we are in the background. */
	ret = sys_ioctl(t->fd, TCSETS2, &mode);
	if (ret < 0)
		os_tty_restore(fd);
	return ret;
}

void os_tty_restore(int fd)
{
	struct raw_tty *t;
	struct stat st;
	int own;

	if (sys_fstat(fd, &st) < 0)
		return;
	t = raw_tty_find(&st);
	if (!t)
		return;
	if (__atomic_load_n(&t->users, __ATOMIC_ACQUIRE) > 1) {
		__atomic_sub_fetch(&t->users, 1, __ATOMIC_ACQ_REL);
		return;
	}
	own = t->fd;
	set_mode(own, &t->saved);
	__atomic_store_n(&t->users, 0, __ATOMIC_RELEASE);
	sys_close(own);
}

void os_tty_restore_all(void)
{
	struct raw_tty *t;

	for (t = raw_ttys; t < raw_ttys + RAW_TTYS_MAX; t++) {
		if (__atomic_exchange_n(&t->users, 0, __ATOMIC_ACQ_REL) <= 0)
			continue;
		set_mode(t->fd, &t->saved);
		sys_close(t->fd);
	}
}

static bool in_background(int fd)
{
	int group;

	return !sys_ioctl(fd, TIOCGPGRP, &group) &&
	       group != sys_call(SYS_getpgid, 0);
}

void os_tty_suspend_all(void)
{
	struct raw_tty *t;

	for (t = raw_ttys; t < raw_ttys + RAW_TTYS_MAX; t++)
		if (__atomic_load_n(&t->users, __ATOMIC_ACQUIRE) > 0 &&
		    !in_background(t->fd))
			set_mode(t->fd, &t->saved);
}

void os_tty_resume_all(void)
{
	struct termios2 mode;
	struct raw_tty *t;

	for (t = raw_ttys; t < raw_ttys + RAW_TTYS_MAX; t++) {
		if (__atomic_load_n(&t->users, __ATOMIC_ACQUIRE) <= 0 ||
		    in_background(t->fd))
			continue;
		mode = t->saved;
		make_raw(&mode);
		set_mode(t->fd, &mode);
	}
}

int os_tty_winsize(int fd, __u16 *rows, __u16 *cols)
{
	struct winsize ws;
	int ret;

	ret = sys_ioctl(fd, TIOCGWINSZ, &ws);
	if (ret < 0)
		return ret;
	*rows = ws.ws_row;
	*cols = ws.ws_col;
	return 0;
}
