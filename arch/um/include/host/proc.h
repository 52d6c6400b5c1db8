/* SPDX-License-Identifier: GPL-2.0 */
/*
 * UML as a process of the host: how it ends, what it is called, the directory
 * under which its instances are found.
 */
#ifndef UM_HOST_PROC_H
#define UM_HOST_PROC_H

#include <host/types.h>

/* Exit statuses of the program; documented in Documentation/boundary.rst. */
enum os_exit_status {
	OS_EXIT_OK = 0,
	/* Bad options, missing files, a host that cannot run us, SIGINT. */
	OS_EXIT_FAILURE = 1,
};

/**
 * os_exit() - end the program
 * @status: exit status
 *
 * Restores the terminal, removes the instance directory, ends the guest
 * processes. Context: any thread; does not return.
 */
void os_exit(int status) __attribute__((noreturn));

/**
 * os_abort() - end the program after a panic
 *
 * As os_exit(), but dies by SIGABRT so that a core dump can be had when the
 * limits allow one. Context: any; does not return.
 */
void os_abort(void) __attribute__((noreturn));

/**
 * os_die() - end the program because it cannot go on, saying why
 * @fmt: printf format of one line, without the newline
 *
 * Context: any thread; does not return.
 */
void os_die(const char *fmt, ...)
	__attribute__((noreturn, format(printf, 1, 2)));

/**
 * os_reexec() - start the program again with the same arguments
 *
 * Cleans up as os_exit() does first. Context: any; does not return.
 */
void os_reexec(void) __attribute__((noreturn));

enum {
	/* Seconds a guest has for shutting down, if nothing else is said. */
	OS_STOP_PATIENCE_DEFAULT = 90,
};

/**
 * os_stop_patience() - how long a guest may take to shut down
 * @seconds: after it was asked to by SIGTERM or SIGHUP; 0 for no limit
 *
 * Context: boot.
 */
void os_stop_patience(__u32 seconds);

/**
 * os_stop_heard() - the kernel does what SIGTERM or SIGHUP asked for
 *
 * Without it the program ends within two seconds of the signal; after it the
 * guest has the time of os_stop_patience(). Context: any; async-signal-safe.
 */
void os_stop_heard(void);

/**
 * os_hangup_init() - take the end of whom we talk to for a closed terminal
 *
 * When standard output is a pipe which nobody reads any more, and standard
 * input one that nobody writes to (or /dev/null), SIGHUP comes. Pipes with a
 * name, terminals and files are left alone. Context: process. Return: 0 or -errno.
 */
int os_hangup_init(void);

/**
 * os_limit_reason() - a limit of ours that may be behind an error
 * @err: -errno of a call to the host
 *
 * Context: any. Return: words for a message, with the limit's name in a shell,
 * or NULL.
 */
const char *os_limit_reason(int err);

/**
 * os_file_size_limit() - how large the host lets us make files
 *
 * Context: any. Return: bytes; all ones if there is no limit.
 */
__u64 os_file_size_limit(void);

/**
 * os_getenv() - environment variable of the host
 * @name: its name
 *
 * Context: any. Return: its value, or NULL.
 */
const char *os_getenv(const char *name);

/**
 * os_random() - bytes from the host's random number generator
 * @buf: where to
 * @len: bytes, at most 256
 *
 * Context: any; does not block once the host has booted. Return: 0 or -errno.
 */
int os_random(void *buf, size_t len);

/**
 * os_host_uname() - one line about the host, for /proc/cpuinfo
 * @buf: out: text
 * @len: size of @buf
 *
 * Context: any.
 */
void os_host_uname(char *buf, size_t len);

/**
 * os_host_hwcaps() - what the host tells programs about its processor
 * @hwcap: out: AT_HWCAP of the auxiliary vector
 * @hwcap2: out: AT_HWCAP2
 *
 * Context: any.
 */
void os_host_hwcaps(unsigned long *hwcap, unsigned long *hwcap2);

/**
 * os_host_map_min() - below which address the host maps nothing for programs
 *
 * Context: boot. Return: the address; what hosts usually say if it cannot be read.
 */
unsigned long os_host_map_min(void);

/**
 * os_umid_setup() - make this instance's directory
 * @dir: parent directory; NULL for ~/.uml
 * @name: name of the instance; NULL for a random one
 *
 * The directory holds the pid file. One left by a dead instance is taken
 * over, and those of other dead ones are removed. Only the user may look into
 * it. Context: boot.
 * Return: 0, -EEXIST if a living instance has the name, -EPERM if there is a
 * directory of that name which belongs to another user or which others may
 * write to, -ENOTUNIQ if there is a file "pid" in it that no instance made, or
 * another -errno.
 */
int os_umid_setup(const char *dir, const char *name);

/**
 * os_umid() - name of this instance
 *
 * Return: the name; empty before os_umid_setup() succeeded.
 */
const char *os_umid(void);

/**
 * os_instance_dir() - where the files of this instance are
 *
 * Removed when the program ends, with the pid file and the file "mconsole".
 * Return: path of the directory; empty if there is none.
 */
const char *os_instance_dir(void);

#endif
