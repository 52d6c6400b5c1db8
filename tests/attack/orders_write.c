// SPDX-License-Identifier: GPL-2.0
/*
 * Attacks rule R5: a guest has its own kernel write to the mapper's orders and to the stub's code,
 * by whatever call takes an address to write to; and stores there itself.
 * Harm: a word there has changed, or can be written afterwards.
 */
#include <linux/futex.h>
#include <sys/ipc.h>
#include <sys/ptrace.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "attack.h"

#define HEAD	(STUB_ORDERS + STUB_ORDERS_HEAD)

static const unsigned long targets[] = { HEAD, STUB_ORDERS, HEAD + 64, STUB_CODE };
static unsigned long target;

static u64 junk[64];

static void by_store(void)
{
	*(volatile u32 *)target = 0x1000;
}

static void by_read(void)
{
	int zero = open("/dev/zero", O_RDONLY), fds[2];
	struct iovec vec = { (void *)target, 8 };
	struct msghdr message = { .msg_iov = &vec, .msg_iovlen = 1 };

	raw3(SYS_read, zero, target, 8);
	raw3(SYS_readv, zero, &vec, 1);
	raw4(SYS_pread64, zero, target, 8, 0);
	need(socketpair(AF_UNIX, SOCK_DGRAM, 0, fds) == 0);
	raw3(SYS_write, fds[0], junk, 8);
	raw3(SYS_recvmsg, fds[1], &message, MSG_DONTWAIT);
	raw3(SYS_write, fds[0], junk, 8);
	raw6(SYS_recvfrom, fds[1], target, 8, MSG_DONTWAIT, 0, 0);
}

static void by_results(void)
{
	raw2(SYS_clock_gettime, CLOCK_MONOTONIC, target);
	raw2(SYS_gettimeofday, target, 0);
	raw3(SYS_getrandom, target, 8, 0);
	raw1(SYS_uname, target);
	raw1(SYS_pipe, target);
	raw2(SYS_stat, "/", target);
	raw1(SYS_sysinfo, target);
	raw3(SYS_getresuid, target, target, target);
	raw4(SYS_rt_sigprocmask, SIG_BLOCK, 0, target, 8);
	raw3(SYS_sched_getaffinity, 0, 8, target);
	raw2(SYS_getcwd, target, 8);
	raw2(SYS_sigaltstack, 0, target);
	raw2(SYS_arch_prctl, 0x1003, target);
}

static void by_other_process(void)
{
	struct iovec here = { junk, 8 }, there = { (void *)target, 8 };
	int mem = open("/proc/self/mem", O_RDWR);
	pid_t pid;

	raw6(SYS_process_vm_writev, getpid(), (long)&here, 1, (long)&there, 1, 0);
	pwrite(mem, junk, 8, target);
	pid = fork();
	if (pid == 0) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	ptrace(PTRACE_POKEDATA, pid, target, 0x1000);
	ptrace(PTRACE_POKETEXT, pid, target, 0x1000);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void by_futex(void)
{
	u32 word = 0;

	raw6(SYS_futex, (long)&word, FUTEX_WAKE_OP, 1, 1, target, FUTEX_OP(FUTEX_OP_ADD, 1, FUTEX_OP_CMP_EQ, 0));
	raw6(SYS_futex, target, FUTEX_LOCK_PI, 0, 0, 0, 0);
}

static void by_thread_end(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		raw1(SYS_set_tid_address, target);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	if (raw6(SYS_clone, CLONE_CHILD_SETTID | CLONE_PARENT_SETTID | SIGCHLD, 0, target, target, 0, 0) == 0)
		_exit(0);
}

static void by_mapping(void)
{
	const unsigned long page = target & ~(PAGE - 1);
	int id = shmget(IPC_PRIVATE, PAGE, 0600);

	mprotect((void *)page, PAGE, PROT_READ | PROT_WRITE);
	mmap((void *)page, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	mremap(map_anon(PAGE), PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, page);
	madvise((void *)page, PAGE, MADV_DONTNEED);
	shmat(id, (void *)page, SHM_REMAP);
	shmctl(id, IPC_RMID, NULL);
	munmap((void *)page, PAGE);
}

/* The guest's kernel makes its signal frames there. */
static void by_signal_stack(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		stack_t ss = { .ss_sp = (void *)(target & ~(PAGE - 1)), .ss_size = 2 * PAGE };
		struct sigaction sa = { .sa_handler = come_back, .sa_flags = SA_ONSTACK };

		sigaltstack(&ss, NULL);
		sigaction(SIGUSR1, &sa, NULL);
		raise(SIGUSR1);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
}

static void (*const ways[])(void) = {
	by_store, by_read, by_results, by_other_process, by_futex, by_thread_end, by_mapping, by_signal_stack,
};

static u32 *changed;

/* Other words of the orders change with each call; those of the target only by an attack. */
static bool try_way(unsigned int i)
{
	u64 before[8];
	const unsigned int way = i % ARRAY_SIZE(ways);
	bool bad;

	target = targets[i / ARRAY_SIZE(ways)];
	memset(junk, 0x77, sizeof(junk));
	memcpy(before, (void *)target, sizeof(before));
	if (!sigsetjmp(visit_jump, 1))
		ways[way]();
	catch_all();
	/* The kernel's own orders change the first words; 0x77 and 0x1000 are none of its values. */
	bad = writable(target) || *(volatile u32 *)target == 0x77777777;
	if (target == STUB_CODE)
		bad |= memcmp(before, (void *)target, sizeof(before)) != 0;
	if (bad)
		changed[way]++;
	return false;
}

int main(void)
{
	static const char *const names[] = {
		"a store", "read", "results of calls", "another process", "futex", "the end of a thread",
		"mappings", "a signal stack",
	};

	attack_begin();
	changed = map_shared(PAGE);
	try_all(ARRAY_SIZE(targets) * ARRAY_SIZE(ways), try_way);
	for (unsigned int i = 0; i < ARRAY_SIZE(ways); i++)
		ok_eq(changed[i], 0, "orders and code cannot be changed by %s", names[i]);
	return tap_done();
}
