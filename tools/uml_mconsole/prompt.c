// SPDX-License-Identifier: GPL-2.0
/*
 * The prompt: editing, history and completion by readline if a person is at
 * the other end, plain lines otherwise. Devices are asked of the instance.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <readline/history.h>
#include <readline/readline.h>

#include "prompt.h"

enum {
	HISTORY_LINES = 1000,
};

static struct client *completed_for;
static char *history_file;
static bool person;

static const char *const commands[] = {
	"cad", "config", "go", "halt", "help", "int", "list", "log",
	"mconsole-version", "proc", "quit", "reboot", "remove", "stack",
	"stop", "switch", "sysrq", "version", NULL
};

/* Of /proc, what people ask for; there are many more. */
static const char *const proc_files[] = {
	"cmdline", "cpuinfo", "filesystems", "interrupts", "kallsyms",
	"loadavg", "meminfo", "modules", "mounts", "partitions", "slabinfo",
	"stat", "uptime", "version", "vmstat", NULL
};

/* The next word of a list that begins with @text, for readline. */
static char *next_match(const char *const *words, int *at, const char *text)
{
	while (words[*at]) {
		const char *word = words[(*at)++];

		if (!strncmp(word, text, strlen(text)))
			return strdup(word);
	}
	return NULL;
}

static char *command_generator(const char *text, int state)
{
	static int at;

	at = state ? at : 0;
	return next_match(commands, &at, text);
}

static char *proc_generator(const char *text, int state)
{
	static int at;

	at = state ? at : 0;
	return next_match(proc_files, &at, text);
}

/* "con0=pts\ncon1=null": the names, one a call. */
static char *device_generator(const char *text, int state)
{
	static char *list, *rest;
	struct answer a;
	char *line;

	if (!state) {
		free(list);
		list = NULL;
		rest = NULL;
		if (client_ask(completed_for, "list", &a)) {
			list = a.text;
			rest = a.err ? NULL : list;
		}
	}
	while ((line = strsep(&rest, "\n"))) {
		line[strcspn(line, "=")] = '\0';
		if (*line && !strncmp(line, text, strlen(text)))
			return strdup(line);
	}
	return NULL;
}

static char **complete(const char *text, int start, int end)
{
	const char *line = rl_line_buffer + strspn(rl_line_buffer, " ");

	if (!strncmp(line, "log -f ", 7))
		return NULL;
	rl_attempted_completion_over = 1;
	if (start == line - rl_line_buffer)
		return rl_completion_matches(text, command_generator);
	if (!strncmp(line, "config ", 7) || !strncmp(line, "remove ", 7))
		return rl_completion_matches(text, device_generator);
	if (!strncmp(line, "proc ", 5))
		return rl_completion_matches(text, proc_generator);
	return NULL;
}

void prompt_start(struct client *c)
{
	const char *home = getenv("HOME");

	completed_for = c;
	person = isatty(STDIN_FILENO);
	if (!person)
		return;
	rl_readline_name = "uml_mconsole";
	rl_attempted_completion_function = complete;
	rl_basic_word_break_characters = " ";
	if (home && asprintf(&history_file, "%s/.uml_mconsole_history", home) > 0)
		read_history(history_file);
	else
		history_file = NULL;
}

static char *read_line(const struct client *c)
{
	char prompt[sizeof(c->name) + 4];
	char *line = NULL;
	size_t size = 0;

	if (person) {
		snprintf(prompt, sizeof(prompt), "(%s) ", c->name);
		return readline(prompt);
	}
	if (getline(&line, &size, stdin) < 0) {
		free(line);
		return NULL;
	}
	return line;
}

char *prompt_read(struct client *c)
{
	char *line = read_line(c), *begin;
	size_t len;

	if (!line) {
		if (person)
			printf("\n");
		return NULL;
	}
	begin = line + strspn(line, " \t\n");
	len = strlen(begin);
	while (len && strchr(" \t\n", begin[len - 1]))
		len--;
	memmove(line, begin, len);
	line[len] = '\0';
	if (person && len)
		add_history(line);
	return line;
}

void prompt_end(void)
{
	if (!history_file)
		return;
	stifle_history(HISTORY_LINES);
	write_history(history_file);
}
