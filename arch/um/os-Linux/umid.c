// SPDX-License-Identifier: GPL-2.0
/*
 * The instance directory, <uml_dir>/<umid>/, with the pid file in it, whose
 * lock says whether its maker lives. Whoever makes one, takes one over or
 * sweeps dead ones away holds the lock of the parent directory meanwhile;
 * whoever ends holds nothing, so names can vanish at any time.
 */
#include <dirent.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>

#include <host/proc.h>
#include "exit.h"
#include "sys.h"
#include "unix_socket.h"

enum {
	/* Who else may use the parent is the umask's business. */
	PARENT_MODE = 0777,
	INSTANCE_MODE = 0700,
	OTHERS_WRITE = 0022,
	PID_MODE = 0644,
	RANDOM_NAME_LENGTH = 6,
	UMID_SIZE = 64,
	/* Somebody else may take over the same dead instance: look again. */
	ATTEMPTS = 10,
};

static char umid[UMID_SIZE];
static char instance_dir[PATH_MAX];
static char pid_path[PATH_MAX + 8];
static int pid_fd = -1;

static int make_path(char *to, size_t size, const char *a, const char *b)
{
	size_t la = strlen(a), lb = strlen(b);

	if (la + 1 + lb + 1 > size)
		return -ENAMETOOLONG;
	memcpy(to, a, la);
	to[la] = '/';
	memcpy(to + la + 1, b, lb + 1);
	return 0;
}

static int make_parent(const char *dir)
{
	int err = sys_mkdir(dir, PARENT_MODE);

	return err == -EEXIST ? 0 : err;
}

static void remove_instance(void)
{
	char sock[PATH_MAX + 16];

	if (pid_fd < 0)
		return;
	if (!make_path(sock, sizeof(sock), instance_dir, "mconsole"))
		os_unix_remove(AT_FDCWD, sock);
	sys_unlink(pid_path);
	sys_rmdir(instance_dir);
	/* The lock goes with the process. */
	pid_fd = -1;
}

static int write_pid(int fd)
{
	char text[16];
	int n = 0, pid = sys_getpid(), div = 1;

	while (pid / div >= 10)
		div *= 10;
	for (; div; div /= 10)
		text[n++] = '0' + pid / div % 10;
	text[n++] = '\n';
	if (sys_ftruncate(fd, 0) || sys_pwrite(fd, text, n, 0) != n)
		return -EIO;
	return 0;
}

/* The file we locked is still the one the name leads to. */
static bool still_there(int fd)
{
	struct stat a, b;
	int again = sys_open(pid_path, O_RDONLY, 0);
	bool same;

	if (again < 0)
		return false;
	same = !sys_fstat(fd, &a) && !sys_fstat(again, &b) &&
	       a.st_ino == b.st_ino && a.st_dev == b.st_dev;
	sys_close(again);
	return same;
}

/* Not one number: a pid file of somebody else, or one that is being written. */
static int read_pid(int fd)
{
	char text[16];
	ssize_t n = sys_pread(fd, text, sizeof(text), 0);
	int pid = 0, i;

	for (i = 0; i < n && text[i] >= '0' && text[i] <= '9' && i < 9; i++)
		pid = pid * 10 + text[i] - '0';
	return i && i < n && text[i] == '\n' ? pid : 0;
}

/* Empty: its maker was killed before he wrote it. */
static bool is_pid_file(int fd)
{
	struct stat st;

	return !sys_fstat(fd, &st) && S_ISREG(st.st_mode) &&
	       (!st.st_size || read_pid(fd));
}

static bool has_pid_file(int dir)
{
	int fd = sys_openat(dir, "pid", O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
	bool has;

	if (fd < 0)
		return false;
	has = is_pid_file(fd);
	sys_close(fd);
	return has;
}

/* Nobody else may exchange what is in it; and a dead instance's is ours alone. */
static int make_ours(int dir)
{
	struct stat st;
	int err;

	err = sys_fstat(dir, &st);
	if (err)
		return err;
	if (st.st_uid != (uid_t)sys_call(SYS_geteuid))
		return -EPERM;
	if (has_pid_file(dir))
		return sys_call(SYS_fchmod, dir, INSTANCE_MODE);
	/* It was made by somebody with other intentions, who chose its mode. */
	return st.st_mode & OTHERS_WRITE ? -EPERM : 0;
}

static int make_instance_dir(void)
{
	int fd, err;

	err = sys_mkdir(instance_dir, INSTANCE_MODE);
	if (err != -EEXIST)
		return err;
	fd = sys_open(instance_dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
	/* It was removed under us by its dying owner. */
	if (fd == -ENOENT)
		return -EAGAIN;
	if (fd < 0)
		return fd;
	err = make_ours(fd);
	sys_close(fd);
	return err;
}

static int claim_once(void)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int fd, err;

	err = make_instance_dir();
	if (err)
		return err;
	fd = sys_open(pid_path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK,
		      PID_MODE);
	/* The directory was removed under us by its dying owner. */
	if (fd == -ENOENT)
		return -EAGAIN;
	if (fd < 0)
		return fd;
	err = sys_fcntl(fd, F_OFD_SETLK, (long)&lock);
	if (err) {
		sys_close(fd);
		return err == -EAGAIN || err == -EACCES ? -EEXIST : err;
	}
	if (!still_there(fd)) {
		sys_close(fd);
		return -EAGAIN;
	}
	/* A file of somebody else's that is called so is not overwritten. */
	if (!is_pid_file(fd)) {
		sys_close(fd);
		return -ENOTUNIQ;
	}
	err = write_pid(fd);
	if (err) {
		sys_close(fd);
		return err;
	}
	pid_fd = fd;
	return 0;
}

static int claim(const char *dir, const char *name)
{
	int err, i;

	err = make_path(instance_dir, sizeof(instance_dir), dir, name);
	if (!err)
		err = make_path(pid_path, sizeof(pid_path), instance_dir, "pid");
	if (err)
		return err;
	err = -EAGAIN;
	for (i = 0; i < ATTEMPTS && err == -EAGAIN; i++)
		err = claim_once();
	if (err)
		return err;
	memcpy(umid, name, strlen(name) + 1);
	os_at_exit(remove_instance);
	return 0;
}

/* ---- instances that died without tidying up ---- */

static bool is_dead(int dir)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int fd = sys_openat(dir, "pid", O_RDWR | O_NOFOLLOW);
	bool dead;
	int pid;

	if (fd < 0)
		return false;
	pid = read_pid(fd);
	dead = pid && sys_kill(pid, 0) == -ESRCH &&
	       !sys_fcntl(fd, F_OFD_SETLK, (long)&lock);
	/* Nobody can lock it after us: that needs the parent's lock. */
	sys_close(fd);
	return dead;
}

/* Names of sockets which an instance makes: "mconsole", "xterm<n>". */
static bool is_our_socket(const char *name)
{
	if (!strcmp(name, "mconsole"))
		return true;
	if (strncmp(name, "xterm", strlen("xterm")))
		return false;
	name += strlen("xterm");
	return *name && !name[strspn(name, "0123456789")];
}

static void sweep_sockets(int dir)
{
	int fd = sys_openat(dir, ".", O_RDONLY | O_DIRECTORY);
	DIR *list = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *d;

	if (!list) {
		if (fd >= 0)
			sys_close(fd);
		return;
	}
	while ((d = readdir(list)))
		if (is_our_socket(d->d_name))
			os_unix_remove(dir, d->d_name);
	closedir(list);
}

static void sweep_one(int parent, const char *name)
{
	int dir = sys_openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);

	if (dir < 0)
		return;
	if (is_dead(dir)) {
		sweep_sockets(dir);
		sys_unlinkat(dir, "pid", 0);
		/* Stays if there is something in it which is not ours. */
		sys_unlinkat(parent, name, AT_REMOVEDIR);
	}
	sys_close(dir);
}

static void sweep(const char *parent, int fd)
{
	DIR *list = opendir(parent);
	struct dirent *d;

	if (!list)
		return;
	while ((d = readdir(list)))
		if (d->d_name[0] != '.')
			sweep_one(fd, d->d_name);
	closedir(list);
}

/* ---- names ---- */

static int random_name(char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789";
	unsigned char r[RANDOM_NAME_LENGTH];
	int i, err;

	err = os_random(r, sizeof(r));
	if (err)
		return err;
	for (i = 0; i < RANDOM_NAME_LENGTH; i++)
		name[i] = letters[r[i] % (sizeof(letters) - 1)];
	name[i] = 0;
	return 0;
}

static int claim_name(const char *dir, const char *name)
{
	char made_up[RANDOM_NAME_LENGTH + 1];
	int err, i;

	if (name)
		return claim(dir, name);
	err = -EEXIST;
	for (i = 0; i < ATTEMPTS && err == -EEXIST; i++) {
		err = random_name(made_up);
		if (!err)
			err = claim(dir, made_up);
	}
	return err;
}

int os_umid_setup(const char *dir, const char *name)
{
	char parent[PATH_MAX];
	int fd, err;

	if (!dir) {
		const char *home = getenv("HOME");

		if (!home || !*home)
			return -ENOENT;
		err = make_path(parent, sizeof(parent), home, ".uml");
		if (err)
			return err;
		dir = parent;
	}
	err = make_parent(dir);
	if (err)
		return err;
	fd = sys_open(dir, O_RDONLY | O_DIRECTORY, 0);
	if (fd < 0)
		return fd;
	/* File systems without locks exist; there we take our chances. */
	sys_retry(SYS_flock, fd, LOCK_EX);
	sweep(dir, fd);
	err = claim_name(dir, name);
	sys_close(fd);
	return err;
}

const char *os_umid(void)
{
	return umid;
}

const char *os_instance_dir(void)
{
	return pid_fd < 0 ? "" : instance_dir;
}
