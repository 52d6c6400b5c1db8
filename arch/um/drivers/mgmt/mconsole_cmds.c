// SPDX-License-Identifier: GPL-2.0
/*
 * The commands of the management console: one function and one row each.
 * They run in one of the console's threads, and may sleep; those that are quick,
 * for moments only.
 * Not here: packets (mconsole.c), devices (config_registry.c).
 */
#include <linux/mm.h>
#include <linux/pid.h>
#include <linux/reboot.h>
#include <linux/sched/debug.h>
#include <linux/sched/task.h>
#include <linux/sysrq.h>
#include <linux/utsname.h>
#include <um/stop.h>
#include "config_registry.h"
#include "mconsole.h"
#include "mconsole_parse.h"

enum {
	/* Enough for a list of all devices with long names. */
	LIST_MAX = 64 * 1024,
	FREEZE_SECONDS = 60,
	FREEZE_SECONDS_MAX = 3600,
};

static void cmd_version(struct mconsole_job *job, const char *args)
{
	struct new_utsname *u = init_utsname();
	char text[sizeof(*u) + sizeof("     ")];

	scnprintf(text, sizeof(text), "%s %s %s %s %s", u->sysname,
		  u->nodename, u->release, u->version, u->machine);
	mconsole_answer(job, 0, text);
}

static void cmd_log(struct mconsole_job *job, const char *args)
{
	/* Debian's client sends an empty one behind each. */
	if (*args)
		pr_warn("%s\n", args);
	mconsole_answer(job, 0, "");
}

/* ---- the end: the answer first, there is no second chance ---- */

static void cmd_halt(struct mconsole_job *job, const char *args)
{
	mconsole_answer(job, 0, "");
	kernel_halt();
}

static void cmd_reboot(struct mconsole_job *job, const char *args)
{
	mconsole_answer(job, 0, "");
	kernel_restart(NULL);
}

static void cmd_cad(struct mconsole_job *job, const char *args)
{
	mconsole_answer(job, 0, "");
	ctrl_alt_del();
}

/* ---- looking inside ---- */

static void press_sysrq(void *key)
{
	__handle_sysrq(*(const char *)key, false);
}

static void cmd_sysrq(struct mconsole_job *job, const char *args)
{
	if (!IS_ENABLED(CONFIG_MAGIC_SYSRQ)) {
		mconsole_answer(job, MCONSOLE_BAD_REQUEST, "Sysrq not compiled in");
		return;
	}
	if (!args[0] || args[1]) {
		mconsole_answer(job, MCONSOLE_BAD_REQUEST,
				"Please give the key, one character");
		return;
	}
	/* boot, crash, off: nothing comes after these. */
	if (strchr("bco", args[0]))
		mconsole_answer(job, 0, "");
	mconsole_captured(job, press_sysrq, (void *)args);
}

static void print_stack(void *task)
{
	sched_show_task(task);
}

static void cmd_stack(struct mconsole_job *job, const char *args)
{
	struct task_struct *task;
	pid_t pid;

	if (kstrtoint(args, 10, &pid) || pid <= 0) {
		mconsole_answer(job, MCONSOLE_BAD_REQUEST, "Please specify a pid");
		return;
	}
	task = find_get_task_by_vpid(pid);
	if (!task) {
		mconsole_answer(job, MCONSOLE_BAD_REQUEST, "Couldn't find that pid");
		return;
	}
	mconsole_captured(job, print_stack, task);
	put_task_struct(task);
}

/* ---- stop and go ---- */

static void cmd_stop(struct mconsole_job *job, const char *args)
{
	switch (um_processes_stop()) {
	case 0:
		mconsole_answer(job, 0, "stopped");
		break;
	case -EALREADY:
		mconsole_answer(job, MCONSOLE_BAD_REQUEST, "Already stopped");
		break;
	default:
		mconsole_answer(job, -EBUSY,
				"Not stopped: a process cannot be interrupted now (see the kernel's log)");
	}
}

static void cmd_go(struct mconsole_job *job, const char *args)
{
	/* That takes up to 20 seconds, and this one is quick. */
	if (um_processes_stopping())
		mconsole_answer(job, -EBUSY, "They are being stopped right now");
	else if (um_processes_go())
		mconsole_answer(job, 0, "");
	else
		mconsole_answer(job, MCONSOLE_BAD_REQUEST, "Not stopped");
}

/* ---- freeze and thaw ---- */

static void cmd_freeze(struct mconsole_job *job, const char *args)
{
	unsigned int seconds = FREEZE_SECONDS;
	char text[128];
	int err;

	if (*args && (kstrtouint(args, 10, &seconds) || !seconds ||
		      seconds > FREEZE_SECONDS_MAX)) {
		mconsole_answer(job, MCONSOLE_BAD_REQUEST,
				"Please give the seconds after which they thaw, 1 to 3600");
		return;
	}
	err = um_fs_freeze(seconds, text, sizeof(text));
	if (!err)
		scnprintf(text, sizeof(text), "frozen, for %u s at most",
			  seconds);
	else if (err == -EALREADY)
		strscpy(text, "Already frozen");
	else if (!*text)
		strscpy(text, "Thawed before all were frozen");
	mconsole_answer(job, err, text);
}

static void cmd_thaw(struct mconsole_job *job, const char *args)
{
	if (um_fs_thaw())
		mconsole_answer(job, MCONSOLE_BAD_REQUEST,
				"Not frozen, or not any more");
	else
		mconsole_answer(job, 0, "");
}

/* ---- devices ---- */

static void cmd_config(struct mconsole_job *job, const char *args)
{
	char buf[MCONSOLE_MAX_DATA], why[UM_CONFIG_ERROR_MAX] = "";
	int err;

	strscpy(buf, args, sizeof(buf));
	if (strchr(args, '=')) {
		err = um_config_set(buf, why, sizeof(why));
		mconsole_answer(job, err, why);
	} else {
		err = um_config_query(args, buf, sizeof(buf));
		mconsole_answer(job, err, buf);
	}
}

static void cmd_remove(struct mconsole_job *job, const char *args)
{
	char why[UM_CONFIG_ERROR_MAX] = "";
	int err;

	err = um_config_remove(args, why, sizeof(why));
	mconsole_answer(job, err, why);
}

static void cmd_list(struct mconsole_job *job, const char *args)
{
	char *buf = kvmalloc(LIST_MAX, GFP_KERNEL);
	int err;

	if (!buf) {
		mconsole_answer(job, -ENOMEM, "Failed to allocate buffer");
		return;
	}
	err = um_config_list(args, buf, LIST_MAX);
	mconsole_answer(job, err, buf);
	kvfree(buf);
}

/* ---- the table ---- */

static void cmd_help(struct mconsole_job *job, const char *args);

static const struct mconsole_command {
	const char *name;
	void (*run)(struct mconsole_job *job, const char *args);
	const char *help;
	/* Waits neither for the host nor for processes or file systems. */
	bool quick;
} commands[] = {
	{ "version", cmd_version,
	  "version - Get kernel version\n", true },
	{ "help", cmd_help,
	  "help - Print this message\n", true },
	{ "halt", cmd_halt,
	  "halt - Halt UML at once; nothing is written to its disks any more\n", true },
	{ "reboot", cmd_reboot,
	  "reboot - Reboot UML at once, likewise\n", true },
	{ "config", cmd_config,
	  "config <dev>=<config> - Add a new device to UML, or change one;\n"
	  "\tsame syntax as on the command line\n"
	  "config <dev> - Query the configuration of a device\n"
	  "config mem=+<size>, config mem=-<size> - Give UML memory back, take\n"
	  "\tsome away\n" },
	{ "remove", cmd_remove,
	  "remove <dev> - Remove a device from UML\n" },
	{ "list", cmd_list,
	  "list [<kind>] - List devices (ubd, con, ...) and how they are configured\n" },
	{ "sysrq", cmd_sysrq,
	  "sysrq <letter> - Performs the SysRq action controlled by the letter\n", true },
	{ "cad", cmd_cad,
	  "cad - Invoke the Ctrl-Alt-Del handler: init shuts UML down and reboots\n", true },
	{ "stop", cmd_stop,
	  "stop - Stop all processes of UML; the console is answered\n" },
	{ "go", cmd_go,
	  "go - Continue UML after a 'stop'\n", true },
	{ "freeze", cmd_freeze,
	  "freeze [<seconds>] - Write all file systems out and let nobody write to\n"
	  "\tthem until 'thaw', or for so many seconds (60)\n" },
	{ "thaw", cmd_thaw,
	  "thaw - Let file systems be written to again; an error if that was so before\n", true },
	{ "log", cmd_log,
	  "log <string> - Make UML enter <string> into the kernel log\n", true },
	{ "proc", mconsole_cmd_proc,
	  "proc <file> - Return the contents of UML's /proc/<file>\n" },
	{ "stack", cmd_stack,
	  "stack <pid> - Show the kernel stack of the process <pid>\n", true },
};

static void cmd_help(struct mconsole_job *job, const char *args)
{
	const struct mconsole_command *c;

	mconsole_say(job, "Commands:\n", 10);
	for (c = commands; c < commands + ARRAY_SIZE(commands); c++) {
		mconsole_say(job, "    ", 4);
		mconsole_say(job, c->help, strlen(c->help));
	}
}

/* Return: the command, or NULL; its arguments in *args. */
static const struct mconsole_command *find_command(const char *text,
						   const char **args)
{
	const struct mconsole_command *c;

	for (c = commands; c < commands + ARRAY_SIZE(commands); c++) {
		*args = mconsole_word(text, c->name);
		if (*args)
			return c;
	}
	return NULL;
}

bool mconsole_is_quick(const char *text)
{
	const struct mconsole_command *c;
	const char *args;

	c = find_command(text, &args);
	return !c || c->quick;
}

void mconsole_run(struct mconsole_job *job)
{
	const struct mconsole_command *c;
	const char *args;

	c = find_command(job->text, &args);
	if (c)
		c->run(job, args);
	else
		mconsole_answer(job, MCONSOLE_BAD_REQUEST, "Unknown command");
}
