/* SPDX-License-Identifier: GPL-2.0 */
/* Talking to one instance: requests out, replies in. */
#ifndef CLIENT_H
#define CLIENT_H

#include <stdbool.h>
#include <stddef.h>

/**
 * struct client - a way to one instance
 * @fd: our socket, or -1
 * @name: what the user calls the instance
 * @path: its socket
 * @timeout: seconds to wait for each piece of an answer
 * @late: an answer, or a part of one, has not come yet
 */
struct client {
	int fd;
	char name[128];
	char path[108];
	int timeout;
	bool late;
};

/**
 * struct answer - what came back
 * @err: 0, or the number the instance gave
 * @text: all of it, terminated. Owned: free it
 * @len: its length
 */
struct answer {
	unsigned int err;
	char *text;
	size_t len;
};

/**
 * client_open() - find an instance
 * @c: out; may be used again after client_close()
 * @name: umid, or path of a socket or of an instance directory
 * @dir: where instance directories are, or NULL for ~/.uml
 *
 * Return: true; otherwise a message went to standard error.
 */
bool client_open(struct client *c, const char *name, const char *dir);

/**
 * client_close() - undo client_open(); also if that failed
 * @c: client
 */
void client_close(struct client *c);

/**
 * client_ask() - send a request and wait for the answer
 * @c: client
 * @text: the command
 * @a: out, if successful
 *
 * Return: true; otherwise a message went to standard error.
 */
bool client_ask(struct client *c, const char *text, struct answer *a);

/**
 * client_pid() - process id of the instance
 * @c: client
 *
 * Return: the id, or 0 if it is not known, or has ended.
 */
int client_pid(const struct client *c);

#endif
