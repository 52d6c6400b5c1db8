// SPDX-License-Identifier: GPL-2.0
/*
 * Lines that are connected, asked about and removed while the machine runs:
 * between the texts of the configuration registry and line.c.
 */
#include <linux/ctype.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include "line_config.h"

/* The registry calls one at a time. */
static char line_why[CHAN_ERROR_MAX];

/* Return: the number of a line, or -EINVAL; *end is what follows it. */
static int line_number(struct line_class *class, const char *id,
		       const char **end, char **err)
{
	unsigned int n = 0;

	*err = line_why;
	if (!isdigit(*id)) {
		strscpy(line_why, "Couldn't parse device number");
		return -EINVAL;
	}
	while (isdigit(*id) && n < class->nr)
		n = n * 10 + (*id++ - '0');
	*end = id;
	if (n >= class->nr) {
		scnprintf(line_why, sizeof(line_why),
			  "Invalid device number - must be between 0 and %u",
			  class->nr - 1);
		return -EINVAL;
	}
	return n;
}

int line_registry_config(struct line_class *class, char *str, char **err)
{
	const char *end;
	int n;

	if (*str == '=') {
		*err = "Can't configure all devices from mconsole";
		return -EINVAL;
	}
	n = line_number(class, str, &end, err);
	if (n < 0)
		return n;
	if (*end != '=') {
		*err = "Expected '=' after the device number";
		return -EINVAL;
	}
	*err = line_why;
	return line_config(class, n, end + 1, line_why, sizeof(line_why));
}

int line_registry_query(struct line_class *class, const char *id, char *buf,
			size_t len)
{
	const char *end;
	char *err;
	int n;

	n = line_number(class, id, &end, &err);
	if (n < 0 || *end)
		return -EINVAL;
	return line_get_config(class, n, buf, len);
}

int line_registry_remove(struct line_class *class, const char *id, char **err)
{
	const char *end;
	int n;

	n = line_number(class, id, &end, err);
	if (n < 0)
		return n;
	if (*end) {
		*err = "Couldn't parse device number";
		return -EINVAL;
	}
	return line_remove(class, n, line_why, sizeof(line_why));
}

int line_registry_list(struct line_class *class, char *buf, size_t len)
{
	char text[CHAN_SPEC_MAX];
	unsigned int i;
	int used = 0;

	for (i = 0; i < class->nr; i++) {
		line_get_config(class, i, text, sizeof(text));
		if (strcmp(text, "none"))
			used += scnprintf(buf + used, len - used, "%s%u=%s\n",
					  class->option, i, text);
	}
	return used;
}
