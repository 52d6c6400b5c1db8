// SPDX-License-Identifier: GPL-2.0
/*
 * /proc/self as a program sees itself: maps is sorted, without overlap, names text, heap,
 * stack and files, follows mmap, mprotect, munmap; mem, smaps, stat, status, auxv, cmdline,
 * environ and exe agree with what the program knows of itself.
 * Not here: that the maps work (mmap.c).
 */
#include <elf.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "util.h"

struct line {
	uintptr_t start, end;
	char prot[8];
	u64 offset;
	unsigned int major, minor;
	u64 inode;
	char name[256];
};

static struct line lines[256];
static int nr_lines;

static void read_maps(void)
{
	FILE *f = fopen("/proc/self/maps", "r");
	char text[512];

	need(f);
	for (nr_lines = 0; fgets(text, sizeof(text), f) && nr_lines < (int)ARRAY_SIZE(lines);) {
		struct line *l = &lines[nr_lines++];

		l->name[0] = 0;
		if (sscanf(text,
			   "%" SCNxPTR "-%" SCNxPTR " %7s %" SCNx64 " %x:%x %" SCNu64 " %255[^\n]",
			   &l->start, &l->end, l->prot, &l->offset, &l->major, &l->minor,
			   &l->inode, l->name) < 7)
			tap_bail("cannot read this line of maps: %s", text);
	}
	fclose(f);
}

static struct line *line_of(const void *p)
{
	for (int i = 0; i < nr_lines; i++)
		if ((uintptr_t)p >= lines[i].start && (uintptr_t)p < lines[i].end)
			return &lines[i];
	return NULL;
}

static bool prot_of(const void *p, const char *prot)
{
	struct line *l = line_of(p);

	if (l && !strcmp(l->prot, prot))
		return true;
	tap_note("%p is %s, want %s", p, l ? l->prot : "not mapped", prot);
	return false;
}

static int in_data = 5;
static const int in_rodata = 6;

static void test_program(void)
{
	char *heap = sbrk(0), self[256] = "";
	struct line *l;
	bool good = true;
	int local;

	need(sbrk(PAGE) != (void *)-1);
	*heap = 1;
	need(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0);
	read_maps();
	ok(nr_lines > 4, "maps has lines (%d)", nr_lines);
	for (int i = 0; i < nr_lines; i++) {
		good = good && lines[i].start < lines[i].end && lines[i].start % PAGE == 0 &&
		       lines[i].end % PAGE == 0;
		if (i)
			good = good && lines[i - 1].end <= lines[i].start;
	}
	/* vsyscall, where there is one, is the last and far above all else. */
	ok(good, "the lines are sorted, whole pages and do not overlap");
	ok(prot_of(read_maps, "r-xp"), "code is r-xp");
	l = line_of(read_maps);
	ok(l && !strcmp(l->name, self), "code has the name of the program");
	ok(prot_of(&in_rodata, "r--p"), "constants are r--p");
	ok(prot_of(&in_data, "rw-p"), "data is rw-p");
	ok(prot_of(&local, "rw-p") && !strcmp(line_of(&local)->name, "[stack]"),
	   "the stack is rw-p");
	l = line_of(heap);
	ok(l && !strcmp(l->name, "[heap]") && !strcmp(l->prot, "rw-p"), "the heap is rw-p");
	if (getauxval(AT_SYSINFO_EHDR)) {
		l = line_of((void *)getauxval(AT_SYSINFO_EHDR));
		ok(l && !strcmp(l->name, "[vdso]") && !strcmp(l->prot, "r-xp"), "the vdso is r-xp");
	} else {
		tap_skip("the vdso is r-xp", "the kernel gives no vdso");
	}
	ok_eq(in_data + in_rodata, 11, "data and constants hold what they should");
}

static void test_changes(void)
{
	char *p = map_anon(16 * PAGE);
	struct line *l;

	need(mprotect(p + 4 * PAGE, 2 * PAGE, PROT_READ) == 0);
	need(mprotect(p + 8 * PAGE, PAGE, PROT_NONE) == 0);
	need(mprotect(p + 10 * PAGE, PAGE, PROT_READ | PROT_EXEC) == 0);
	need(munmap(p + 12 * PAGE, PAGE) == 0);
	read_maps();
	ok(prot_of(p, "rw-p") && prot_of(p + 3 * PAGE, "rw-p") && prot_of(p + 6 * PAGE, "rw-p") &&
	   prot_of(p + 4 * PAGE, "r--p") && prot_of(p + 5 * PAGE, "r--p") &&
	   prot_of(p + 8 * PAGE, "---p") && prot_of(p + 10 * PAGE, "r-xp"), "mprotect shows");
	ok(!line_of(p + 12 * PAGE) && line_of(p + 13 * PAGE), "munmap shows");
	l = line_of(p + 4 * PAGE);
	ok(l && l->start == (uintptr_t)p + 4 * PAGE && l->end == (uintptr_t)p + 6 * PAGE,
	   "with exact borders");
	need(mprotect(p, 12 * PAGE, PROT_READ | PROT_WRITE) == 0);
	read_maps();
	l = line_of(p + 5 * PAGE);
	ok(l && l->start <= (uintptr_t)p && l->end == (uintptr_t)p + 12 * PAGE,
	   "made the same again, the pieces are one");
	munmap(p, 16 * PAGE);
}

static void test_file(void)
{
	char name[] = "/tmp/guest-maps-XXXXXX";
	int fd = mkstemp(name);
	struct stat st;
	struct line *l;
	char *p, *q;

	need(fd >= 0 && ftruncate(fd, 4 * PAGE) == 0 && fstat(fd, &st) == 0);
	p = mmap(NULL, 2 * PAGE, PROT_READ, MAP_SHARED, fd, PAGE);
	q = map_shared(PAGE);
	need(p != MAP_FAILED);
	read_maps();
	l = line_of(p);
	ok(l && !strcmp(l->name, name) && !strcmp(l->prot, "r--s") && l->offset == PAGE,
	   "a file map: name, protection, offset");
	ok(l && l->inode == st.st_ino, "a file map: inode");
	ok(l && makedev(l->major, l->minor) == st.st_dev, "a file map: device");
	ok(prot_of(q, "rw-s"), "shared anonymous memory is rw-s");
	unlink(name);
	read_maps();
	l = line_of(p);
	ok(l && strstr(l->name, " (deleted)"), "a deleted file is marked");
	munmap(p, 2 * PAGE);
	munmap(q, PAGE);
	close(fd);
}

static void test_mem(void)
{
	int fd = open("/proc/self/mem", O_RDWR);
	char *ro = map_anon(PAGE);
	long value = 0x1122334455667788, copy = 0;

	need(fd >= 0);
	ro[3] = 1;
	need(mprotect(ro, PAGE, PROT_READ) == 0);
	ok(pread(fd, &copy, 8, (off_t)&value) == 8 && copy == value, "mem reads a variable");
	copy = 99;
	ok(pwrite(fd, &copy, 8, (off_t)&value) == 8 && READ_VAR(value) == 99,
	   "mem writes a variable");
	if (pwrite(fd, "z", 1, (off_t)ro + 3) != 1)
		tap_skip("mem writes a read-only page", "the kernel forbids it");
	else
		ok(READ_VAR(ro[3]) == 'z', "mem writes a read-only page");
	ok(pread(fd, &copy, 8, 8) == -1 && errno == EIO, "mem gives EIO for a hole");
	close(fd);
	munmap(ro, PAGE);
}

/* The value in kB of a line "Name:  123 kB". */
static long field(const char *path, const char *name)
{
	FILE *f = fopen(path, "r");
	size_t len = strlen(name);
	char text[512];
	long value = -1;

	need(f);
	while (value < 0 && fgets(text, sizeof(text), f))
		if (!strncmp(text, name, len) && text[len] == ':')
			value = atol(text + len + 1);
	fclose(f);
	return value;
}

static void test_sizes(void)
{
	long size = field("/proc/self/status", "VmSize"), rss = field("/proc/self/status",
								      "RssAnon");
	unsigned long total = 0;
	char *p;

	p = map_anon(4096 * PAGE);
	ok_eq(field("/proc/self/status", "VmSize") - size, 4096 * 4, "VmSize grows by 16 MiB");
	for (int i = 0; i < 1024; i++)
		p[i * PAGE] = 1;
	rss = field("/proc/self/status", "RssAnon") - rss;
	ok(rss >= 3500 && rss <= 20000, "RssAnon grows by what was touched (%ld kB)", rss);
	munmap(p, 4096 * PAGE);
	ok_eq(field("/proc/self/status", "VmSize"), size, "VmSize is back after munmap");
	read_maps();
	for (int i = 0; i < nr_lines; i++)
		if (strcmp(lines[i].name, "[vsyscall]"))
			total += lines[i].end - lines[i].start;
	ok_eq(total / 1024, field("/proc/self/status", "VmSize"), "VmSize is the sum of maps");
	ok_eq(field("/proc/self/status", "Pid"), getpid(), "status tells the process ID");
	ok_eq(field("/proc/self/status", "Threads"), 1, "and the one thread");
}

static ssize_t slurp(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY);
	ssize_t n, len = 0;

	need(fd >= 0);
	while ((n = read(fd, buf + len, size - 1 - len)) > 0)
		len += n;
	close(fd);
	buf[len] = 0;
	return len;
}

static void test_texts(char **argv)
{
	static char buf[8192];
	const Elf64_auxv_t *aux = (void *)buf;
	uintptr_t entry = 0;
	char *end;
	int pid, ppid;
	char state;

	ok(slurp("/proc/self/cmdline", buf, sizeof(buf)) == (ssize_t)strlen(argv[0]) + 1 &&
	   !strcmp(buf, argv[0]), "cmdline is argv");
	slurp("/proc/self/environ", buf, sizeof(buf));
	ok(!environ[0] || !strncmp(buf, environ[0], strlen(environ[0])),
	   "environ is the environment");
	slurp("/proc/self/auxv", buf, sizeof(buf));
	for (; aux->a_type != AT_NULL; aux++)
		if (aux->a_type == AT_ENTRY)
			entry = aux->a_un.a_val;
	ok_eq(entry, getauxval(AT_ENTRY), "auxv has the entry point");
	slurp("/proc/self/stat", buf, sizeof(buf));
	end = strrchr(buf, ')');
	ok(end && sscanf(buf, "%d", &pid) == 1 && sscanf(end + 2, "%c %d", &state, &ppid) == 2 &&
	   pid == getpid() && ppid == getppid() && state == 'R', "stat tells IDs and state");
	slurp("/proc/self/comm", buf, sizeof(buf));
	ok(!strcmp(buf, "procmaps\n"), "comm is the name of the program");
}

int main(int argc, char **argv)
{
	need(argc == 1);
	test_program();
	test_changes();
	test_file();
	test_mem();
	test_sizes();
	test_texts(argv);
	return tap_done();
}
