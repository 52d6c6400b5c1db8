/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The program confines itself (sandbox=on), in two steps. First, before there is
 * a second thread or a guest process: files, TCP ports, other processes, by
 * Landlock, and no privileges; so every thread and guest process has it. Later,
 * when devices are open: the system calls that are left, by a seccomp filter on
 * all threads, which guest processes made before it do not have.
 * Documentation/sandbox.rst says what that is good for.
 */
#ifndef UM_HOST_SANDBOX_H
#define UM_HOST_SANDBOX_H

#include <host/types.h>

/* What may be done with a file that is allowed; of a directory, with all in it. */
enum os_sandbox_access {
	OS_SANDBOX_READ = 1,
	OS_SANDBOX_WRITE = 2,
	/* Directories: make and remove files and sockets in it. */
	OS_SANDBOX_MAKE = 4,
	OS_SANDBOX_ALL = OS_SANDBOX_READ | OS_SANDBOX_WRITE | OS_SANDBOX_MAKE,
};

/**
 * os_sandbox_begin() - begin the list of what is allowed
 * @why: out: what this host lacks, if it fails
 *
 * Context: boot, one thread. Return: 0 or -errno.
 */
int os_sandbox_begin(const char **why);

/**
 * os_sandbox_allow() - a file that may be opened from now on
 * @path: file or directory, which exists
 * @access: enum os_sandbox_access bits
 *
 * Does nothing unless os_sandbox_begin() was called. Context: boot, between
 * os_sandbox_begin() and os_sandbox_enter(). Return: 0 or -errno; -EBADF for
 * what is in no file system (a pipe, say), which needs no leave.
 */
int os_sandbox_allow(const char *path, __u32 access);

/**
 * os_sandbox_allow_port() - a TCP port that may be listened at
 * @port: its number
 *
 * Context: as os_sandbox_allow(). Return: 0 or -errno.
 */
int os_sandbox_allow_port(__u32 port);

/**
 * os_sandbox_enter() - first step: files, ports, processes, privileges
 * @missing: out: what this host's Landlock does not keep, for people; or empty
 * @len: size of @missing
 *
 * Core dumps and debuggers of the same user are shut out if the program was
 * started with capabilities; all of them are given up.
 * Context: boot, one thread, no guest process yet. Return: 0 or -errno.
 */
int os_sandbox_enter(char *missing, size_t len);

/**
 * os_sandbox_filter_guests() - filter the guest processes that will be made
 *
 * For backends which give them no filter of their own: nothing but the first
 * step would bound what a kernel that was taken over has them call.
 * Context: boot, after os_sandbox_enter(), no guest process yet.
 * Return: 0 or -errno.
 */
int os_sandbox_filter_guests(void);

/**
 * os_sandbox_seal() - second step: system calls
 *
 * Context: boot, all devices are open. Return: 0 or -errno.
 */
int os_sandbox_seal(void);

/**
 * os_sandbox_is_on() - is the program confined?
 *
 * Context: any. Return: true after os_sandbox_enter() succeeded.
 */
bool os_sandbox_is_on(void);

#endif
