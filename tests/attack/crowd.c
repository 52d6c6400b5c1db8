// SPDX-License-Identifier: GPL-2.0
/*
 * Attacks rule R9: a crowd of programs and threads which run, sleep, wait in the stub, and block their
 * signals by forged frames. With "crowd" on the kernel's command line it stays until the machine is
 * ended: ended.t kills that, and looks for what is left.
 * Harm: a host process of theirs goes on.
 */
#include "attack.h"

enum { EACH = 6 };

static void *sleep_on(void *arg)
{
	(void)arg;
	for (;;)
		pause();
	return NULL;
}

static void __attribute__((__noreturn__)) block_and_spin(void)
{
	volatile u64 *uc = map_anon(PAGE);

	begin_frame(uc, (u64)spin_for_ever, (u64)uc + 2048);
	uc[UC_MASK] = ~0ULL;
	sigreturn_to(uc);
}

static void be_one(unsigned int i)
{
	pthread_t thread;

	need(!pthread_create(&thread, NULL, sleep_on, NULL));
	if (i % 3 == 0)
		sleep_on(NULL);
	if (i % 3 == 1 && i < 3)
		spin_for_ever();
	/* One of them: each costs others time until it is killed. */
	if (i == 2)
		block_and_spin();
	sleep_on(NULL);
}

int main(void)
{
	char word[8];
	pid_t pid[3 * EACH];

	attack_begin();
	for (unsigned int i = 0; i < ARRAY_SIZE(pid); i++) {
		pid[i] = fork_child();
		if (pid[i] == 0)
			be_one(i);
	}
	sleep_ms(100);
	if (host_word("crowd", word, sizeof(word))) {
		tap_note("the crowd is here");
		sleep_on(NULL);
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(pid); i++)
		outcome(pid[i], 0);
	ok(true, "a crowd of programs ends");
	return tap_done();
}
