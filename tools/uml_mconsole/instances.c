// SPDX-License-Identifier: GPL-2.0
/* Instance directories, and the processes they belong to. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <json.h>
#include "instances.h"

const char *instances_dir(const char *dir)
{
	static char home[4096];

	if (dir)
		return dir;
	snprintf(home, sizeof(home), "%s/.uml", getenv("HOME") ?: "");
	return home;
}

static size_t read_file(const char *path, char *buf, size_t len)
{
	FILE *f = fopen(path, "re");
	size_t n = 0;

	if (f) {
		n = fread(buf, 1, len - 1, f);
		fclose(f);
	}
	buf[n] = '\0';
	return n;
}

int instance_pid(const char *dir)
{
	char path[4500], text[32];
	int pid;

	snprintf(path, sizeof(path), "%s/pid", dir);
	read_file(path, text, sizeof(text));
	pid = atoi(text);
	return pid > 0 ? pid : 0;
}

/* Return: has somebody a lock on a file; -1 if that cannot be told. */
static int is_locked(const char *path)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int err;

	if (fd < 0)
		return -1;
	err = fcntl(fd, F_OFD_GETLK, &lock);
	close(fd);
	return err ? -1 : lock.l_type != F_UNLCK;
}

/* Does a program have this socket? A name that was left behind refuses. */
static bool has_owner(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	bool owned = false;
	int fd;

	if (strlen(path) >= sizeof(addr.sun_path))
		return false;
	strcpy(addr.sun_path, path);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd >= 0) {
		owned = !connect(fd, (struct sockaddr *)&addr, sizeof(addr));
		close(fd);
	}
	return owned;
}

int instance_lives(const char *dir)
{
	int pid = instance_pid(dir), locked;
	char path[4500];

	if (!pid || !instance_state(pid))
		return 0;
	snprintf(path, sizeof(path), "%s/pid", dir);
	locked = is_locked(path);
	if (!locked) {
		snprintf(path, sizeof(path), "%s/mconsole", dir);
		return has_owner(path) ? pid : 0;
	}
	return pid;
}

/* What comes behind the name, which may have anything in it. */
static const char *read_stat(int pid, char *buf, size_t len)
{
	char path[64];
	char *name_end;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	read_file(path, buf, len);
	name_end = strrchr(buf, ')');
	return name_end && name_end[1] ? name_end + 2 : NULL;
}

char instance_state(int pid)
{
	char buf[1024];
	const char *stat = read_stat(pid, buf, sizeof(buf));

	return stat ? *stat : 0;
}

/* Seconds since it started, or -1. */
static long uptime(int pid)
{
	char buf[1024];
	const char *stat = read_stat(pid, buf, sizeof(buf));
	unsigned long long start;
	struct timespec now;

	/* The 22nd field; the third is the first here. */
	for (int i = 3; stat && i < 22; i++) {
		stat = strchr(stat, ' ');
		stat = stat ? stat + 1 : NULL;
	}
	if (!stat || sscanf(stat, "%llu", &start) != 1)
		return -1;
	clock_gettime(CLOCK_BOOTTIME, &now);
	return now.tv_sec - (long)(start / sysconf(_SC_CLK_TCK));
}

/* Resident memory in KiB, the touched part of guest RAM included. */
static long memory(int pid)
{
	char path[64], buf[4096];
	const char *line;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	read_file(path, buf, sizeof(buf));
	line = strstr(buf, "\nVmRSS:");
	return line ? atol(line + strlen("\nVmRSS:")) : -1;
}

static void command_line(int pid, char *buf, size_t len)
{
	char path[64];
	size_t n;

	snprintf(path, sizeof(path), "/proc/%d/cmdline", pid);
	n = read_file(path, buf, len);
	while (n && !buf[n - 1])
		n--;
	for (size_t i = 0; i < n; i++)
		if (!buf[i])
			buf[i] = ' ';
}

static void print_uptime(long s)
{
	if (s >= 24 * 3600)
		printf(" %4ldd%02ld:%02ld", s / 86400, s / 3600 % 24,
		       s / 60 % 60);
	else
		printf("   %02ld:%02ld:%02ld", s / 3600, s / 60 % 60, s % 60);
}

static void print_one(const char *name, int pid, bool json, bool first)
{
	char command[4096];

	command_line(pid, command, sizeof(command));
	if (json) {
		printf("%s\n  {\"umid\": ", first ? "" : ",");
		json_string(name);
		printf(", \"pid\": %d, \"memory\": %ld, \"uptime\": %ld, \"command\": ",
		       pid, memory(pid), uptime(pid));
		json_string(command);
		printf("}");
		return;
	}
	if (first)
		printf("%-16s %7s %8s %10s  %s\n", "UMID", "PID", "MEMORY",
		       "UPTIME", "COMMAND");
	printf("%-16s %7d %7ldM", name, pid, memory(pid) / 1024);
	print_uptime(uptime(pid));
	printf("  %s\n", command);
}

bool instances_list(const char *dir, bool json)
{
	const char *place = instances_dir(dir);
	struct dirent **names;
	bool first = true;
	char path[4400];
	int i, n, pid;

	n = scandir(place, &names, NULL, alphasort);
	if (n < 0 && errno != ENOENT) {
		fprintf(stderr, "uml_mconsole: %s: %s\n", place,
			strerror(errno));
		return false;
	}
	if (json)
		printf("[");
	for (i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "%s/%s", place, names[i]->d_name);
		pid = names[i]->d_name[0] == '.' ? 0 : instance_lives(path);
		if (pid) {
			print_one(names[i]->d_name, pid, json, first);
			first = false;
		}
		free(names[i]);
	}
	if (n >= 0)
		free(names);
	if (json)
		printf("%s]\n", first ? "" : "\n");
	return true;
}
