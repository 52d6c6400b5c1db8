/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A lock for steps that look at a name in the host's file system and then take
 * it over: the BSD lock of the folder, which goes with the process. All
 * instances take it. Host code only.
 */
#ifndef UM_OS_LINUX_NAME_LOCK_H
#define UM_OS_LINUX_NAME_LOCK_H

/**
 * os_name_lock() - lock the folder that a name is in
 * @path: the name, which need not be there
 *
 * Context: process or boot; waits up to two seconds. Owns: the lock until
 * os_name_unlock(). Return: a ticket; -EWOULDBLOCK if somebody else keeps the
 * lock, or another -errno if the folder cannot be locked.
 */
int os_name_lock(const char *path);

/**
 * os_name_unlock() - undo os_name_lock()
 * @ticket: what that returned; nothing happens if it is negative
 *
 * Context: process or boot.
 */
void os_name_unlock(int ticket);

#endif
