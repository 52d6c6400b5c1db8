// SPDX-License-Identifier: GPL-2.0
/*
 * First step of the confinement: Landlock and privileges. One rule set is
 * filled before it is put into force, on the only thread there is; a Landlock
 * domain is inherited and cannot be left. sandbox_filter.c has the second step.
 *
 * Older hosts know fewer kinds of access; what they do not know is not kept,
 * and reported. The numbers are the host's ABI: linux/landlock.h of the build
 * machine may be older than the host.
 */
#include <string.h>
#include <linux/capability.h>
#include <sys/prctl.h>

#include <host/proc.h>
#include <host/sandbox.h>
#include "sandbox_internal.h"
#include "sys.h"

#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset	444
#define SYS_landlock_add_rule		445
#define SYS_landlock_restrict_self	446
#endif

enum {
	CREATE_RULESET_VERSION = 1,
	RULE_PATH_BENEATH = 1,
	RULE_NET_PORT = 2,
};

enum {
	FS_WRITE_FILE = 1 << 1,
	FS_READ_FILE = 1 << 2,
	FS_READ_DIR = 1 << 3,
	FS_REMOVE_DIR = 1 << 4,
	FS_REMOVE_FILE = 1 << 5,
	FS_MAKE_REG = 1 << 8,
	FS_MAKE_SOCK = 1 << 9,
	FS_MAKE_SYM = 1 << 12,
	/* Execute, and making nodes and directories of all kinds: ABI 1. */
	FS_ABI_1 = (1 << 13) - 1,
	FS_REFER = 1 << 13,
	FS_TRUNCATE = 1 << 14,
	FS_IOCTL_DEV = 1 << 15,

	NET_BIND_TCP = 1 << 0,
	NET_CONNECT_TCP = 1 << 1,

	SCOPE_SIGNAL = 1 << 1,
};

/* What the rule set keeps: the host's struct landlock_ruleset_attr. */
struct kept {
	uint64_t fs;
	uint64_t net;
	uint64_t scoped;
};

struct path_rule {
	uint64_t access;
	int32_t fd;
} __attribute__((packed));

struct port_rule {
	uint64_t access;
	uint64_t port;
};

/* What came with each ABI of Landlock, the newest last. */
static const struct abi {
	int abi;
	struct kept more;
	const char *what;
} abis[] = {
	{ 1, { .fs = FS_ABI_1 }, "files" },
	{ 2, { .fs = FS_REFER }, "moving files" },
	{ 3, { .fs = FS_TRUNCATE }, "cutting files short" },
	{ 4, { .net = NET_BIND_TCP | NET_CONNECT_TCP }, "TCP ports" },
	{ 5, { .fs = FS_IOCTL_DEV }, "control of devices" },
	/*
	 * Not abstract sockets: clients of the management console are answered
	 * there. Datagrams is all that can be sent: connect() is filtered.
	 */
	{ 6, { .scoped = SCOPE_SIGNAL }, "signals for other processes" },
};

enum {
	ABIS = sizeof(abis) / sizeof(abis[0]),
	/* Rights that make sense for what is no directory. */
	FS_OF_FILES = FS_WRITE_FILE | FS_READ_FILE | FS_TRUNCATE | FS_IOCTL_DEV,
};

/* Read by the whole program, and by libc when it counts cores. */
static const char *const read_by_us[] = {
	"/proc", "/sys/devices/system/cpu",
};

static int ruleset = -1;
static int host_abi;
static struct kept kept;
static bool ports_allowed;
static bool is_on;

bool os_sandbox_is_on(void)
{
	return is_on;
}

bool sandbox_wants_tcp(void)
{
	return ports_allowed;
}

/* ---- the list ---- */

static int allow_fd(int fd, uint64_t access)
{
	struct path_rule rule = { .fd = fd };
	struct stat st;
	int err;

	err = sys_fstat(fd, &st);
	if (err)
		return err;
	if (!S_ISDIR(st.st_mode))
		access &= FS_OF_FILES;
	rule.access = access & kept.fs;
	if (!rule.access)
		return 0;
	err = sys_call(SYS_landlock_add_rule, ruleset, RULE_PATH_BENEATH, &rule, 0);
	return err == -EBADFD ? -EBADF : err;
}

static int allow(const char *path, uint64_t access)
{
	int fd, err;

	fd = sys_open(path, O_PATH, 0);
	if (fd < 0)
		return fd;
	err = allow_fd(fd, access);
	sys_close(fd);
	return err;
}

int os_sandbox_allow(const char *path, __u32 access)
{
	uint64_t fs = 0;

	if (ruleset < 0)
		return 0;
	if (access & OS_SANDBOX_READ)
		fs |= FS_READ_FILE | FS_READ_DIR;
	if (access & OS_SANDBOX_WRITE)
		fs |= FS_WRITE_FILE | FS_TRUNCATE;
	if (access & OS_SANDBOX_MAKE)
		fs |= FS_MAKE_REG | FS_MAKE_SOCK | FS_MAKE_SYM | FS_REMOVE_FILE |
		      FS_REFER;
	/* Disks and terminals are devices, too; a filter picks the requests. */
	return allow(path, fs | FS_IOCTL_DEV);
}

int os_sandbox_allow_port(__u32 port)
{
	struct port_rule rule = { .access = NET_BIND_TCP, .port = port };

	if (ruleset < 0)
		return 0;
	ports_allowed = true;
	if (!kept.net)
		return 0;
	return sys_call(SYS_landlock_add_rule, ruleset, RULE_NET_PORT, &rule, 0);
}

/* Sockets come and go in it, and it goes itself. */
static int allow_instance_dir(void)
{
	char parent[4096];
	const char *dir = os_instance_dir(), *slash;
	int err;

	if (!*dir)
		return 0;
	err = allow(dir, FS_MAKE_SOCK | FS_REMOVE_FILE);
	slash = strrchr(dir, '/');
	if (err || !slash)
		return err;
	memcpy(parent, dir, slash - dir + 1);
	parent[slash - dir + 1] = '\0';
	return allow(parent, FS_REMOVE_DIR);
}

static int allow_our_own(void)
{
	unsigned int i;
	int err = allow_instance_dir();

	for (i = 0; !err && i < sizeof(read_by_us) / sizeof(read_by_us[0]); i++) {
		err = allow(read_by_us[i], FS_READ_FILE | FS_READ_DIR);
		/* A host without it does without it. */
		if (err == -ENOENT)
			err = 0;
	}
	return err;
}

int os_sandbox_begin(const char **why)
{
	unsigned int i;
	int err;

	host_abi = sys_call(SYS_landlock_create_ruleset, NULL, 0,
			    CREATE_RULESET_VERSION);
	*why = "the host has no Landlock (Linux 5.13 or later, and \"landlock\" in /sys/kernel/security/lsm)";
	if (host_abi < 0)
		return host_abi;
	for (i = 0; i < ABIS && abis[i].abi <= host_abi; i++) {
		kept.fs |= abis[i].more.fs;
		kept.net |= abis[i].more.net;
		kept.scoped |= abis[i].more.scoped;
	}
	/* Older hosts accept the shorter structure, and a longer one of zeroes. */
	err = sys_call(SYS_landlock_create_ruleset, &kept, sizeof(kept), 0);
	*why = "the host refuses a Landlock rule set";
	if (err < 0)
		return err;
	ruleset = err;
	*why = "a directory of our own cannot be allowed";
	return allow_our_own();
}

/* ---- into force ---- */

static void tell_missing(char *missing, size_t len)
{
	size_t used = 0, n;
	unsigned int i;

	missing[0] = '\0';
	for (i = 0; i < ABIS; i++) {
		if (abis[i].abi <= host_abi)
			continue;
		n = strlen(abis[i].what);
		if (used + 2 + n + 1 > len)
			break;
		if (used) {
			memcpy(missing + used, ", ", 2);
			used += 2;
		}
		memcpy(missing + used, abis[i].what, n + 1);
		used += n;
	}
}

/* Return: 1 if there were capabilities to be given up, 0 if not, or -errno. */
static int drop_capabilities(void)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { };
	bool had;
	int err;

	err = sys_call(SYS_capget, &header, data);
	if (err)
		return err;
	had = data[0].permitted || data[1].permitted;
	memset(data, 0, sizeof(data));
	err = sys_call(SYS_capset, &header, data);
	return err ? err : had;
}

static int drop_privileges(void)
{
	int had;

	had = drop_capabilities();
	if (had < 0)
		return had;
	/* Who may not have had what we had shall not look at what is left of it. */
	if (had)
		return sys_call(SYS_prctl, PR_SET_DUMPABLE, 0, 0, 0, 0);
	return 0;
}

int os_sandbox_enter(char *missing, size_t len)
{
	int err;

	tell_missing(missing, len);
	err = sys_call(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (!err)
		err = sys_call(SYS_landlock_restrict_self, ruleset, 0);
	sys_close(ruleset);
	ruleset = -1;
	if (!err)
		err = drop_privileges();
	is_on = !err;
	return err;
}
