/* SPDX-License-Identifier: GPL-2.0 */
/*
 * libc's heap for host code which a vCPU runs. Interrupts are kept off
 * meanwhile: their handler may run kernel code, which may come back here.
 */
#ifndef UM_OS_LINUX_HEAP_H
#define UM_OS_LINUX_HEAP_H

#include <stddef.h>

/**
 * heap_zalloc() - zeroed memory
 * @size: bytes
 *
 * Context: any vCPU context. Owns: the result until heap_free().
 * Return: the memory, or NULL.
 */
void *heap_zalloc(size_t size);

/**
 * heap_free() - give memory back
 * @p: from heap_zalloc(); NULL is accepted
 */
void heap_free(void *p);

#endif
