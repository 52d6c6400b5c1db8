// SPDX-License-Identifier: GPL-2.0
/*
 * Guest memory from kernel code. The page table is walked in software and the
 * page touched through the kernel's own mapping of guest RAM; what is not
 * there is faulted in by generic memory management first.
 * From the look-up to the end of the access the page stays where it was found
 * (um_guest_walk_begin()), as a processor's TLB would have it.
 */
#include <linux/extable.h>
#include <linux/sched/mm.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/pgtable.h>
#include <linux/sched.h>
#include <linux/uaccess.h>
#include <linux/unaligned.h>
#include <asm/futex.h>
#include <asm/word-at-a-time.h>
#include <um/guest_mem.h>

unsigned long um_guest_slot(struct mm_struct *mm, unsigned long addr)
{
	p4d_t p4d = READ_ONCE(*p4d_offset(pgd_offset(mm, addr), addr));
	pud_t pud;
	pmd_t pmd;

	if (!p4d_present(p4d))
		return 0;
	pud = READ_ONCE(p4d_pgtable(p4d)[pud_index(addr)]);
	if (!pud_present(pud))
		return 0;
	pmd = READ_ONCE(pud_pgtable(pud)[pmd_index(addr)]);
	/* As if it were split: the same bits, the page within. */
	if (pmd_leaf(pmd))
		return pmd_val(pmd) + (addr & ~PMD_MASK & PAGE_MASK);
	if (!pmd_present(pmd))
		return 0;
	return pte_slot((pte_t *)pmd_page_vaddr(pmd) + pte_index(addr));
}

/* Kernel address of a byte of the current guest, if it may be accessed. */
static void *guest_ptr(unsigned long addr, unsigned int flags)
{
	unsigned long slot = um_guest_slot(current->mm, addr);

	if (!um_slot_allows(slot, flags))
		return NULL;
	return __va(slot & PAGE_MASK) + offset_in_page(addr);
}

static bool fault_in(unsigned long addr, unsigned int flags)
{
	struct mm_struct *mm = current->mm;
	struct vm_area_struct *vma;
	unsigned long need = VM_READ;
	vm_fault_t fault;

	if (faulthandler_disabled() || irqs_disabled())
		return false;
	if (flags & FAULT_FLAG_WRITE)
		need = VM_WRITE;
	flags |= FAULT_FLAG_DEFAULT;
retry:
	/* No registers: they tell of a guest's fault, or of kernel code's at an address. */
	vma = lock_mm_and_find_vma(mm, addr, NULL);
	if (!vma)
		return false;
	if (!(vma->vm_flags & need)) {
		mmap_read_unlock(mm);
		return false;
	}
	fault = handle_mm_fault(vma, addr, flags, NULL);
	if (fault & VM_FAULT_COMPLETED)
		return true;
	if (fault & VM_FAULT_RETRY) {
		if (fatal_signal_pending(current))
			return false;
		flags |= FAULT_FLAG_TRIED;
		goto retry;
	}
	mmap_read_unlock(mm);
	if (fault & VM_FAULT_OOM)
		pagefault_out_of_memory();
	return !(fault & VM_FAULT_ERROR);
}

/* What to do with a piece of guest memory which lies in one page. */
typedef bool (*piece_fn)(void *guest, size_t len, void *arg);

/*
 * Call @fn for the pieces of a range. Return: bytes not reached.
 * @fn returns false to stop after its piece.
 */
static __always_inline unsigned long
walk_pieces(unsigned long addr, unsigned long n, unsigned int flags,
	       piece_fn fn, void *arg)
{
	unsigned long beyond = 0;

	if (unlikely(!current->mm || addr >= TASK_SIZE))
		return n;
	if (unlikely(n > TASK_SIZE - addr)) {
		beyond = n - (TASK_SIZE - addr);
		n -= beyond;
	}

	while (n) {
		size_t len = min(n, PAGE_SIZE - offset_in_page(addr));
		unsigned long irqflags;
		bool more = true;
		void *ptr;

		local_irq_save(irqflags);
		um_guest_walk_begin();
		ptr = guest_ptr(addr, flags);
		if (likely(ptr))
			more = fn(ptr, len, arg);
		um_guest_walk_end();
		local_irq_restore(irqflags);

		if (unlikely(!ptr)) {
			if (!fault_in(addr, flags))
				break;
			continue;
		}
		addr += len;
		n -= len;
		if (!more)
			break;
	}
	return n + beyond;
}

static __always_inline bool copy_out_piece(void *guest, size_t len, void *arg)
{
	const void **from = arg;

	memcpy(guest, *from, len);
	*from += len;
	return true;
}

static __always_inline bool copy_in_piece(void *guest, size_t len, void *arg)
{
	void **to = arg;

	memcpy(*to, guest, len);
	*to += len;
	return true;
}

static __always_inline bool clear_piece(void *guest, size_t len, void *arg)
{
	memset(guest, 0, len);
	return true;
}

unsigned long raw_copy_from_user(void *to, const void __user *from,
				 unsigned long n)
{
	return walk_pieces((unsigned long)from, n, 0, copy_in_piece, &to);
}
EXPORT_SYMBOL(raw_copy_from_user);

unsigned long raw_copy_to_user(void __user *to, const void *from,
			       unsigned long n)
{
	return walk_pieces((unsigned long)to, n, FAULT_FLAG_WRITE,
			      copy_out_piece, &from);
}
EXPORT_SYMBOL(raw_copy_to_user);

unsigned long __clear_user(void __user *to, unsigned long n)
{
	return walk_pieces((unsigned long)to, n, FAULT_FLAG_WRITE,
			      clear_piece, NULL);
}
EXPORT_SYMBOL(__clear_user);

/* A string being looked for its end, and perhaps copied. */
struct string_scan {
	char *dst;
	size_t len;
	bool ended;
};

/*
 * Another thread of the guest may change the string at any time. Each byte is
 * read once: what is copied is what was looked at.
 */
static bool scan_piece(void *guest, size_t len, void *arg)
{
	const struct word_at_a_time constants = WORD_AT_A_TIME_CONSTANTS;
	struct string_scan *s = arg;
	unsigned long word, zeros;
	size_t n = 0;
	char c;

	for (; n + sizeof(word) <= len; n += sizeof(word)) {
		word = READ_ONCE(*(unsigned long *)(guest + n));
		if (s->dst)
			put_unaligned(word, (unsigned long *)(s->dst + s->len + n));
		if (has_zero(word, &zeros, &constants)) {
			zeros = prep_zero_mask(word, zeros, &constants);
			n += find_zero(create_zero_mask(zeros));
			s->ended = true;
			break;
		}
	}
	for (; n < len && !s->ended; n += !s->ended) {
		c = READ_ONCE(*(char *)(guest + n));
		if (s->dst)
			s->dst[s->len + n] = c;
		s->ended = !c;
	}
	s->len += n;
	return !s->ended;
}

long strncpy_from_user(char *dst, const char __user *src, long count)
{
	struct string_scan s = { .dst = dst };

	might_fault();
	if (count <= 0)
		return 0;
	walk_pieces((unsigned long)src, count, 0, scan_piece, &s);
	if (!s.ended && s.len < count)
		return -EFAULT;
	return s.len;
}
EXPORT_SYMBOL(strncpy_from_user);

/* Return: length with the NUL, 0 on a fault, more than @n if none in reach. */
long strnlen_user(const char __user *str, long n)
{
	struct string_scan s = { };

	might_fault();
	if (n <= 0)
		return 0;
	walk_pieces((unsigned long)str, n, 0, scan_piece, &s);
	if (!s.ended && s.len < n)
		return 0;
	return s.len + 1;
}
EXPORT_SYMBOL(strnlen_user);

size_t um_guest_peek(unsigned long addr, void *buf, size_t len)
{
	unsigned long left;

	pagefault_disable();
	left = raw_copy_from_user(buf, (void __user *)addr, len);
	pagefault_enable();
	return len - left;
}

int arch_futex_atomic_op_inuser(int op, u32 oparg, int *oval,
				u32 __user *uaddr)
{
	unsigned long flags;
	u32 *word, old, val;
	int ret = 0;

	if (!access_ok(uaddr, sizeof(*uaddr)))
		return -EFAULT;

	local_irq_save(flags);
	um_guest_walk_begin();
	word = guest_ptr((unsigned long)uaddr, FAULT_FLAG_WRITE);
	if (!word) {
		ret = -EFAULT;
		goto out;
	}
	old = READ_ONCE(*word);
	do {
		switch (op) {
		case FUTEX_OP_SET:
			val = oparg;
			break;
		case FUTEX_OP_ADD:
			val = old + oparg;
			break;
		case FUTEX_OP_OR:
			val = old | oparg;
			break;
		case FUTEX_OP_ANDN:
			val = old & ~oparg;
			break;
		case FUTEX_OP_XOR:
			val = old ^ oparg;
			break;
		default:
			ret = -ENOSYS;
			goto out;
		}
	} while (!try_cmpxchg(word, &old, val));
	*oval = old;
out:
	um_guest_walk_end();
	local_irq_restore(flags);
	return ret;
}

int futex_atomic_cmpxchg_inatomic(u32 *uval, u32 __user *uaddr, u32 oldval,
				  u32 newval)
{
	unsigned long flags;
	u32 *word;

	if (!access_ok(uaddr, sizeof(*uaddr)))
		return -EFAULT;

	local_irq_save(flags);
	um_guest_walk_begin();
	word = guest_ptr((unsigned long)uaddr, FAULT_FLAG_WRITE);
	if (word)
		*uval = cmpxchg(word, oldval, newval);
	um_guest_walk_end();
	local_irq_restore(flags);
	return word ? 0 : -EFAULT;
}

#define NOFAULT_MOVE(insn, reg, type, dst, src)				\
	({								\
		int __err = 0;						\
		type __tmp;						\
									\
		asm volatile("1: " insn " %[from], %" reg "[tmp]\n"	\
			     "2: " insn " %" reg "[tmp], %[to]\n"	\
			     "3:\n"					\
			     ".pushsection .fixup, \"ax\"\n"		\
			     "4: movl %[fault], %[err]\n"		\
			     "   jmp 3b\n"				\
			     ".popsection\n"				\
			     ".pushsection __ex_table, \"a\"\n"		\
			     ".balign 8\n"				\
			     ".quad 1b, 4b\n"				\
			     ".quad 2b, 4b\n"				\
			     ".popsection\n"				\
			     : [err] "+r" (__err), [tmp] "=&r" (__tmp),	\
			       [to] "=m" (*(type *)(dst))		\
			     : [from] "m" (*(const type *)(src)),	\
			       [fault] "i" (-EFAULT));			\
		__err;							\
	})

static int move_nofault(void *dst, const void *src, size_t size)
{
	switch (size) {
	case 1:
		return NOFAULT_MOVE("movb", "b", u8, dst, src);
	case 2:
		return NOFAULT_MOVE("movw", "w", u16, dst, src);
	case 4:
		return NOFAULT_MOVE("movl", "k", u32, dst, src);
	default:
		return NOFAULT_MOVE("movq", "q", u64, dst, src);
	}
}

int um_read_nofault(void *dst, const void *src, size_t size)
{
	return move_nofault(dst, src, size);
}
EXPORT_SYMBOL_GPL(um_read_nofault);

int um_write_nofault(void *dst, const void *src, size_t size)
{
	return move_nofault(dst, src, size);
}
EXPORT_SYMBOL_GPL(um_write_nofault);

/* Addresses of guests and of nothing are not kernel memory. */
bool copy_from_kernel_nofault_allowed(const void *src, size_t size)
{
	unsigned long addr = (unsigned long)src;

	return addr >= PAGE_SIZE && addr + size >= addr;
}
