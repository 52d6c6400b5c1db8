// SPDX-License-Identifier: GPL-2.0
/*
 * uml_mconsole: manage running instances of User Mode Linux. Arguments and
 * commands; talking is in client.c, typing in prompt.c.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json.h>
#include <mconsole_proto.h>
#include "client.h"
#include "instances.h"
#include "prompt.h"

enum {
	DEFAULT_TIMEOUT = 30,
	EXIT_USAGE = 2,
};

static struct options {
	const char *dir;
	int timeout;
	bool json;
	bool list;
} options = { .timeout = DEFAULT_TIMEOUT };

static struct client client = { .fd = -1 };

static void print_usage(FILE *to)
{
	fputs("usage: uml_mconsole [option]... <umid | socket> [command]...\n"
	      "       uml_mconsole [option]... --list\n"
	      "\n"
	      "Manage a running User Mode Linux. Without a command, asks for commands.\n"
	      "\"help\" is the command that tells which there are.\n"
	      "\n"
	      "  -l, --list         the instances which run\n"
	      "  -j, --json         answers as JSON\n"
	      "  -d, --dir DIR      look for instances in DIR instead of ~/.uml\n"
	      "  -t, --timeout N    wait N seconds for an answer, not 30\n"
	      "  -h, --help         print this text\n", to);
}

/* ---- answers ---- */

static void print_answer(const struct answer *a)
{
	if (options.json) {
		printf("{\"ok\": %s, \"err\": %d, \"text\": ",
		       a->err ? "false" : "true", (int)a->err);
		json_string(a->text);
		printf("}\n");
	} else {
		printf("%s %s\n", a->err ? "ERR" : "OK", a->text);
	}
	fflush(stdout);
}

/* As Debian's client does: the error number is the status. */
static int status_of(const struct answer *a)
{
	if (!a->err)
		return EXIT_SUCCESS;
	return a->err & 0xff ?: EXIT_FAILURE;
}

/* These, as all commands below, return an exit status. */
static int ask(const char *text)
{
	struct answer a;
	int status;

	if (!client_ask(&client, text, &a))
		return EXIT_FAILURE;
	print_answer(&a);
	status = status_of(&a);
	free(a.text);
	return status;
}

/* ---- commands of our own ---- */

static int run_switch(const char *name)
{
	struct client other = { .fd = -1, .timeout = options.timeout };

	if (!client_open(&other, name, options.dir)) {
		client_close(&other);
		return EXIT_FAILURE;
	}
	client_close(&client);
	client = other;
	return EXIT_SUCCESS;
}

static int run_interrupt(void)
{
	int pid = client_pid(&client);

	if (pid && !kill(pid, SIGINT))
		return EXIT_SUCCESS;
	fprintf(stderr, "uml_mconsole: %s: cannot interrupt it: %s\n",
		client.name, pid ? strerror(errno) : "no pid file");
	return EXIT_FAILURE;
}

/* Lines go one by one; those that are too long for a request, in parts. */
static int log_line(char *line)
{
	const size_t room = MCONSOLE_MAX_DATA - sizeof("log ");
	char text[MCONSOLE_MAX_DATA];
	int status = EXIT_SUCCESS;
	size_t len;

	line[strcspn(line, "\n")] = '\0';
	while (*line && status == EXIT_SUCCESS) {
		len = strnlen(line, room);
		snprintf(text, sizeof(text), "log %.*s", (int)len, line);
		status = ask(text);
		line += len;
	}
	return status;
}

static int run_log_file(const char *name)
{
	FILE *f = fopen(name, "re");
	int status = EXIT_SUCCESS;
	char *line = NULL;
	size_t size = 0;

	if (!f) {
		fprintf(stderr, "uml_mconsole: %s: %s\n", name,
			strerror(errno));
		return EXIT_FAILURE;
	}
	while (status == EXIT_SUCCESS && getline(&line, &size, f) >= 0)
		status = log_line(line);
	free(line);
	fclose(f);
	return status;
}

static const char *after(const char *text, const char *prefix)
{
	size_t len = strlen(prefix);

	return strncmp(text, prefix, len) ? NULL : text + len;
}

static int run(const char *text)
{
	const char *arg;
	char *copy;
	int status;

	arg = after(text, "switch ");
	if (arg)
		return run_switch(arg);
	arg = after(text, "log -f ");
	if (arg)
		return run_log_file(arg);
	if (!strcmp(text, "int"))
		return run_interrupt();
	if (!strcmp(text, "mconsole-version")) {
		printf("uml_mconsole client version %d\n", MCONSOLE_VERSION);
		return EXIT_SUCCESS;
	}
	arg = after(text, "log ");
	if (arg) {
		copy = strdup(arg);
		status = copy ? log_line(copy) : EXIT_FAILURE;
		free(copy);
		return status;
	}
	status = ask(text);
	if (!strcmp(text, "help") && !options.json)
		puts("\nAnd by uml_mconsole itself:\n"
		     "    quit - Leave\n"
		     "    switch <umid | socket> - Manage another instance\n"
		     "    log -f <file> - Enter the lines of a file into the kernel log\n"
		     "    int - Send SIGINT to UML, which ends it at once\n"
		     "    mconsole-version - Version of the protocol");
	return status;
}

/* Return: the status of the last command. */
static int run_all(void)
{
	int status = EXIT_SUCCESS;
	char *line;

	prompt_start(&client);
	while ((line = prompt_read(&client))) {
		if (!strcmp(line, "quit") || !strcmp(line, "exit")) {
			free(line);
			break;
		}
		if (*line)
			status = run(line);
		free(line);
	}
	prompt_end();
	return status;
}

/* ---- arguments ---- */

static void parse_timeout(const char *text)
{
	char *end;
	long n = strtol(text, &end, 10);

	if (end == text || *end || n < 1 || n > 3600) {
		fprintf(stderr, "uml_mconsole: --timeout %s: expected 1 to 3600 seconds\n",
			text);
		exit(EXIT_USAGE);
	}
	options.timeout = n;
}

static void parse_options(int argc, char **argv)
{
	static const struct option names[] = {
		{ "list", no_argument, NULL, 'l' },
		{ "json", no_argument, NULL, 'j' },
		{ "dir", required_argument, NULL, 'd' },
		{ "timeout", required_argument, NULL, 't' },
		{ "help", no_argument, NULL, 'h' },
		{ }
	};
	int c;

	while ((c = getopt_long(argc, argv, "+ljd:t:h", names, NULL)) != -1) {
		switch (c) {
		case 'l':
			options.list = true;
			break;
		case 'j':
			options.json = true;
			break;
		case 'd':
			options.dir = optarg;
			break;
		case 't':
			parse_timeout(optarg);
			break;
		case 'h':
			print_usage(stdout);
			exit(EXIT_SUCCESS);
		default:
			print_usage(stderr);
			exit(EXIT_USAGE);
		}
	}
}

static int run_words(int nr, char **words)
{
	char text[4096] = "";
	size_t used = 0;

	for (int i = 0; i < nr && used < sizeof(text); i++)
		used += snprintf(text + used, sizeof(text) - used, "%s%s",
				 i ? " " : "", words[i]);
	return run(text);
}

int main(int argc, char **argv)
{
	int status;

	parse_options(argc, argv);
	if (options.list)
		return instances_list(options.dir, options.json) ?
			EXIT_SUCCESS : EXIT_FAILURE;
	if (optind == argc) {
		print_usage(stderr);
		return EXIT_USAGE;
	}
	client.timeout = options.timeout;
	if (!client_open(&client, argv[optind], options.dir))
		return EXIT_FAILURE;
	if (optind + 1 < argc)
		status = run_words(argc - optind - 1, argv + optind + 1);
	else
		status = run_all();
	client_close(&client);
	return status;
}
