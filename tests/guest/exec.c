// SPDX-License-Identifier: GPL-2.0
/*
 * Program starts: vfork and exec, long exec chains with arguments and environment checked,
 * scripts, large argument lists and their limits, errors, what survives an exec and what
 * does not, the initial state of registers, stack and auxiliary vector.
 * Not here: exec of a process with threads (thread.c), under a tracer (ptrace_event.c).
 */
#include <elf.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/auxv.h>
#include <sys/stat.h>

#include "util.h"

#define CHAIN 30

static char self[512];

/* --- modes of the new program: each judges and tells by its exit code ----- */

/* chain N: N is one less each time, with N arguments and N environment entries. */
static int mode_chain(int argc, char **argv)
{
	int left = atoi(argv[2]), envs = 0;
	char *next_argv[CHAIN + 4], *next_env[CHAIN + 1];
	static char text[2 * CHAIN][32];

	while (environ[envs])
		envs++;
	if (argc != 3 + left || envs != left)
		return 1;
	for (int i = 0; i < left; i++) {
		char want[32];

		snprintf(want, sizeof(want), "arg-%d-%d", left, i);
		if (strcmp(argv[3 + i], want))
			return 2;
		snprintf(want, sizeof(want), "ENV%d=%d", i, left);
		if (strcmp(environ[i], want))
			return 3;
	}
	if (left == 0)
		return 57;
	left--;
	next_argv[0] = argv[0];
	next_argv[1] = argv[1];
	next_argv[2] = text[2 * CHAIN - 1];
	snprintf(next_argv[2], sizeof(text[0]), "%d", left);
	for (int i = 0; i < left; i++) {
		next_argv[3 + i] = text[i];
		snprintf(text[i], sizeof(text[0]), "arg-%d-%d", left, i);
		next_env[i] = text[CHAIN + i];
		snprintf(next_env[i], sizeof(text[0]), "ENV%d=%d", i, left);
	}
	next_argv[3 + left] = NULL;
	next_env[left] = NULL;
	execve("/proc/self/exe", next_argv, next_env);
	return 4;
}

/* many N: N arguments, each a pattern of its own. */
static int mode_many(int argc, char **argv)
{
	int n = atoi(argv[2]);

	if (argc != n + 3)
		return 1;
	for (int i = 0; i < n; i++) {
		size_t len = strlen(argv[3 + i]);

		if (len != 60 + i % 40U)
			return 2;
		for (size_t j = 0; j < len; j++)
			if (argv[3 + i][j] != 'a' + (int)((i + j) % 26))
				return 3;
	}
	return 58;
}

/* long N: one argument of N bytes. */
static int mode_long(int argc, char **argv)
{
	size_t n = atoi(argv[2]);

	if (argc != 4 || strlen(argv[3]) != n)
		return 1;
	for (size_t i = 0; i < n; i++)
		if (argv[3][i] != 'A' + (char)(i % 23))
			return 2;
	return 59;
}

/* survive FD-CLOSED FD-OPEN PID: what must be gone and what must be there. */
static int mode_survive(char **argv)
{
	u32 mxcsr;
	u16 cwd;
	u8 ymm[32] = { 1 };
	sigset_t mask, pending;
	struct sigaction sa;
	stack_t ss;

	asm volatile("stmxcsr %0; fnstcw %1" : "=m" (mxcsr), "=m" (cwd));
	if (mxcsr != 0x1f80 || cwd != 0x37f)
		return 1;
	if (has_avx()) {
		asm volatile("vmovdqu %%ymm13, %0" : "=m" (ymm));
		for (int i = 0; i < 32; i++)
			if (ymm[i])
				return 2;
	}
	if (fcntl(atoi(argv[2]), F_GETFD) >= 0 || fcntl(atoi(argv[3]), F_GETFD) < 0)
		return 3;
	if (getpid() != atoi(argv[4]))
		return 4;
	sigprocmask(SIG_BLOCK, NULL, &mask);
	sigpending(&pending);
	if (!sigismember(&mask, SIGUSR2) || !sigismember(&pending, SIGUSR2))
		return 5;
	sigaction(SIGUSR1, NULL, &sa);
	if (sa.sa_handler != SIG_DFL)
		return 6;
	sigaction(SIGHUP, NULL, &sa);
	if (sa.sa_handler != SIG_IGN)
		return 7;
	sigaltstack(NULL, &ss);
	if (ss.ss_flags != SS_DISABLE)
		return 8;
	/* The old program's map was at this address. */
	fault_init();
	if (fault_of(do_read, (void *)strtoul(argv[5], NULL, 16)) != SIGSEGV)
		return 9;
	return 60;
}

extern char __executable_start[];

/* As it lies on the stack: libc's getauxval() has its own idea of AT_HWCAP. */
static unsigned long raw_auxval(unsigned long type)
{
	const Elf64_auxv_t *aux;
	char **p = environ;

	while (*p)
		p++;
	for (aux = (void *)(p + 1); aux->a_type != AT_NULL; aux++)
		if (aux->a_type == type)
			return aux->a_un.a_val;
	return 0;
}

/* auxv: the vector says the truth about this program. */
static int mode_auxv(int argc, char **argv)
{
	const Elf64_Ehdr *ehdr = (void *)__executable_start;
	u32 a, b, c, d;
	uintptr_t sp = (uintptr_t)argv;

	__cpuid(1, a, b, c, d);
	if (getauxval(AT_PAGESZ) != PAGE)
		return 1;
	if (getauxval(AT_ENTRY) != ehdr->e_entry)
		return 2;
	if (getauxval(AT_PHDR) != (uintptr_t)ehdr + ehdr->e_phoff ||
	    getauxval(AT_PHNUM) != ehdr->e_phnum)
		return 3;
	if (strcmp((char *)getauxval(AT_EXECFN), self))
		return 4;
	if (!getauxval(AT_RANDOM) || getauxval(AT_UID) != getuid() ||
	    getauxval(AT_EGID) != getegid())
		return 5;
	if (getauxval(AT_SECURE) || !getauxval(AT_CLKTCK))
		return 6;
	/* The CPUID word: FPU, TSC, CMPXCHG8B, SSE2 at the least. */
	if ((raw_auxval(AT_HWCAP) & d & 0x4000111) != 0x4000111)
		return 7;
	if (strcmp((char *)getauxval(AT_PLATFORM), "x86_64"))
		return 8;
	/* argc lies below argv, at what was rsp at the entry. */
	if ((sp - 8) % 16 || *(long *)(sp - 8) != argc)
		return 9;
	return 61;
}

static int mode_vfork_depth(char **argv)
{
	int left = atoi(argv[2]), status;
	char text[16];
	char *next[] = { argv[0], argv[1], text, NULL };
	pid_t pid;

	if (!left)
		return 0;
	snprintf(text, sizeof(text), "%d", left - 1);
	pid = vfork();
	if (pid == 0) {
		execve("/proc/self/exe", next, environ);
		_exit(127);
	}
	status = wait_status(pid);
	return WIFEXITED(status) && WEXITSTATUS(status) != 127 ? WEXITSTATUS(status) + 1 : 127;
}

static int run_mode(int argc, char **argv)
{
	if (!strcmp(argv[1], "chain"))
		return mode_chain(argc, argv);
	if (!strcmp(argv[1], "many"))
		return mode_many(argc, argv);
	if (!strcmp(argv[1], "long"))
		return mode_long(argc, argv);
	if (!strcmp(argv[1], "survive"))
		return mode_survive(argv);
	if (!strcmp(argv[1], "auxv"))
		return mode_auxv(argc, argv);
	if (!strcmp(argv[1], "depth"))
		return mode_vfork_depth(argv);
	if (!strcmp(argv[1], "exit"))
		return atoi(argv[2]);
	if (!strcmp(argv[1], "from script"))
		return argc == 5 && !strcmp(argv[3], "x y") && !strcmp(argv[4], "z") ? 62 : 1;
	return 126;
}

/* --- the tests ------------------------------------------------------------ */

static int exec_status(const char *path, char **argv, char **envp)
{
	pid_t pid = fork_child();

	if (pid == 0) {
		execve(path, argv, envp);
		_exit(errno);
	}
	return wait_status(pid);
}

static void test_chain(void)
{
	char *argv[CHAIN + 4] = { "exec", "chain", "30" }, *env[CHAIN + 1] = { NULL };
	static char text[2 * CHAIN][32];

	for (int i = 0; i < CHAIN; i++) {
		snprintf(text[i], sizeof(text[0]), "arg-%d-%d", CHAIN, i);
		snprintf(text[CHAIN + i], sizeof(text[0]), "ENV%d=%d", i, CHAIN);
		argv[3 + i] = text[i];
		env[i] = text[CHAIN + i];
	}
	ok(exited_with(exec_status(self, argv, env), 57), "a chain of 30 execs, arguments checked");
}

static void test_large(void)
{
	enum { MANY = 1500 };
	char **argv = calloc(MANY + 4, sizeof(*argv)), *big = malloc(200001);

	need(argv && big);
	argv[0] = "exec";
	argv[1] = "many";
	argv[2] = "1500";
	for (int i = 0; i < MANY; i++) {
		size_t len = 60 + i % 40;

		argv[3 + i] = malloc(len + 1);
		for (size_t j = 0; j < len; j++)
			argv[3 + i][j] = 'a' + (i + j) % 26;
		argv[3 + i][len] = 0;
	}
	ok(exited_with(exec_status(self, argv, environ), 58), "1500 arguments of 60 to 99 bytes");

	argv[1] = "long";
	argv[2] = "120000";
	argv[3] = big;
	argv[4] = NULL;
	for (int i = 0; i < 200000; i++)
		big[i] = 'A' + i % 23;
	big[120000] = 0;
	ok(exited_with(exec_status(self, argv, environ), 59), "an argument of 120000 bytes");
	big[120000] = 'x';
	big[200000] = 0;
	ok(exited_with(exec_status(self, argv, environ), E2BIG), "one of 200000 bytes gives E2BIG");
}

static void write_file(const char *path, const char *text, int mode)
{
	int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, mode);

	need(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	need(fchmod(fd, mode) == 0 && close(fd) == 0);
}

static void test_scripts(void)
{
	char path[] = "/tmp/guest-exec-XXXXXX", script[64], text[1024];
	char *argv[] = { "ignored", "x y", "z", NULL };
	int fd;

	need(mkdtemp(path));
	snprintf(script, sizeof(script), "%s/script", path);
	snprintf(text, sizeof(text), "#!%s from script\n", self);
	write_file(script, text, 0755);
	ok(exited_with(exec_status(script, argv, environ), 62),
	   "a script: interpreter and arguments");

	write_file(script, text, 0644);
	ok(exited_with(exec_status(script, argv, environ), EACCES),
	   "a script without x permission gives EACCES");
	write_file(script, "#!/tmp/no-such-interpreter\n", 0755);
	ok(exited_with(exec_status(script, argv, environ), ENOENT),
	   "a lost interpreter gives ENOENT");
	write_file(script, "just text\n", 0755);
	ok(exited_with(exec_status(script, argv, environ), ENOEXEC), "no program gives ENOEXEC");
	write_file(script, "\177ELF", 0755);
	ok(exited_with(exec_status(script, argv, environ), ENOEXEC),
	   "a cut ELF file gives ENOEXEC");
	fd = open(script, O_WRONLY);
	ok(exited_with(exec_status(script, argv, environ), ETXTBSY),
	   "a file open for writing: ETXTBSY");
	close(fd);
	unlink(script);
	ok(exited_with(exec_status(script, argv, environ), ENOENT), "no file gives ENOENT");
	ok(exited_with(exec_status(path, argv, environ), EACCES), "a directory gives EACCES");
	ok(exited_with(exec_status(self, (char **)8, environ), EFAULT), "a bad argv gives EFAULT");
	ok(exited_with(exec_status((char *)8, argv, environ), EFAULT), "a bad path gives EFAULT");
	rmdir(path);
}

static void handler(int sig, siginfo_t *info, void *uc)
{
	(void)sig;
	(void)info;
	(void)uc;
}

static int survive_child(void *arg)
{
	u32 mxcsr = 0x7f80;
	static char stack[65536], closed[16], open_fd[16], pid[16], where[32];
	char *argv[] = { self, "survive", closed, open_fd, pid, where, NULL };
	stack_t ss = { .ss_sp = stack, .ss_size = sizeof(stack) };
	sigset_t set;
	char *map = map_anon(1024 * PAGE);

	(void)arg;
	snprintf(closed, sizeof(closed), "%d", open("/dev/null", O_RDONLY | O_CLOEXEC));
	snprintf(open_fd, sizeof(open_fd), "%d", open("/dev/null", O_RDONLY));
	snprintf(pid, sizeof(pid), "%d", getpid());
	/* The middle of a large map: nothing new comes to lie there. */
	snprintf(where, sizeof(where), "%lx", (unsigned long)(map + 512 * PAGE));
	map[512 * PAGE] = 1;
	on_signal(SIGUSR1, handler, 0);
	signal(SIGHUP, SIG_IGN);
	sigaltstack(&ss, NULL);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, NULL);
	raise(SIGUSR2);
	asm volatile("ldmxcsr %0; fninit; fldpi; fld1" : : "m" (mxcsr));
	if (has_avx())
		asm volatile("vpcmpeqd %%xmm13, %%xmm13, %%xmm13\n"
			     "vinsertf128 $1, %%xmm13, %%ymm13, %%ymm13" : : : "xmm13");
	raw3(SYS_execve, self, argv, environ);
	return 1;
}

static void test_survive(void)
{
	ok(exited_with(run_child(survive_child, NULL), 60),
	   "exec keeps ID, masks, ignored signals, open files; all else is new");
}

static void test_auxv(void)
{
	char *argv[] = { "exec", "auxv", "more", "arguments", NULL };

	for (int n = 2; n <= 4; n++) {
		char *keep = argv[n];

		argv[n] = NULL;
		ok(exited_with(exec_status(self, argv, environ), 61),
		   "auxiliary vector and stack of a program with %d arguments", n);
		argv[n] = keep;
	}
}

static int vfork_value;

static noinline pid_t vfork_exec(char **argv, int value)
{
	pid_t pid = vfork();

	if (pid == 0) {
		WRITE_VAR(vfork_value, value);
		execve(self, argv, environ);
		_exit(1);
	}
	need(pid > 0);
	return pid;
}

static void test_vfork(void)
{
	char *argv[] = { "exec", "exit", "17", NULL };
	char *deep[] = { "exec", "depth", "10", NULL };
	char *none[] = { NULL };
	int good = 0, err;
	pid_t pid;

	for (int i = 0; i < 20; i++) {
		pid = vfork_exec(argv, i + 1);
		good += exited_with(wait_status(pid), 17) && READ_VAR(vfork_value) == i + 1;
	}
	ok_eq(good, 20, "20 times vfork and exec, in the parent's memory until the exec");

	pid = vfork();
	if (pid == 0) {
		sleep_ms(50);
		WRITE_VAR(vfork_value, 999);
		_exit(4);
	}
	ok_eq(READ_VAR(vfork_value), 999, "the parent waits until the child has gone");
	ok(exited_with(wait_status(pid), 4), "vfork and _exit");
	pid = vfork();
	if (pid == 0) {
		execve("/tmp/no-such-file", argv, environ);
		_exit(errno);
	}
	ok(exited_with(wait_status(pid), ENOENT), "vfork and an exec that fails");
	ok(exited_with(exec_status(self, deep, environ), 10),
	   "ten programs, each the child of another");
	err = posix_spawn(&pid, self, NULL, NULL, argv, environ);
	ok(err == 0 && exited_with(wait_status(pid), 17), "posix_spawn");
	err = posix_spawn(&pid, "/tmp/no-such-file", NULL, NULL, argv, environ);
	ok_eq(err, ENOENT, "posix_spawn of no file");
	ok(exited_with(exec_status(self, none, environ), 99),
	   "an empty argv is made an empty string");
}

static void test_execveat(void)
{
	char *argv[] = { "exec", "exit", "18", NULL };
	int fd = open(self, O_RDONLY | O_CLOEXEC), out;
	char name[] = "/tmp/guest-exec-XXXXXX", buf[65536];
	pid_t pid;
	ssize_t n;

	need(fd >= 0);
	pid = fork_child();
	if (pid == 0) {
		raw6(SYS_execveat, fd, (long)"", (long)argv, (long)environ, AT_EMPTY_PATH, 0);
		_exit(1);
	}
	ok(exited_with(wait_status(pid), 18), "execveat of a descriptor");
	/* A program just written: its pages come from the page cache. */
	out = mkstemp(name);
	need(out >= 0);
	while ((n = read(fd, buf, sizeof(buf))) > 0)
		need(write(out, buf, n) == n);
	need(fchmod(out, 0755) == 0 && close(out) == 0);
	ok(exited_with(exec_status(name, argv, environ), 18), "a program that was just written");
	unlink(name);
	close(fd);
}

int main(int argc, char **argv)
{
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (argc == 0 || !argv[0][0])
		return 99;
	if (argc > 1)
		return run_mode(argc, argv);
	need(n > 0);
	test_chain();
	test_large();
	test_scripts();
	test_survive();
	test_auxv();
	test_vfork();
	test_execveat();
	return tap_done();
}
