// SPDX-License-Identifier: GPL-2.0
/*
 * Boot: from the program's main() to start_kernel() and setup_arch().
 * Flow: os-Linux/main.c -> upcall_boot() -> options, guest RAM, backend ->
 * the first task's kernel stack -> start_kernel() -> setup_arch().
 */
#include <linux/cpu.h>
#include <linux/delay.h>
#include <linux/memblock.h>
#include <linux/mm.h>
#include <linux/panic_notifier.h>
#include <linux/sched/task_stack.h>
#include <linux/screen_info.h>
#include <linux/seq_file.h>
#include <linux/security.h>
#include <linux/start_kernel.h>
#include <linux/utsname.h>
#include <asm/hwcap2.h>
#include <asm/sections.h>
#include <asm/setup.h>
#include <asm/vdso.h>
#include <host/event.h>
#include <host/file.h>
#include <host/mem.h>
#include <host/proc.h>
#include <host/upcall.h>
#include <host/vcpu.h>
#include <um/boot.h>
#include <um/guest_loop.h>
#include <um/option.h>
#include <um/reboot.h>
#include <um/sandbox_option.h>
#include <um/smp.h>

unsigned int um_ncpus __ro_after_init = 1;
unsigned long um_elf_hwcap __ro_after_init;
unsigned long um_elf_hwcap2 __ro_after_init;

void um_call_on_stack(void *top, void (*fn)(void)) __noreturn;

void __init um_boot_note(const char *fmt, ...)
{
	char msg[256];
	va_list ap;
	int n;

	if (um_boot_wishes.quiet)
		return;
	va_start(ap, fmt);
	n = vscnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	os_stderr_write(msg, n);
}

/* --- starting ------------------------------------------------------------ */

/* All their names, for a message. */
static const char *__init backend_names(void)
{
	static char names[64] __initdata;
	const char *name;
	unsigned int i;

	for (i = 0; (name = um_backend_name(i)); i++) {
		if (i)
			strlcat(names, ", ", sizeof(names));
		strlcat(names, name, sizeof(names));
	}
	return names;
}

static void __init read_hwcaps(void)
{
	os_host_hwcaps(&um_elf_hwcap, &um_elf_hwcap2);
	if (um_boot_wishes.no_fsgsbase)
		um_elf_hwcap2 &= ~HWCAP2_FSGSBASE;
}

static int __init start_backend(const struct um_backend_params *params)
{
	um_sandbox_guests(um_backend->name);
	return um_backend->init(params);
}

static void __init choose_backend(void)
{
	struct um_backend_params params = {
		.ram_fd = os_ram_fd(), .ncpus = um_ncpus,
		.spin = um_boot_wishes.spin,
		.fsgsbase = um_elf_hwcap2 & HWCAP2_FSGSBASE,
		.notices = !um_boot_wishes.no_notices,
	};
	const char *name = um_boot_wishes.backend ?: "auto";
	const char *why = "";
	int err;

	err = um_backend_select(name, um_ncpus, NULL, &um_backend, &why);
	if (err == -EINVAL)
		os_die("backend=%s: expected one of auto, %s", name,
		       backend_names());
	if (err)
		os_die("backend=%s, ncpus=%u cannot run on this host: %s (error %d)",
		       name, um_ncpus, why, -err);
	while ((err = start_backend(&params))) {
		um_boot_note("backend %s does not start (error %d: %s)\n",
			     um_backend->name, -err, um_error_text(err));
		if (um_backend_select(name, um_ncpus, um_backend, &um_backend,
				      &why))
			os_die("backend %s does not start (error %d: %s)",
			       um_backend->name, -err, um_error_text(err));
	}
	if (*why)
		um_boot_note("backend %s: %s\n", um_backend->name, why);
	um_fp_size = um_backend->fp_size();
}

static void __init setup_umid(void)
{
	int err = os_umid_setup(um_boot_wishes.uml_dir, um_boot_wishes.umid);

	if (err == -EEXIST)
		os_die("umid=%s: an instance of this name is running",
		       um_boot_wishes.umid);
	if (err == -EPERM && um_boot_wishes.umid)
		os_die("umid=%s: the directory %s/%s is not yours alone: it belongs to another user, or others may write to it",
		       um_boot_wishes.umid, um_boot_wishes.uml_dir ?: "~/.uml",
		       um_boot_wishes.umid);
	if (err == -ENOTUNIQ && um_boot_wishes.umid)
		os_die("umid=%s: %s/%s/pid is no pid file, and stays as it is",
		       um_boot_wishes.umid, um_boot_wishes.uml_dir ?: "~/.uml",
		       um_boot_wishes.umid);
	if (err && (um_boot_wishes.umid || um_boot_wishes.uml_dir))
		os_die("cannot make the instance directory %s in %s (error %d: %s)",
		       um_boot_wishes.umid ?: "",
		       um_boot_wishes.uml_dir ?: "~/.uml", -err,
		       um_error_text(err));
	if (err)
		um_boot_note("no instance directory in ~/.uml (error %d: %s)\n",
			     -err, um_error_text(err));
}

static void __init run_kernel(void)
{
	start_kernel();
}

/* Host code calls it, and knows no sections. */
void __ref upcall_boot(int argc, char **argv)
{
	int err;

	vcpu_write64(current_task, (unsigned long)&init_task);
	arch_local_irq_disable();

	um_options_parse(argc, argv);
	um_physmem_setup();
	setup_umid();
	/* While there is one thread, which all others inherit it from. */
	um_sandbox_enter();
	err = os_event_init();
	if (err)
		os_die("cannot watch host descriptors (error %d: %s)", -err,
		       um_error_text(err));
	read_hwcaps();
	choose_backend();
	if (um_ncpus > 1 && um_boot_wishes.spin != UM_SPIN_OFF)
		os_vcpu_poll_init(um_boot_wishes.spin == UM_SPIN_ON);

	um_call_on_stack(task_stack_page(&init_task) + THREAD_SIZE - 16,
			 run_kernel);
}

void __init setup_arch(char **cmdline_p)
{
	strscpy(boot_command_line, um_command_line, COMMAND_LINE_SIZE);
	*cmdline_p = um_command_line;
	um_reboot_setup();

	pr_info("guest programs run by the %s backend%s\n", um_backend->name,
		um_backend->about());
	/* What the host does not map no guest can have; some of the rest is ours. */
	dac_mmap_min_addr = max3(dac_mmap_min_addr, os_host_map_min(),
				 (unsigned long)UM_GUEST_BOTTOM);
	setup_initial_init_mm(_stext, _etext, _edata, _end);

	memblock_add(0, um_ram_size);
	/* Address 0 means "no memory" to memblock. */
	memblock_reserve(0, PAGE_SIZE);
	um_smp_setup();
	um_initrd_setup();
	um_paging_setup();
	um_vdso_setup();
	um_dtb_setup();
	parse_early_param();
}

void __init arch_cpu_finalize_init(void)
{
}

void __init trap_init(void)
{
}

/* --- /proc/cpuinfo -------------------------------------------------------- */

static int cpuinfo_show(struct seq_file *m, void *v)
{
	char host[256];

	os_host_uname(host, sizeof(host));
	seq_printf(m, "processor\t: %lld\n", *(loff_t *)v);
	seq_puts(m, "vendor_id\t: User Mode Linux\n");
	seq_puts(m, "model name\t: UML\n");
	seq_printf(m, "mode\t\t: %s\n", um_backend->name);
	seq_printf(m, "host\t\t: %s\n", host);
	seq_printf(m, "bogomips\t: %lu.%02lu\n\n",
		   loops_per_jiffy / (500000 / HZ),
		   (loops_per_jiffy / (5000 / HZ)) % 100);
	return 0;
}

static void *cpuinfo_start(struct seq_file *m, loff_t *pos)
{
	*pos = cpumask_next((int)*pos - 1, cpu_online_mask);
	return *pos < nr_cpu_ids ? pos : NULL;
}

static void *cpuinfo_next(struct seq_file *m, void *v, loff_t *pos)
{
	++*pos;
	return cpuinfo_start(m, pos);
}

static void cpuinfo_stop(struct seq_file *m, void *v)
{
}

const struct seq_operations cpuinfo_op = {
	.start = cpuinfo_start,
	.next = cpuinfo_next,
	.stop = cpuinfo_stop,
	.show = cpuinfo_show,
};
