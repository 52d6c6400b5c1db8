// SPDX-License-Identifier: GPL-2.0
/*
 * The vDSO in guests' address spaces. Its pages are in guest RAM, the same for
 * all guests: the image, copied there at boot, and data pages which the kernel
 * writes (timekeeping, the random number generator) and guests read.
 * Flow: exec -> arch_setup_additional_pages() -> faults of the guest.
 * Not here: the code in the vDSO (v*.c).
 */
#include <linux/binfmts.h>
#include <linux/cpumask.h>
#include <linux/elf.h>
#include <linux/init.h>
#include <linux/memblock.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/time_namespace.h>
#include <asm/vdso.h>
#include <um/guest_loop.h>
#include <vdso/datapage.h>
#include <vdso/vsyscall.h>

extern const char um_vdso_image[], um_vdso_image_end[];

struct vdso_data *um_vdso_clocks __ro_after_init;
struct vdso_rng_data *um_vdso_rng __ro_after_init;

static struct um_vdso_data *port_data __ro_after_init;
static void *common_page __ro_after_init;
static void *code __ro_after_init;
static unsigned long code_size __ro_after_init;

/* --- pages ---------------------------------------------------------------- */

static unsigned long vvar_pfn(struct vm_area_struct *vma, pgoff_t pgoff)
{
	struct page *timens = find_timens_vvar_page(vma);

	switch (pgoff) {
	case UM_VVAR_TIME:
		return timens ? page_to_pfn(timens) : virt_to_pfn(um_vdso_clocks);
	case UM_VVAR_TIMENS:
		return timens ? virt_to_pfn(um_vdso_clocks) : 0;
	case UM_VVAR_COMMON:
		return virt_to_pfn(common_page);
	default:
		return 0;
	}
}

/* A fault costs more than a page-table entry: fill in the neighbours, too. */
static vm_fault_t vvar_fault(const struct vm_special_mapping *sm,
			     struct vm_area_struct *vma, struct vm_fault *vmf)
{
	unsigned long addr = vma->vm_start, pfn;
	vm_fault_t ret = VM_FAULT_SIGBUS, err;
	pgoff_t i;

	for (i = 0; addr < vma->vm_end; i++, addr += PAGE_SIZE) {
		pfn = vvar_pfn(vma, vma->vm_pgoff + i);
		if (!pfn)
			continue;
		err = vmf_insert_pfn(vma, addr, pfn);
		if (i + vma->vm_pgoff == vmf->pgoff || (err & VM_FAULT_OOM))
			ret = err;
	}
	return ret;
}

static vm_fault_t code_fault(const struct vm_special_mapping *sm,
			     struct vm_area_struct *vma, struct vm_fault *vmf)
{
	if (vmf->pgoff >= code_size >> PAGE_SHIFT)
		return VM_FAULT_SIGBUS;
	vmf->page = virt_to_page(code + (vmf->pgoff << PAGE_SHIFT));
	get_page(vmf->page);
	return 0;
}

static const struct vm_special_mapping vvar_mapping = {
	.name = "[vvar]",
	.fault = vvar_fault,
};

static const struct vm_special_mapping code_mapping = {
	.name = "[vdso]",
	.fault = code_fault,
};

/* --- into a new program --------------------------------------------------- */

static unsigned long install(struct mm_struct *mm)
{
	const unsigned long vvar_size = UM_VVAR_PAGES * PAGE_SIZE;
	struct vm_area_struct *vma;
	unsigned long addr;

	addr = get_unmapped_area(NULL, 0, vvar_size + code_size, 0, 0);
	if (IS_ERR_VALUE(addr))
		return addr;

	vma = _install_special_mapping(mm, addr, vvar_size,
				       VM_READ | VM_MAYREAD | VM_IO |
				       VM_DONTDUMP | VM_PFNMAP, &vvar_mapping);
	if (IS_ERR(vma))
		return PTR_ERR(vma);

	/* Debuggers may set breakpoints: in a copy of the page. */
	addr += vvar_size;
	vma = _install_special_mapping(mm, addr, code_size,
				       VM_READ | VM_EXEC | VM_MAYREAD |
				       VM_MAYWRITE | VM_MAYEXEC, &code_mapping);
	if (IS_ERR(vma)) {
		do_munmap(mm, addr - vvar_size, vvar_size, NULL);
		return PTR_ERR(vma);
	}
	return addr;
}

int arch_setup_additional_pages(struct linux_binprm *bprm, int uses_interp)
{
	struct mm_struct *mm = current->mm;
	unsigned long addr;

	if (mmap_write_lock_killable(mm))
		return -EINTR;
	addr = install(mm);
	mmap_write_unlock(mm);
	if (IS_ERR_VALUE(addr))
		return addr;
	mm->context.vdso = addr;
	return 0;
}

/* --- time namespaces ------------------------------------------------------ */

#ifdef CONFIG_TIME_NS

struct vdso_data *arch_get_vdso_data(void *vvar_page)
{
	return vvar_page;
}

/* The task's clocks are other ones now: let it fault them in. */
int vdso_join_timens(struct task_struct *task, struct time_namespace *ns)
{
	struct mm_struct *mm = task->mm;
	struct vm_area_struct *vma;
	struct vma_iterator vmi;

	mmap_read_lock(mm);
	vma_iter_init(&vmi, mm, 0);
	for_each_vma(vmi, vma)
		if (vma_is_special_mapping(vma, &vvar_mapping))
			zap_vma_pages(vma);
	mmap_read_unlock(mm);
	return 0;
}

#endif

/* --- boot ----------------------------------------------------------------- */

int um_vdso_clock_mode(void)
{
	return port_data->host_clock ? VDSO_CLOCKMODE_HOST : VDSO_CLOCKMODE_NONE;
}

void __init um_vdso_setup(void)
{
	size_t len = um_vdso_image_end - um_vdso_image;

	BUILD_BUG_ON(sizeof(struct vdso_data[CS_BASES]) > PAGE_SIZE);
	BUILD_BUG_ON(sizeof(struct vdso_rng_data) > UM_VDSO_DATA_OFFSET);

	um_vdso_clocks = memblock_alloc(PAGE_SIZE, PAGE_SIZE);
	common_page = memblock_alloc(PAGE_SIZE, PAGE_SIZE);
	code_size = PAGE_ALIGN(len);
	code = memblock_alloc(code_size, PAGE_SIZE);
	if (!um_vdso_clocks || !common_page || !code)
		panic("no memory for the vDSO");

	memcpy(code, um_vdso_image, len);
	um_vdso_rng = common_page;
	port_data = common_page + UM_VDSO_DATA_OFFSET;
	port_data->host_clock = um_backend->host_clock();
}

static int __init count_cpus(void)
{
	port_data->single_cpu = num_possible_cpus() == 1;
	return 0;
}
early_initcall(count_cpus);
