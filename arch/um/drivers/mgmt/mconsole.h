/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Inside the management console: what its commands have to work with.
 */
#ifndef UM_MCONSOLE_H
#define UM_MCONSOLE_H

#include <linux/types.h>
#include "mconsole_host.h"
#include "mconsole_proto.h"

/* The error number of a request that is wrong in itself. */
#define MCONSOLE_BAD_REQUEST	(-EPERM)

/**
 * struct mconsole_job - one request that is being served, or waits for that
 * @list: of those that wait
 * @peer: who asked
 * @text: the command
 * @unread: by other clients, when serving this one began
 * @reply: the piece of the answer that is being put together
 * @answered: the last piece is out
 * @gone: the client does not take what it asked for
 */
struct mconsole_job {
	struct list_head list;
	struct mconsole_peer peer;
	char text[MCONSOLE_MAX_DATA];
	u32 unread;
	struct mconsole_reply reply;
	bool answered;
	bool gone;
};

/**
 * mconsole_say() - add to the answer
 * @job: the request
 * @text: any length
 * @len: bytes
 *
 * Context: one of the console's threads; sleeps while the client does not read.
 */
void mconsole_say(struct mconsole_job *job, const char *text, size_t len);

/**
 * mconsole_done() - send what is left of the answer
 * @job: the request, which has no further answer
 *
 * Context: as above.
 */
void mconsole_done(struct mconsole_job *job);

/**
 * mconsole_answer() - answer with one text
 * @job: the request
 * @err: 0 or -errno
 * @text: may be empty
 *
 * Context: as above.
 */
void mconsole_answer(struct mconsole_job *job, int err, const char *text);

/**
 * mconsole_run() - run the command of a request and answer it
 * @job: the request
 *
 * Context: as above.
 */
void mconsole_run(struct mconsole_job *job);

/**
 * mconsole_is_quick() - does a command never wait for anybody?
 * @text: the command
 *
 * Such a command is served at once, by the thread that receives requests, while
 * others wait for the host, for processes or for file systems.
 */
bool mconsole_is_quick(const char *text);

/* Commands in files of their own. @args: what follows the command's name. */
void mconsole_cmd_proc(struct mconsole_job *job, const char *args);

/**
 * mconsole_captured() - run a function and answer with what it prints
 * @job: the request
 * @fn: prints by printk; may be called in any context a sysrq key is
 * @arg: its argument
 *
 * Context: as above.
 */
void mconsole_captured(struct mconsole_job *job, void (*fn)(void *arg),
		       void *arg);

/* The socket of mconsole=notify:, or NULL. */
extern const char *mconsole_notify_path;

/**
 * mconsole_news() - tell the socket of mconsole=notify:, if there is one
 * @type: what kind of news
 * @text: text
 * @len: bytes of it; what does not fit is cut off
 *
 * Context: any. Return: 0, -ENOENT if nobody wants to know, or -errno.
 */
int mconsole_news(enum mconsole_notify_type type, const char *text,
		  size_t len);

#endif
