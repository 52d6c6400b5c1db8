// SPDX-License-Identifier: GPL-2.0
/*
 * Orders to mappers: a ring which only the kernel writes. The mapper goes
 * through it and sleeps at its end; how far it has come is known for sure at a
 * report only, so a place is used again only after one that came later.
 *
 * A report is a number which the mapper adds to an eventfd of the vCPU that
 * ordered it. A result (a pid, an error) does not fit there, since a mapper has
 * no memory which guest code could not change; it is the file offset of a
 * descriptor that both sides share.
 */
#include <linux/futex.h>
#include <sys/eventfd.h>

#include "../stub/stub_layout.h"
#include "os-Linux/affinity_internal.h"
#include "os-Linux/sys.h"
#include "os-Linux/this_vcpu.h"
#include "mapper_host.h"
#include "spin_lock_host.h"

/* Added by ourselves: the mapper is gone. */
#define REPORT_LOST	(1ULL << 40)
#define REPORTS		(REPORT_LOST - 1)

enum {
	FDS_A_CPU = 2,
};

/* By vCPU: the eventfd and the descriptor with the result. */
static int report_fd[UM_VCPUS_MAX * FDS_A_CPU];

int mapper_init(unsigned int ncpus)
{
	unsigned int i;
	int fd;

	for (i = 0; i < ncpus * FDS_A_CPU; i++) {
		fd = i % FDS_A_CPU ?
		     sys_memfd_create("uml-result", MFD_CLOEXEC, SYS_MEMFD_DATA) :
		     sys_call(SYS_eventfd2, 0, EFD_CLOEXEC);
		if (fd < 0)
			return fd;
		report_fd[i] = fd;
	}
	return 0;
}

int mapper_fd(unsigned int i)
{
	return report_fd[i];
}

static void on_death(struct host_child *c, unsigned int cpu)
{
	const __u64 lost = REPORT_LOST;

	(void)c;
	sys_write(report_fd[cpu * FDS_A_CPU], &lost, sizeof(lost));
}

void mapper_begin(struct guest_mm *mm, int pid)
{
	mm->given = 0;
	mm->told = 0;
	mm->done = 0;
	mm->place = 0;
	mm->failed = 0;
	mm->takes = false;
	mm->core = -1;
	mm->mapper.on_death = on_death;
	child_begin(&mm->mapper, pid);
}

static void write_order(struct guest_mm *mm, const struct stub_call *call)
{
	mm->orders->ring[mm->place] = *call;
	mm->place = (mm->place + 1) % STUB_RING;
	mm->given++;
}

/* It is to work where we wait for it. */
static void tell(struct guest_mm *mm)
{
	int core = affinity_seat();

	if (core >= 0 && core != mm->core && !affinity_move(mm->mapper.pid, core))
		mm->core = core;
	mm->told = mm->given;
	mm->takes = false;
	__atomic_store_n(&mm->orders->head, mm->given, __ATOMIC_RELEASE);
	sys_futex(&mm->orders->head, FUTEX_WAKE, 1, NULL);
}

/* Return: 0, a pid or -errno. */
static int result_of(unsigned int cpu)
{
	long result = sys_call(SYS_lseek, report_fd[cpu * FDS_A_CPU + 1], 0,
			       SEEK_CUR);

	return result & STUB_REPORT_FAILED ? -(int)result : (int)result;
}

static int await_report(struct guest_mm *mm)
{
	const unsigned int cpu = this_vcpu()->cpu;
	struct host_child *before = child_watch(&mm->mapper);
	__u64 said = 0;
	int ret = -ESRCH;

	/* One for a mapper that died earlier may come late. */
	while (!(said & REPORTS) &&
	       !__atomic_load_n(&mm->mapper.lost, __ATOMIC_SEQ_CST))
		if (sys_read(report_fd[cpu * FDS_A_CPU], &said, sizeof(said)) < 0)
			break;
	child_watch(before);
	if (said & REPORTS)
		ret = said & STUB_REPORT_RESULT ? result_of(cpu) : 0;
	return ret;
}

/* Under the lock. */
static int sync_orders(struct guest_mm *mm)
{
	const unsigned int cpu = this_vcpu()->cpu;
	const unsigned int fd = STUB_FD_REPORTS + cpu * FDS_A_CPU;
	const struct stub_call report = {
		.nr = STUB_ORDER_REPORT, .arg = { fd, fd + 1 },
	};
	int ret;

	if (!mm->mapper.pid || mm->mapper.lost)
		return -ESRCH;
	write_order(mm, &report);
	tell(mm);
	ret = await_report(mm);
	mm->done = mm->given;
	return ret;
}

static void add_order(struct guest_mm *mm, const struct stub_call *call)
{
	int err = 0;

	/* A report must fit, too. */
	if (mm->given - mm->done >= STUB_RING - 1)
		err = sync_orders(mm);
	if (err < 0 && !mm->failed)
		mm->failed = err;
	write_order(mm, call);
}

void mapper_order(struct guest_mm *mm, const struct stub_call *call)
{
	spin_lock_host(&mm->lock);
	add_order(mm, call);
	spin_unlock_host(&mm->lock);
}

static __u64 host_prot(__u32 prot)
{
	return ((prot & MAP_PROT_READ) ? PROT_READ : 0) |
	       ((prot & MAP_PROT_WRITE) ? PROT_WRITE : 0) |
	       ((prot & MAP_PROT_EXEC) ? PROT_EXEC : 0);
}

static struct stub_call call_of(const struct map_op *op)
{
	switch (op->kind) {
	case MAP_OP_MAP:
	case MAP_OP_REPLACE:
		return (struct stub_call) {
			.nr = SYS_mmap,
			.arg = { op->va, op->len, host_prot(op->prot),
				 MAP_SHARED | MAP_FIXED | MAP_POPULATE,
				 STUB_FD_RAM, op->off },
		};
	case MAP_OP_PROTECT:
		return (struct stub_call) {
			.nr = SYS_mprotect,
			.arg = { op->va, op->len, host_prot(op->prot) },
		};
	default:
		return (struct stub_call) {
			.nr = SYS_munmap, .arg = { op->va, op->len },
		};
	}
}

void mapper_map_op(struct guest_mm *mm, const struct map_op *op)
{
	const struct stub_call call = call_of(op);

	spin_lock_host(&mm->lock);
	add_order(mm, &call);
	if (op->kind != MAP_OP_MAP)
		mm->takes = true;
	spin_unlock_host(&mm->lock);
}

int mapper_sync(struct guest_mm *mm)
{
	int ret;

	spin_lock_host(&mm->lock);
	ret = sync_orders(mm);
	if (mm->failed && ret >= 0)
		ret = mm->failed;
	mm->failed = 0;
	spin_unlock_host(&mm->lock);
	return ret;
}

void mapper_tell(struct guest_mm *mm, const struct stub_call *last)
{
	spin_lock_host(&mm->lock);
	add_order(mm, last);
	tell(mm);
	spin_unlock_host(&mm->lock);
}

int mapper_apply(struct guest_mm *mm, const struct map_op *ops, unsigned int nr,
		 bool now)
{
	int err;

	for (; nr; nr--)
		mapper_map_op(mm, ops++);
	err = now ? mapper_sync(mm) : 0;
	return err < 0 ? err : 0;
}
