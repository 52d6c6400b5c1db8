/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Guest memory from kernel code: the page table is walked and guest RAM is
 * touched through the kernel's own mapping. No host call, no host fault.
 */
#ifndef __ASM_UM_UACCESS_H
#define __ASM_UM_UACCESS_H

#include <asm/extable.h>
#include <asm/page.h>
#include <asm/processor.h>
#include <asm-generic/access_ok.h>

/* Return: bytes that could not be copied. */
unsigned long raw_copy_from_user(void *to, const void __user *from,
				 unsigned long n);
unsigned long raw_copy_to_user(void __user *to, const void *from,
			       unsigned long n);
unsigned long __clear_user(void __user *to, unsigned long n);

long strncpy_from_user(char *dst, const char __user *src, long count);
long strnlen_user(const char __user *s, long n);

/* Kernel addresses which may not be mapped. Return: 0 or -EFAULT. */
int um_read_nofault(void *dst, const void *src, size_t size);
int um_write_nofault(void *dst, const void *src, size_t size);

#define __get_kernel_nofault(dst, src, type, label)			\
do {									\
	if (um_read_nofault((dst), (src), sizeof(type)))		\
		goto label;						\
} while (0)

#define __put_kernel_nofault(dst, src, type, label)			\
do {									\
	if (um_write_nofault((dst), (src), sizeof(type)))		\
		goto label;						\
} while (0)

static inline unsigned long clear_user(void __user *to, unsigned long n)
{
	might_fault();
	return access_ok(to, n) ? __clear_user(to, n) : n;
}
#define clear_user clear_user

/*
 * Single values. The type is the pointer's; __builtin_choose_expr() gives an
 * unsigned integer of the same size to copy into, so that const and pointer
 * targets work alike.
 */
#define __uaccess_uint(x)						\
	__typeof__(__builtin_choose_expr(sizeof(x) == 1, (u8)0,		\
		   __builtin_choose_expr(sizeof(x) == 2, (u16)0,	\
		   __builtin_choose_expr(sizeof(x) == 4, (u32)0, (u64)0))))

#define __get_user(x, ptr) ({						\
	__uaccess_uint(*(ptr)) __gu_val = 0;				\
	int __gu_err = 0;						\
									\
	BUILD_BUG_ON(sizeof(*(ptr)) > 8);				\
	if (raw_copy_from_user(&__gu_val, (ptr), sizeof(*(ptr)))) {	\
		__gu_val = 0;						\
		__gu_err = -EFAULT;					\
	}								\
	(x) = (__force __typeof__(*(ptr)))__gu_val;			\
	__gu_err;							\
})

#define __put_user(x, ptr) ({						\
	__typeof__(*(ptr)) __pu_val = (x);				\
									\
	BUILD_BUG_ON(sizeof(*(ptr)) > 8);				\
	raw_copy_to_user((ptr), &__pu_val, sizeof(*(ptr))) ? -EFAULT : 0; \
})

#define get_user(x, ptr) ({						\
	const __typeof__(*(ptr)) __user *__g_ptr = (ptr);		\
									\
	might_fault();							\
	access_ok(__g_ptr, sizeof(*__g_ptr)) ? __get_user(x, __g_ptr) :	\
		((x) = (__force __typeof__(*(ptr)))0, -EFAULT);		\
})

#define put_user(x, ptr) ({						\
	__typeof__(*(ptr)) __user *__p_ptr = (ptr);			\
									\
	might_fault();							\
	access_ok(__p_ptr, sizeof(*__p_ptr)) ? __put_user(x, __p_ptr) :	\
		-EFAULT;						\
})

#define INLINE_COPY_FROM_USER
#define INLINE_COPY_TO_USER

#endif
