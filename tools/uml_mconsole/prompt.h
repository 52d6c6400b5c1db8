/* SPDX-License-Identifier: GPL-2.0 */
/* Lines of commands, typed by a person or piped in. */
#ifndef PROMPT_H
#define PROMPT_H

#include "client.h"

/**
 * prompt_start() - prepare for reading commands
 * @c: whose devices are offered for completion
 */
void prompt_start(struct client *c);

/**
 * prompt_read() - read one
 * @c: the prompt is its name
 *
 * Return: the line without blanks around it, to be freed; NULL at the end.
 */
char *prompt_read(struct client *c);

/**
 * prompt_end() - keep the history for the next time
 */
void prompt_end(void);

#endif
