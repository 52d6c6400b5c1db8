/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The contract of a backend: a way to run guest code.
 *
 * A guest address space (struct guest_mm) is a group of host processes which
 * share their memory. The kernel treats the host mappings of that memory as a
 * translation cache: it adds to them and takes from them with map operations,
 * and may drop all at any time.
 */
#ifndef UM_HOST_BACKEND_H
#define UM_HOST_BACKEND_H

#include <host/types.h>
#include <host/guest.h>

enum map_op_kind {
	MAP_OP_MAP,
	MAP_OP_UNMAP,
	MAP_OP_PROTECT,
	/* MAP where something else is mapped, which goes. */
	MAP_OP_REPLACE,
};

enum map_prot {
	MAP_PROT_READ = 1,
	MAP_PROT_WRITE = 2,
	MAP_PROT_EXEC = 4,
};

/**
 * struct map_op - one change of a guest's host mappings
 * @kind: enum map_op_kind
 * @prot: MAP, REPLACE, PROTECT: enum map_prot bits
 * @va: page-aligned start
 * @len: bytes, a multiple of the page size
 * @off: MAP, REPLACE: where in guest RAM
 */
struct map_op {
	__u32 kind;
	__u32 prot;
	guest_va_t va;
	__u64 len;
	phys_off_t off;
};

struct guest_mm;

enum um_spin {
	/* While the host has a core to spare and it helps. */
	UM_SPIN_AUTO,
	UM_SPIN_ON,
	UM_SPIN_OFF,
};

/* Which guests are to settle: none, those which did not at the last time, all. */
enum um_settle {
	UM_SETTLE_NONE,
	UM_SETTLE_OLD,
	UM_SETTLE_ALL,
};

/**
 * struct um_backend_params - what a backend is told at init
 * @ram_fd: descriptor of guest RAM, borrowed for the life of the program
 * @ncpus: how many vCPUs there can be, 1 to UM_VCPUS_MAX
 * @spin: whether vCPU and guest wait for each other by spinning
 * @fsgsbase: programs can read and write their FS and GS bases
 * @notices: guests may tell of their calls by notices, where the host has them
 */
struct um_backend_params {
	int ram_fd;
	unsigned int ncpus;
	enum um_spin spin;
	bool fsgsbase;
	bool notices;
};

/**
 * struct um_backend - a way to run guest code
 * @name: what backend= accepts
 * @max_cpus: how many vCPUs it can serve
 * @probe: 0 if this host can run it, else -errno and a reason in @why (static
 *	text); no side effects
 * @init: once, at boot, before any other operation below
 * @about: after @init: how it works on this host, for the log; static text, may
 *	be empty
 * @exit: end every guest process; async-signal-safe, repeatable
 * @mm_create: a new, empty guest address space. Owns: *ret until @mm_destroy
 * @mm_destroy: the address space is not used again; accepts NULL. It was emptied,
 *	if it was ever attached
 * @mm_attach: let the calling vCPU run a guest it has not run before. Return: 0
 *	or -errno
 * @mm_empty: no guest code of the address space runs again, and it has nothing of
 *	guest RAM when this returns, whatever its guest did. Cannot fail
 * @mm_apply: order @nr operations; with @now, wait until these and all ordered
 *	before are done. They hold for all threads of the guest then, also for one
 *	that runs now or only says that it does not. Otherwise they are done
 *	before the calling vCPU next runs the guest, or soon after if they only
 *	add mappings. Return: 0; -ENOMEM or another -errno if one of those
 *	ordered up to now failed, and perhaps some that came after it were not done:
 *	the kernel drops all mappings and goes on; -ESRCH if the process is lost
 * @run: load @regs, run until something happens, store the registers back and
 *	say in @ev what it was. Return: 0 or -errno (process lost)
 * @regs_complete: the calling vCPU is to look at, or to change, more of the
 *	registers of the guest it ran last than @run said it stored; @regs: as
 *	@run stored them, perhaps changed since. Return: 0 or -errno (process lost)
 * @fp_size: bytes of floating-point and vector state, from the host processor
 * @fp_get: copy the state which lies in the guest process, where vCPU @cpu
 *	runs it, to @buf (@fp_size). Return: 0 or -errno (process lost)
 * @fp_set: the reverse, for the calling vCPU
 * @fp_init: fill @buf with the state of a fresh program
 * @host_clock: where in every guest the host's clock_gettime() can be called;
 *	0 if nowhere. It answers CLOCK_MONOTONIC with the host's time. Should it
 *	make a system call, @run reports that as any other, and the instruction
 *	pointer is above UM_GUEST_TOP
 * @kick: make run() of a vCPU that waits for @mm return KICK, now or the next
 *	time; async-signal-safe, called in the vCPU's own thread
 * @settle: have guests that wait for the kernel, perhaps for long, do it in a way
 *	that is easy on the host. Return: whether some do not yet
 *
 * Context: all but @exit are called by a vCPU with interrupts disabled. For
 * one guest_mm, operations exclude each other, except that vCPUs @run their
 * parts of it side by side, after each has been attached.
 */
struct um_backend {
	const char *name;
	unsigned int max_cpus;
	int (*probe)(const char **why);
	int (*init)(const struct um_backend_params *p);
	const char *(*about)(void);
	void (*exit)(void);
	int (*mm_create)(struct guest_mm **ret);
	void (*mm_destroy)(struct guest_mm *mm);
	int (*mm_attach)(struct guest_mm *mm);
	void (*mm_empty)(struct guest_mm *mm);
	int (*mm_apply)(struct guest_mm *mm, const struct map_op *ops,
			unsigned int nr, bool now);
	int (*run)(struct guest_mm *mm, struct guest_regs *regs, bool step,
		   struct guest_event *ev);
	int (*regs_complete)(struct guest_mm *mm, struct guest_regs *regs);
	size_t (*fp_size)(void);
	int (*fp_get)(struct guest_mm *mm, unsigned int cpu, void *buf);
	int (*fp_set)(struct guest_mm *mm, const void *buf);
	void (*fp_init)(void *buf);
	guest_va_t (*host_clock)(void);
	void (*kick)(struct guest_mm *mm);
	bool (*settle)(enum um_settle which);
};

/**
 * um_backend_select() - choose a backend
 * @name: "auto" or the name of one
 * @ncpus: how many vCPUs it must be able to serve
 * @after: only those which are tried after this one; NULL for all
 * @ret: the chosen backend
 * @why: static text that says why a better one, or any, does not fit
 *
 * Context: boot. Return: 0, -EINVAL for an unknown name, -ENOENT if there is
 * none after @after, or the -errno of the probe.
 */
int um_backend_select(const char *name, unsigned int ncpus,
		      const struct um_backend *after,
		      const struct um_backend **ret, const char **why);

/**
 * um_backend_name() - names of the built-in backends, for messages
 * @i: index, from 0
 *
 * Return: the name, or NULL past the last one.
 */
const char *um_backend_name(unsigned int i);

#endif
