// SPDX-License-Identifier: GPL-2.0
/*
 * PID 1 of the test initramfs: mounts the usual file systems, runs the programs of /tests
 * in sorted order, relays their TAP and powers the machine off.
 * The kernel hands unknown command line words over as environment: tests=a,b chooses
 * programs, test_timeout=SECONDS bounds each of them.
 * Not here: judging. run-guest does that from the console output.
 */
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <termios.h>

#include "util.h"

#define TEST_DIR "/tests"
#define DEFAULT_TIMEOUT 60

struct relay {
	char line[4096];
	size_t len;
};

/* One write per line, so that kernel messages fall between lines. */
static void relay_flush(struct relay *r)
{
	size_t done = 0;

	if (r->len && r->line[r->len - 1] != '\n')
		r->line[r->len++] = '\n';
	while (done < r->len) {
		ssize_t n = write(STDOUT_FILENO, r->line + done, r->len - done);

		if (n <= 0)
			break;
		done += n;
	}
	r->len = 0;
}

static void relay_add(struct relay *r, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		r->line[r->len++] = text[i];
		if (text[i] == '\n' || r->len == sizeof(r->line) - 1)
			relay_flush(r);
	}
}

static void mount_or_complain(const char *type, const char *dir)
{
	mkdir(dir, 0755);
	if (mount(type, dir, type, 0, NULL) < 0 && errno != EBUSY) {
		printf("not ok - init: mount %s on %s: %s\n", type, dir, strerror(errno));
		fflush(stdout);
	}
}

static void make_node(const char *path, unsigned int major, unsigned int minor)
{
	if (mknod(path, S_IFCHR | 0666, makedev(major, minor)) < 0 && errno != EEXIST)
		printf("# init: %s: %s\n", path, strerror(errno));
}

static void setup(void)
{
	mount_or_complain("proc", "/proc");
	mount_or_complain("sysfs", "/sys");
	mount_or_complain("tmpfs", "/tmp");
	mkdir("/dev", 0755);
	if (mount("devtmpfs", "/dev", "devtmpfs", 0, NULL) < 0) {
		make_node("/dev/null", 1, 3);
		make_node("/dev/zero", 1, 5);
		make_node("/dev/full", 1, 7);
		make_node("/dev/random", 1, 8);
		make_node("/dev/urandom", 1, 9);
		make_node("/dev/tty", 5, 0);
		make_node("/dev/ptmx", 5, 2);
	}
	mkdir("/dev/shm", 01777);
	mount("tmpfs", "/dev/shm", "tmpfs", 0, NULL);
	chmod("/tmp", 01777);
}

static bool wanted(const char *name)
{
	const char *list = getenv("tests");
	size_t len = strlen(name);

	if (!list || !*list)
		return true;
	while (*list) {
		size_t n = strcspn(list, ",");

		if (n == len && !strncmp(list, name, n))
			return true;
		list += n + (list[n] == ',');
	}
	return false;
}

static int only_programs(const struct dirent *d)
{
	return d->d_name[0] != '.' && wanted(d->d_name);
}

static pid_t start_program(const char *name, int out)
{
	char path[512];
	char *argv[] = { path, NULL };
	char *envp[] = { "PATH=/tests:/bin:/sbin", "HOME=/", "TERM=linux", NULL };
	pid_t pid;

	snprintf(path, sizeof(path), TEST_DIR "/%s", name);
	pid = fork();
	if (pid == 0) {
		int null = open("/dev/null", O_RDONLY);

		setsid();
		if (null >= 0)
			dup2(null, STDIN_FILENO);
		dup2(out, STDOUT_FILENO);
		dup2(out, STDERR_FILENO);
		close_range(3, ~0U, 0);
		execve(path, argv, envp);
		_exit(127);
	}
	return pid;
}

/* Relay until the program has ended. Returns its wait status; -1 if it took too long. */
static int watch_program(pid_t pid, int in, u64 deadline)
{
	struct relay relay = { .len = 0 };
	struct pollfd pfd = { .fd = in, .events = POLLIN };
	char buf[1024];
	int status = -1;
	bool ended = false;

	while (!ended && now_ns() < deadline) {
		ssize_t n;

		poll(&pfd, 1, 50);
		ended = waitpid(pid, &status, WNOHANG) == pid;
		while ((n = read(in, buf, sizeof(buf))) > 0)
			relay_add(&relay, buf, n);
		if (n == 0)
			sleep_ms(5);
	}
	relay_flush(&relay);
	return ended ? status : -1;
}

/* End whatever the program left behind: all processes but this one. */
static void sweep(void)
{
	kill(-1, SIGKILL);
	while (waitpid(-1, NULL, 0) > 0)
		;
}

static bool run_program(const char *name, unsigned int timeout)
{
	int fds[2];
	int status;
	pid_t pid;

	printf("# program %s\n", name);
	fflush(stdout);
	if (pipe2(fds, O_NONBLOCK | O_CLOEXEC) < 0) {
		printf("not ok - init: pipe: %s\n", strerror(errno));
		return false;
	}
	fcntl(fds[1], F_SETFL, 0);
	pid = start_program(name, fds[1]);
	close(fds[1]);
	status = pid < 0 ? 0xff00 : watch_program(pid, fds[0], now_ns() + timeout * NSEC_PER_SEC);
	if (status == -1)
		printf("not ok - timeout\n");
	sweep();
	close(fds[0]);
	printf("# exit %s %d\n", name, status);
	fflush(stdout);
	return status == 0;
}

int main(void)
{
	const char *text = getenv("test_timeout");
	unsigned int timeout = text ? atoi(text) : DEFAULT_TIMEOUT;
	struct dirent **list;
	int failed = 0;
	int n;

	/* It ends all processes it can see and powers off: only ever in a machine of its own. */
	if (getpid() != 1) {
		fprintf(stderr, "init: runs as PID 1 of a test machine only\n");
		return 2;
	}
	setup();
	n = scandir(TEST_DIR, &list, only_programs, alphasort);
	if (n < 0) {
		printf("not ok - init: %s: %s\n", TEST_DIR, strerror(errno));
		n = 0;
	}
	for (int i = 0; i < n; i++)
		failed += !run_program(list[i]->d_name, timeout);
	printf("# all done: %d programs, %d failed\n", n, failed);
	fflush(stdout);
	sync();
	tcdrain(STDOUT_FILENO);
	reboot(RB_POWER_OFF);
	return 1;
}
