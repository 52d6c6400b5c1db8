// SPDX-License-Identifier: GPL-2.0
/*
 * Changing instructions of the running kernel, for jump labels. While one
 * vCPU writes, all others wait in one place with interrupts disabled; each
 * then drops what it has decoded ahead.
 */
#include <linux/cpu.h>
#include <linux/jump_label.h>
#include <linux/pgtable.h>
#include <linux/smp.h>
#include <linux/stop_machine.h>
#include <linux/string.h>
#include <host/mem.h>

enum {
	OPCODE_JUMP = 0xe9,
};

/**
 * struct patch - one change
 * @to: instruction
 * @insn: what is to be there
 * @cpu: the vCPU that makes the change
 * @done: it has
 */
struct patch {
	void *to;
	u8 insn[JUMP_LABEL_NOP_SIZE];
	unsigned int cpu;
	bool done;
};

static void write_insn(const struct patch *p)
{
	int err = 0;

	/* The text of modules lies in guest RAM, which we may write. */
	if ((unsigned long)p->to >= MODULES_VADDR &&
	    (unsigned long)p->to < MODULES_END)
		memcpy(p->to, p->insn, sizeof(p->insn));
	else
		err = os_text_write(p->to, p->insn, sizeof(p->insn));
	if (err)
		panic("host refused to let kernel code be changed (error %d)",
		      -err);
}

/* CPUID serialises: nothing behind it was decoded before it. */
static void drop_decoded(void)
{
	unsigned int eax = 0, ebx, ecx = 0, edx;

	asm volatile("cpuid" : "+a" (eax), "=b" (ebx), "+c" (ecx), "=d" (edx)
		     : : "memory");
}

static int patch_step(void *arg)
{
	struct patch *p = arg;

	if (raw_smp_processor_id() == p->cpu) {
		write_insn(p);
		/* The others go on with the new instruction. */
		smp_store_release(&p->done, true);
	} else {
		/* What was written before is seen after. */
		while (!smp_load_acquire(&p->done))
			cpu_relax();
	}
	drop_decoded();
	return 0;
}

void arch_jump_label_transform(struct jump_entry *entry,
			       enum jump_label_type type)
{
	void *code = (void *)jump_entry_code(entry);
	struct patch p = {
		.to = code,
		.insn = { 0x0f, 0x1f, 0x44, 0x00, 0x00 },
		.cpu = cpumask_first(cpu_online_mask),
	};
	s32 distance = jump_entry_target(entry) -
		       (unsigned long)(code + JUMP_LABEL_NOP_SIZE);

	if (type == JUMP_LABEL_JMP) {
		p.insn[0] = OPCODE_JUMP;
		memcpy(&p.insn[1], &distance, sizeof(distance));
	}
	if (!memcmp(code, p.insn, sizeof(p.insn)))
		return;
	stop_machine_cpuslocked(patch_step, &p, cpu_online_mask);
}
