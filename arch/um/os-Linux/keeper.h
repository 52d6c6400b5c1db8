/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The keeper: with sandbox=on the process that was started stays as it is,
 * waits, and has the kernel in a child, which confines itself. What a reboot
 * starts again is a new child: a confined process could not start one that is
 * not.
 */
#ifndef UM_OS_LINUX_KEEPER_H
#define UM_OS_LINUX_KEEPER_H

#include <signal.h>
#include <stdbool.h>

/**
 * keeper_start() - divide into keeper and kernel, if the arguments want that
 * @argv: the program's
 *
 * Context: main(), one thread, nothing else set up. Returns in the process that
 * is to be the kernel; the keeper ends as that one does, and never returns.
 */
void keeper_start(char **argv);

/**
 * keeper_ask_again() - have the keeper start a new kernel when this one ends
 *
 * Context: any. Return: true if there is a keeper and it was asked.
 */
bool keeper_ask_again(void);

/**
 * keeper_is_echo() - was this signal sent once, and came twice?
 * @si: what the host told of it
 *
 * A signal for the process group reaches the kernel itself, and the keeper,
 * who passes it on. Context: signal handlers of vCPU 0. Return: true if it is
 * the second of two such.
 */
bool keeper_is_echo(const siginfo_t *si);

#endif
