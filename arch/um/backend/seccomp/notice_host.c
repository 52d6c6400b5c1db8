// SPDX-License-Identifier: GPL-2.0
/*
 * Notices. A kick or a stop before the kernel has taken a notice makes the
 * thread begin its call again, which tells of it anew. Afterwards it sleeps until
 * it is answered, whatever signals come (unless they kill).
 *
 * The wait must end when a signal handler says so. A handler cannot know
 * whether the call that waits is made already, and the host may begin that
 * again afterwards; but it refuses a buffer that is not empty, so a handler
 * writes to the buffer.
 */
#include <stdlib.h>
#include <string.h>
#include <linux/seccomp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/utsname.h>

#include "../common/child_host.h"
#include "../stub/stub_layout.h"
#include "notice_host.h"
#include "os-Linux/sys.h"
#include "slot_host.h"

#ifndef SECCOMP_IOCTL_NOTIF_SET_FLAGS
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS	SECCOMP_IOW(4, __u64)
#define SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP	1UL
#endif

enum {
	TICK_MS = 10,
};

/* A message with one descriptor and one byte. */
struct message {
	struct msghdr header;
	struct iovec iov;
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
	char byte;
};

static int listener = -1;
/* Its descriptor in mappers, or -1 if they are not to use it. */
static int mapper_listener = -1;
static __u64 ip_notice;
static struct seccomp_notif incoming;

void notice_message(struct stub_page *page, int fd, struct stub_call *call)
{
	struct message *m = (void *)((char *)page + STUB_STACK);
	const __u64 va = STUB_DATA + STUB_STACK;
	struct cmsghdr *c = &m->control.align;

	memset(m, 0, sizeof(*m));
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	m->iov.iov_base = (void *)(va + offsetof(struct message, byte));
	m->iov.iov_len = sizeof(m->byte);
	m->header.msg_iov = (void *)(va + offsetof(struct message, iov));
	m->header.msg_iovlen = 1;
	m->header.msg_control = (void *)(va + offsetof(struct message, control));
	m->header.msg_controllen = sizeof(m->control);
	*call = (struct stub_call) {
		.nr = SYS_sendmsg, .arg = { STUB_FD_SOCKET, va },
	};
}

static int receive_fd(int socket)
{
	struct message m = { };
	struct cmsghdr *c;
	long n;
	int fd;

	m.iov = (struct iovec) { .iov_base = &m.byte, .iov_len = sizeof(m.byte) };
	m.header.msg_iov = &m.iov;
	m.header.msg_iovlen = 1;
	m.header.msg_control = &m.control;
	m.header.msg_controllen = sizeof(m.control);
	n = sys_retry(SYS_recvmsg, socket, &m.header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (n < 0)
		return n;
	c = CMSG_FIRSTHDR(&m.header);
	if (!c || c->cmsg_type != SCM_RIGHTS)
		return -EMFILE;
	memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	return fd;
}

/*
 * Before Linux 6.17 a signal that comes with the answer can make it lost, and we
 * do not know when a mapper answers.
 */
static bool answer_is_sure(void)
{
	unsigned int major, minor;
	struct utsname u;
	char *end;

	if (sys_call(SYS_uname, &u))
		return false;
	major = strtoul(u.release, &end, 10);
	minor = *end == '.' ? strtoul(end + 1, NULL, 10) : 0;
	return major > 6 || (major == 6 && minor >= 17);
}

int notice_open(int socket, __u64 ip, int fd_in_mappers)
{
	int fd = receive_fd(socket);

	if (fd < 0)
		return fd;
	/* Since Linux 6.6: vCPU and guest take turns on one core. */
	sys_call(SYS_ioctl, fd, SECCOMP_IOCTL_NOTIF_SET_FLAGS,
		 SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP);
	listener = fd;
	ip_notice = ip;
	mapper_listener = answer_is_sure() ? fd_in_mappers : -1;
	return 0;
}

bool notice_ready(void)
{
	return listener >= 0;
}

void notice_expect(void)
{
	memset(&incoming, 0, sizeof(incoming));
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
}

void notice_interrupt(void)
{
	__atomic_store_n(&incoming.flags, 1, __ATOMIC_SEQ_CST);
}

/* Only a thread whose stub has said where it waits is in the stub. */
static int hear(struct stub_slot *slot)
{
	const struct seccomp_data *data = &incoming.data;

	slot->notice = incoming.id;
	if (data->instruction_pointer != ip_notice) {
		slot->stop = SLOT_CALLS;
		slot->call.nr = data->nr;
		slot->call.ip = data->instruction_pointer;
		memcpy(slot->call.arg, data->args, sizeof(slot->call.arg));
	} else if (data->args[0] == slot->va + STUB_PAGE_TURN) {
		slot->stop = SLOT_NOTICE;
	} else {
		/* Guest code that went there itself. */
		child_kill(slot->thread);
		return -EAGAIN;
	}
	return 0;
}

int notice_take(struct stub_slot *slot, bool tick)
{
	struct pollfd p = { .fd = listener, .events = POLLIN };
	int n = tick ? sys_call(SYS_poll, &p, 1, TICK_MS) : 1;

	if (n != 1)
		return n ? -EAGAIN : -ETIMEDOUT;
	if (sys_call(SYS_ioctl, listener, SECCOMP_IOCTL_NOTIF_RECV, &incoming))
		return -EAGAIN;
	if ((int)incoming.pid != slot->thread->pid) {
		/* Nobody waits for it: it had said that it stopped. */
		sys_kill(incoming.pid, SIGKILL);
		return -EAGAIN;
	}
	return hear(slot);
}

void notice_answer(const struct stub_slot *slot, __u64 result)
{
	struct seccomp_notif_resp answer = { .id = slot->notice, .val = result };

	/* One that is dying takes no answer. */
	sys_ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer);
}

bool notice_order(struct stub_slot *slot, __u64 result, struct stub_call *call)
{
	const struct seccomp_notif_resp answer = {
		.id = slot->notice, .val = result,
	};

	if (mapper_listener < 0)
		return false;
	_Static_assert(sizeof(answer) == sizeof(slot->rule->answer),
		       "room for an answer");
	memcpy(slot->rule->answer, &answer, sizeof(answer));
	*call = (struct stub_call) {
		.nr = SYS_ioctl,
		.arg = { mapper_listener, SECCOMP_IOCTL_NOTIF_SEND,
			 STUB_ORDERS + offsetof(struct stub_orders,
						rule[0].answer) },
	};
	return true;
}
