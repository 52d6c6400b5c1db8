// SPDX-License-Identifier: GPL-2.0
/*
 * The vDSO: all its functions agree with the system calls, for every clock, in children,
 * after exec, in threads, under a storm of signals, after it was moved, after clocks were
 * set, in a time namespace; the usual clocks need no system call (with vdso_test=fallback on
 * the kernel's command line: they need one). In a guest, too: a system call which the host's
 * own vDSO makes there reads the host's clock and nothing else.
 * Not here: that clocks run at the right rate (timer.c).
 */
#include <elf.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <stddef.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/time.h>

#include "tracer.h"

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80
#endif

#define CLOCKS 12
#define THREADS 8

typedef int (*clock_fn)(clockid_t clock, struct timespec *ts);
typedef ssize_t (*getrandom_fn)(void *buf, size_t len, unsigned int flags, void *state,
				size_t state_len);

static struct {
	clock_fn clock_gettime, clock_getres;
	int (*gettimeofday)(struct timeval *tv, struct timezone *tz);
	time_t (*time)(time_t *t);
	long (*getcpu)(unsigned int *cpu, unsigned int *node, void *unused);
	getrandom_fn getrandom;
} vdso;

static bool file_says(const char *path, const char *word)
{
	char text[4096] = "";
	int fd = open(path, O_RDONLY);

	if (fd >= 0 && read(fd, text, sizeof(text) - 1) < 0)
		text[0] = 0;
	close(fd);
	return strstr(text, word);
}

/* --- finding it ----------------------------------------------------------- */

static const Elf64_Dyn *dynamic_of(uintptr_t base)
{
	const Elf64_Ehdr *eh = (void *)base;
	const Elf64_Phdr *ph = (void *)(base + eh->e_phoff);

	for (int i = 0; i < eh->e_phnum; i++)
		if (ph[i].p_type == PT_DYNAMIC)
			return (void *)(base + ph[i].p_offset);
	return NULL;
}

static void *symbol(uintptr_t base, const char *name)
{
	const Elf64_Dyn *dyn = dynamic_of(base);
	const Elf64_Sym *sym = NULL;
	const char *names = NULL;

	need(dyn);
	for (; dyn->d_tag != DT_NULL; dyn++) {
		if (dyn->d_tag == DT_SYMTAB)
			sym = (void *)(base + dyn->d_un.d_ptr);
		if (dyn->d_tag == DT_STRTAB)
			names = (void *)(base + dyn->d_un.d_ptr);
	}
	need(sym && names && (uintptr_t)sym < (uintptr_t)names);
	for (; (uintptr_t)(sym + 1) <= (uintptr_t)names; sym++)
		if (ELF64_ST_TYPE(sym->st_info) == STT_FUNC && sym->st_shndx != SHN_UNDEF &&
		    !strcmp(names + sym->st_name, name))
			return (void *)(base + sym->st_value);
	return NULL;
}

static void use(uintptr_t base)
{
	vdso.clock_gettime = symbol(base, "__vdso_clock_gettime");
	vdso.clock_getres = symbol(base, "__vdso_clock_getres");
	vdso.gettimeofday = symbol(base, "__vdso_gettimeofday");
	vdso.time = symbol(base, "__vdso_time");
	vdso.getcpu = symbol(base, "__vdso_getcpu");
	vdso.getrandom = symbol(base, "__vdso_getrandom");
}

static void test_symbols(uintptr_t base)
{
	static const char * const names[] = {
		"__vdso_clock_gettime", "clock_gettime", "__vdso_clock_getres", "clock_getres",
		"__vdso_gettimeofday", "gettimeofday", "__vdso_time", "time",
		"__vdso_getcpu", "getcpu",
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		ok(symbol(base, names[i]), "it has %s", names[i]);
}

/* --- agreement with the system calls --------------------------------------- */

static u64 ns_of(const struct timespec *ts)
{
	return ts->tv_sec * NSEC_PER_SEC + ts->tv_nsec;
}

static u64 raw_clock(clockid_t clock)
{
	struct timespec ts = { };

	raw2(SYS_clock_gettime, clock, &ts);
	return ns_of(&ts);
}

static u64 vdso_clock(clockid_t clock)
{
	struct timespec ts = { };

	vdso.clock_gettime(clock, &ts);
	return ns_of(&ts);
}

/* Is the vDSO's clock between two of the kernel's, each of @rounds times? */
static bool agrees(clockid_t clock, int rounds)
{
	for (int i = 0; i < rounds; i++) {
		u64 before = raw_clock(clock), now = vdso_clock(clock), after = raw_clock(clock);

		if (before <= now && now <= after)
			continue;
		tap_note("clock %d: %lu is not from %lu to %lu", clock, now, before, after);
		return false;
	}
	return true;
}

static bool all_agree(int rounds)
{
	for (clockid_t clock = 0; clock < CLOCKS; clock++)
		if (raw2(SYS_clock_gettime, clock, NULL) != -EINVAL && !agrees(clock, rounds))
			return false;
	return true;
}

static void test_clocks(void)
{
	struct timespec a, b;

	for (clockid_t clock = 0; clock < CLOCKS; clock++) {
		long err = raw2(SYS_clock_gettime, clock, &a);

		if (err)
			ok_eq(vdso.clock_gettime(clock, &b), err, "clock %d: none", clock);
		else
			ok(agrees(clock, 300), "clock %d agrees with the system call", clock);
		memset(&a, 0, sizeof(a));
		memset(&b, 0, sizeof(b));
		err = raw2(SYS_clock_getres, clock, &a);
		ok(vdso.clock_getres(clock, &b) == err && ns_of(&a) == ns_of(&b),
		   "clock %d: resolution", clock);
	}
	ok_eq(vdso.clock_gettime(99, &a), -EINVAL, "clock_gettime() of a clock that is none");
	ok_eq(vdso.clock_getres(99, &a), -EINVAL, "clock_getres() of a clock that is none");
	ok_eq(vdso.clock_getres(CLOCK_MONOTONIC, NULL), 0, "clock_getres() to nowhere");
	ok_eq(vdso.clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a), 0, "a clock of a process");
}

static void test_others(void)
{
	struct timezone tz = { 1, 1 }, raw_tz = { 2, 2 };
	unsigned int cpu = 99, node = 99, raw_cpu = 0, raw_node = 0;
	struct timeval tv;
	u64 before, after;
	time_t t, u = 0;

	before = raw_clock(CLOCK_REALTIME) / 1000;
	ok_eq(vdso.gettimeofday(&tv, &tz), 0, "gettimeofday()");
	after = raw_clock(CLOCK_REALTIME) / 1000;
	ok(tv.tv_sec * 1000000ULL + tv.tv_usec >= before &&
	   tv.tv_sec * 1000000ULL + tv.tv_usec <= after, "gettimeofday() agrees");
	raw2(SYS_gettimeofday, NULL, &raw_tz);
	ok(tz.tz_minuteswest == raw_tz.tz_minuteswest && tz.tz_dsttime == raw_tz.tz_dsttime,
	   "gettimeofday(): the time zone");
	ok_eq(vdso.gettimeofday(NULL, NULL), 0, "gettimeofday() to nowhere");

	before = raw1(SYS_time, 0);
	t = vdso.time(&u);
	after = raw1(SYS_time, 0);
	ok((u64)t >= before && (u64)t <= after && t == u, "time()");
	ok(vdso.time(NULL) >= t, "time() to nowhere");

	/* It may be moved in between, so give it some tries. */
	for (int i = 0; i < 100 && cpu != raw_cpu; i++) {
		raw2(SYS_getcpu, &raw_cpu, &raw_node);
		need(vdso.getcpu(&cpu, &node, NULL) == 0);
	}
	ok(cpu == raw_cpu && node == raw_node, "getcpu()");
	ok_eq(vdso.getcpu(NULL, NULL, NULL), 0, "getcpu() to nowhere");
}

/* --- without system calls --------------------------------------------------- */

/* From here on, reading a clock by a system call is deadly. */
static void forbid_clock_syscalls(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clock_gettime, 3, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_gettimeofday, 2, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_time, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
	};
	struct sock_fprog prog = { ARRAY_SIZE(code), code };

	need(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	need(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog) == 0);
}

static int read_clocks(void *arg)
{
	static const clockid_t clocks[] = {
		CLOCK_REALTIME_COARSE, CLOCK_MONOTONIC_COARSE,
		CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_MONOTONIC_RAW, CLOCK_BOOTTIME, CLOCK_TAI,
	};
	struct timeval tv;

	(void)arg;
	forbid_clock_syscalls();
	for (size_t i = 0; i < ARRAY_SIZE(clocks); i++)
		if (!vdso_clock(clocks[i]))
			return 1;
	if (vdso.gettimeofday(&tv, NULL) || !vdso.time(NULL))
		return 2;
	/* libc found it, too. */
	return now_ns() && gettimeofday(&tv, NULL) == 0 ? 0 : 3;
}

static int read_clock_by_syscall(void *arg)
{
	(void)arg;
	forbid_clock_syscalls();
	raw_clock(CLOCK_MONOTONIC);
	return 0;
}

static void test_no_syscall(bool guest)
{
	const char *name = "clocks need no system call";
	int status = run_child(read_clocks, NULL);

	if (guest && file_says("/proc/cmdline", "vdso_test=fallback"))
		ok(killed_by(status, SIGSYS), "clocks need a system call here");
	else if (guest || exited_with(status, 0))
		ok(exited_with(status, 0), "%s", name);
	else
		tap_skip(name, "this host's clock needs one");
	ok(killed_by(run_child(read_clock_by_syscall, NULL), SIGSYS),
	   "the filter that shows this works");
}

/* --- many threads, many signals --------------------------------------------- */

static u64 latest;
static int went_back;

static void see(u64 before, u64 now)
{
	u64 seen = READ_VAR(latest);

	if (now < before)
		ADD_VAR(went_back, 1);
	while (seen < now && !__atomic_compare_exchange_n(&latest, &seen, now, 0,
							  __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		;
}

static void *count(void *arg)
{
	long rounds = (long)arg;

	while (rounds--) {
		u64 before = READ_VAR(latest);

		see(before, vdso_clock(CLOCK_MONOTONIC));
	}
	return NULL;
}

static int signals;

static void on_tick(int sig, siginfo_t *info, void *uc)
{
	u64 before = READ_VAR(latest);

	(void)sig;
	(void)info;
	(void)uc;
	see(before, vdso_clock(CLOCK_MONOTONIC));
	signals++;
}

static void test_monotonic(void)
{
	struct itimerval every = { { 0, 2000 }, { 0, 2000 } }, off = { };
	pthread_t thread[THREADS];

	on_signal(SIGALRM, on_tick, SA_RESTART);
	need(setitimer(ITIMER_REAL, &every, NULL) == 0);
	while (signals < 50)
		count((void *)1000);
	need(setitimer(ITIMER_REAL, &off, NULL) == 0);
	ok_eq(went_back, 0, "time does not go back under signals");

	for (int i = 0; i < THREADS; i++)
		need(pthread_create(&thread[i], NULL, count, (void *)50000) == 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	ok_eq(went_back, 0, "time does not go back between threads");
}

/* --- where it is ------------------------------------------------------------- */

static int child_agrees(void *arg)
{
	(void)arg;
	return !all_agree(50);
}

static int exec_self(void *arg)
{
	char *argv[] = { "vdso", "again", NULL }, *envp[] = { NULL };

	(void)arg;
	execve("/proc/self/exe", argv, envp);
	return 9;
}

struct part {
	uintptr_t start, end;
};

/* [vdso] last; before it the data it reads. */
static int find_parts(struct part *part, int max)
{
	FILE *f = fopen("/proc/self/maps", "r");
	char line[512];
	int n = 0;

	need(f);
	while (fgets(line, sizeof(line), f))
		if ((strstr(line, "[vvar") || strstr(line, "[vdso]")) && n < max &&
		    sscanf(line, "%lx-%lx", &part[n].start, &part[n].end) == 2)
			n++;
	fclose(f);
	return n;
}

enum { MOVED, MOVED_WRONG, CANNOT_MOVE = 77 };

static int move_it(void *arg)
{
	struct part part[8];
	int n = find_parts(part, ARRAY_SIZE(part));
	uintptr_t room, base = getauxval(AT_SYSINFO_EHDR);

	(void)arg;
	if (n < 2)
		return MOVED_WRONG;
	room = (uintptr_t)map_anon(part[n - 1].end - part[0].start);
	for (int i = 0; i < n; i++) {
		size_t len = part[i].end - part[i].start;
		void *to = (void *)(room + part[i].start - part[0].start);

		if (mremap((void *)part[i].start, len, len, MREMAP_MAYMOVE | MREMAP_FIXED,
			   to) != to)
			return CANNOT_MOVE;
	}
	use(room + base - part[0].start);
	return all_agree(50) ? MOVED : MOVED_WRONG;
}

static void test_places(bool guest)
{
	struct part part[8];
	int n = find_parts(part, ARRAY_SIZE(part)), status;

	ok(n >= 2 && part[n - 1].start == getauxval(AT_SYSINFO_EHDR), "maps shows it");
	ok(part[n - 1].end - part[n - 1].start == PAGE ||
	   raw2(SYS_munmap, part[n - 1].start, PAGE) != 0, "it is not split");
	ok(exited_with(run_child(child_agrees, NULL), 0), "a child has it");
	ok(exited_with(run_child(exec_self, NULL), 0), "a new program has it");
	status = run_child(move_it, NULL);
	if (!guest && WEXITSTATUS(status) == CANNOT_MOVE)
		tap_skip("it works where it was moved to", "this host does not let it be moved");
	else
		ok(exited_with(status, MOVED), "it works where it was moved to");
}

/* --- debuggers ---------------------------------------------------------------- */

static int read_time(void *arg)
{
	(void)arg;
	return vdso.time(NULL) == 0;
}

static void test_breakpoint(void)
{
	pid_t pid = traced_child(read_time, NULL, 0);
	struct user_regs_struct regs;
	long insn;

	errno = 0;
	insn = trace(PTRACE_PEEKTEXT, pid, vdso.time, 0);
	need(errno == 0);
	need(trace(PTRACE_POKETEXT, pid, vdso.time, (insn & ~0xffL) | 0xcc) == 0);
	ok(stopped_by(resume(PTRACE_CONT, pid, 0), SIGTRAP), "a breakpoint in it is hit");
	regs = get_regs(pid);
	ok_eq(regs.rip, (uintptr_t)vdso.time + 1, "in the function it was set in");
	ok(vdso.time(NULL), "others do not see it");
	need(trace(PTRACE_POKETEXT, pid, vdso.time, insn) == 0);
	regs.rip--;
	need(trace(PTRACE_SETREGS, pid, 0, &regs) == 0);
	ok(exited_with(resume(PTRACE_CONT, pid, 0), 0), "and the program goes on");
}

/* --- clocks that are set ------------------------------------------------------ */

static void test_set(bool guest)
{
	struct timezone tz = { 60, 0 }, utc = { 0, 0 }, got = { };
	struct timespec ts;
	struct timeval tv;
	u64 mono, real;

	if (!guest) {
		tap_skip("clocks that are set", "this is not a guest: its clock is left alone");
		return;
	}
	mono = vdso_clock(CLOCK_MONOTONIC);
	real = vdso_clock(CLOCK_REALTIME);
	need(clock_gettime(CLOCK_REALTIME, &ts) == 0);
	ts.tv_sec += 3600;
	ok_eq(raw2(SYS_clock_settime, CLOCK_REALTIME, &ts), 0, "the wall clock is set");
	ok(vdso_clock(CLOCK_REALTIME) - real >= 3600 * NSEC_PER_SEC, "the vDSO shows it");
	ok(all_agree(50), "all clocks agree after it");
	ok(vdso_clock(CLOCK_MONOTONIC) - mono < 60 * NSEC_PER_SEC, "monotonic time was not set");
	ts.tv_sec -= 3600;
	need(raw2(SYS_clock_settime, CLOCK_REALTIME, &ts) == 0);
	ok(all_agree(50), "all clocks agree when it is set back");

	need(vdso.gettimeofday(&tv, NULL) == 0);
	need(raw2(SYS_settimeofday, &tv, &tz) == 0);
	vdso.gettimeofday(NULL, &got);
	ok_eq(got.tz_minuteswest, 60, "the time zone is set");
	need(vdso.gettimeofday(&tv, NULL) == 0);
	need(raw2(SYS_settimeofday, &tv, &utc) == 0);
}

enum { OFFSET_S = 100000, NO_NAMESPACE = 77 };

static int inside(void *arg)
{
	u64 outside = *(u64 *)arg;

	if (vdso_clock(CLOCK_MONOTONIC) - outside < OFFSET_S * NSEC_PER_SEC)
		return 1;
	return all_agree(50) ? 0 : 2;
}

static int in_namespace(void *arg)
{
	char text[64];
	int fd, len, status;
	u64 now;

	(void)arg;
	if (unshare(CLONE_NEWTIME) < 0)
		return NO_NAMESPACE;
	len = snprintf(text, sizeof(text), "monotonic %d 5\nboottime %d 7\n", OFFSET_S,
		       2 * OFFSET_S);
	fd = open("/proc/self/timens_offsets", O_WRONLY);
	if (fd < 0 || write(fd, text, len) != len)
		return 10;
	close(fd);

	now = vdso_clock(CLOCK_MONOTONIC);
	status = run_child(inside, &now);
	if (!exited_with(status, 0))
		return 20;
	/* Pages of the old clocks are mapped already. */
	fd = open("/proc/self/ns/time_for_children", O_RDONLY);
	if (fd < 0 || setns(fd, CLONE_NEWTIME) < 0)
		return 30;
	return inside(&now) ? 40 : 0;
}

static void test_namespace(void)
{
	const char *name = "clocks of a time namespace";
	int status = run_child(in_namespace, NULL);

	if (WIFEXITED(status) && WEXITSTATUS(status) == NO_NAMESPACE)
		tap_skip(name, "no time namespace here (CONFIG_TIME_NS, CAP_SYS_ADMIN)");
	else
		ok(exited_with(status, 0), "%s", name);
}

/* --- random numbers ----------------------------------------------------------- */

struct random_params {
	u32 state_len, prot, flags, reserved[13];
};

static struct random_params random_params;
static void *random_state;

static bool random_bytes(u8 *buf, size_t len)
{
	return vdso.getrandom(buf, len, 0, random_state, random_params.state_len) == (ssize_t)len;
}

static int child_random(void *arg)
{
	return !random_bytes(arg, 32);
}

static void test_random(bool guest)
{
	static u8 a[5000], b[5000], none[32];
	u8 *its_bytes = map_shared(PAGE);

	if (!vdso.getrandom) {
		if (guest)
			ok(0, "it has getrandom()");
		else
			tap_skip("getrandom()", "this host's vDSO has none");
		return;
	}
	ok_eq(vdso.getrandom(NULL, 0, 0, &random_params, ~0UL), 0, "getrandom(): its parameters");
	random_state = mmap(NULL, PAGE, random_params.prot, random_params.flags, -1, 0);
	need(random_state != MAP_FAILED);
	ok(random_bytes(a, sizeof(a)) && random_bytes(b, sizeof(b)), "getrandom()");
	ok(memcmp(a, b, sizeof(a)) && memcmp(a, a + 2500, 2500), "its bytes differ");
	ok_eq(vdso.getrandom(a, 16, ~0U, random_state, random_params.state_len),
	      raw3(SYS_getrandom, a, 16, ~0U), "getrandom(): unknown flags");
	ok(exited_with(run_child(child_random, its_bytes), 0), "getrandom() in a child");
	need(random_bytes(a, 32));
	ok(memcmp(a, its_bytes, 32) && memcmp(none, its_bytes, 32), "a child's bytes are its own");
}

/* --- system calls of the host's vDSO ------------------------------------------- */

enum {
	/* asm/vdso.h: where the port's data is, from the end of the data pages. */
	DATA_FROM_END = 4096 - 64,
	CODE_SEARCHED = 2048,
};

/* Where a guest's addresses end. */
#define UM_GUEST_TOP 0x7fffffe00000UL

/* A system call instruction of the host's clock_gettime(); 0 if there is none. */
static uintptr_t host_syscall(void)
{
	const u8 *code = *(u8 **)(getauxval(AT_SYSINFO_EHDR) - DATA_FROM_END);

	for (int i = 0; code && i < CODE_SEARCHED; i++)
		if (code[i] == 0x0f && code[i + 1] == 0x05)
			return (uintptr_t)code + i;
	return 0;
}

static int never(void *arg)
{
	(void)arg;
	return 0;
}

/* What a call of @nr by the instruction @at comes to in the child @pid. */
static long call_there(pid_t pid, uintptr_t at, long nr, long a, long b)
{
	struct user_regs_struct regs = get_regs(pid);

	regs.rip = at;
	regs.orig_rax = -1;
	regs.rax = nr;
	regs.rdi = a;
	regs.rsi = b;
	need(trace(PTRACE_SETREGS, pid, 0, &regs) == 0);
	if (!stopped_by(resume(PTRACE_SINGLESTEP, pid, 0), SIGTRAP))
		return 1;
	return (long)get_regs(pid).rax;
}

/* The last instruction below the host's code. */
static void test_top(void)
{
	void *page = mmap((void *)(UM_GUEST_TOP - PAGE), PAGE, PROT_READ | PROT_WRITE | PROT_EXEC,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	pid_t pid;

	need(page != MAP_FAILED);
	memcpy(page + PAGE - 2, "\x0f\x05", 2);
	pid = traced_child(never, NULL, 0);
	ok_eq(call_there(pid, UM_GUEST_TOP - 2, SYS_getpid, 0, 0), pid,
	      "a program's own calls are its own up to its last address");
	end_child(pid);
	munmap(page, PAGE);
}

static void test_host_calls(bool guest)
{
	uintptr_t at = guest ? host_syscall() : 0;
	struct timespec *ts = map_shared(PAGE), *gone = map_shared(PAGE);
	u64 before, after;
	pid_t pid;

	if (guest)
		test_top();
	if (!at) {
		tap_skip("system calls of the host's vDSO",
			 guest ? "the host's vDSO makes none" : "this is not a guest");
		return;
	}
	need(munmap(gone, PAGE) == 0);
	pid = traced_child(never, NULL, 0);
	need(call_there(pid, at, SYS_clock_gettime, CLOCK_MONOTONIC, (long)ts) == 0);
	before = ns_of(ts);
	sleep_ms(20);
	ok_eq(call_there(pid, at, SYS_clock_gettime, CLOCK_MONOTONIC, (long)ts), 0,
	      "the host's vDSO may ask for the host's clock");
	after = ns_of(ts);
	ok(after - before >= 20 * NSEC_PER_MSEC && after - before < 10 * NSEC_PER_SEC,
	   "it is told one that runs");
	ok_eq(call_there(pid, at, SYS_clock_gettime, CLOCK_MONOTONIC, (long)gone), -EFAULT,
	      "not where there is no memory");
	ok_eq(call_there(pid, at, SYS_clock_gettime, CLOCK_REALTIME, (long)ts), -ENOSYS,
	      "it may not ask for others");
	ok_eq(call_there(pid, at, SYS_getpid, 0, 0), -ENOSYS, "it may make no other call");
	end_child(pid);
}

int main(int argc, char **argv)
{
	uintptr_t base = getauxval(AT_SYSINFO_EHDR);
	bool guest = file_says("/proc/cpuinfo", "User Mode Linux");

	if (argc > 1 && !strcmp(argv[1], "again")) {
		if (!base)
			return 1;
		use(base);
		return !all_agree(50);
	}
	ok(base, "the auxiliary vector names it");
	if (!base)
		return tap_done();
	test_symbols(base);
	use(base);
	test_clocks();
	test_others();
	test_no_syscall(guest);
	test_monotonic();
	test_places(guest);
	test_breakpoint();
	test_set(guest);
	test_namespace();
	test_random(guest);
	test_host_calls(guest);
	return tap_done();
}
