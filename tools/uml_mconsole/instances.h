/* SPDX-License-Identifier: GPL-2.0 */
/* The instances there are on this host, found by their directories. */
#ifndef INSTANCES_H
#define INSTANCES_H

#include <stdbool.h>

/**
 * instances_dir() - where instance directories are
 * @dir: what the user said, or NULL
 *
 * Return: the directory; static.
 */
const char *instances_dir(const char *dir);

/**
 * instance_pid() - process id that an instance directory tells
 * @dir: the directory
 *
 * It may have ended long ago. Return: the id, or 0 if there is none.
 */
int instance_pid(const char *dir);

/**
 * instance_lives() - does a running program belong to an instance directory?
 * @dir: the directory
 *
 * The number in the pid file may be somebody else's by now: what counts is who
 * has the file locked, or of a User Mode Linux that locks none, the socket.
 * Return: its process id, or 0 if there is none.
 */
int instance_lives(const char *dir);

/**
 * instance_state() - state of a process as ps shows it
 * @pid: process id
 *
 * Return: a letter, or 0 if there is no such process.
 */
char instance_state(int pid);

/**
 * instances_list() - print those which run
 * @dir: where they are, or NULL
 * @json: as JSON
 *
 * Return: false if the directory cannot be read, after a message.
 */
bool instances_list(const char *dir, bool json);

#endif
