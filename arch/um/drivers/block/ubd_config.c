// SPDX-License-Identifier: GPL-2.0
/*
 * Parser of ubd<n>[rsdct]=<file> and ubd=sync, and the two names of a disk.
 * First step of parse, open, run; ubd_option.c collects what it returns.
 * Not here: anything that looks at the host or keeps state.
 */
#ifdef __KERNEL__
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>
#else
#include <errno.h>
#include <stdio.h>
#include <string.h>
#endif

#include "ubd_config.h"

/* Ends with an entry without a letter. */
static const struct flag_letter {
	char letter;
	__u32 flag;
} flag_letters[] = {
	{ 'r', UBD_READ_ONLY },
	{ 's', UBD_SYNC },
	{ 'd', UBD_RAW },
	{ 'c', UBD_SHARED },
	{ 't', UBD_NO_TRIM },
	{}
};

/* What is printed of a value: enough to know it again. */
#define VALUE	"ubd%.80s: "

#define EXPECTED_DISK	"ubd<n>[rsdct]=<file> with n = 0..15 or a..p"
#define NO_LAYERS	"COW layers are not built yet"

/* Not isdigit(): its argument and its locale differ between the worlds. */
static bool digit(char c)
{
	return c >= '0' && c <= '9';
}

/* A decimal number; returns NULL if there is none, or it exceeds @max. */
static const char *parse_number(const char *s, __u32 max, __u32 *ret)
{
	__u64 n = 0;

	if (!digit(*s))
		return NULL;
	for (; digit(*s); s++) {
		n = n * 10 + (*s - '0');
		if (n > max)
			return NULL;
	}
	*ret = n;
	return s;
}

static bool disk_letter(char c)
{
	return c >= 'a' && c < 'a' + UBD_DISKS_MAX;
}

/* Number or letter of a disk; returns what follows, or NULL. */
static const char *parse_index(const char *s, __u32 *index)
{
	if (disk_letter(*s)) {
		*index = *s - 'a';
		return s + 1;
	}
	return parse_number(s, UBD_DISKS_MAX - 1, index);
}

static __u32 flag_of_letter(char c)
{
	const struct flag_letter *l;

	for (l = flag_letters; l->letter; l++)
		if (l->letter == c)
			return l->flag;
	return 0;
}

/* Letters up to the "="; returns where they end. */
static const char *parse_flags(const char *s, __u32 *flags)
{
	__u32 flag;

	*flags = 0;
	while ((flag = flag_of_letter(*s))) {
		*flags |= flag;
		s++;
	}
	return s;
}

static int parse_all(const char *text, char *err, size_t err_len)
{
	if (!strcmp(text, "=sync"))
		return UBD_CONFIG_SYNC;
	snprintf(err, err_len, VALUE "expected ubd=sync or " EXPECTED_DISK, text);
	return -EINVAL;
}

static int parse_file(const char *text, const char *file,
		      struct ubd_config *cfg, char *err, size_t err_len)
{
	size_t len = strlen(file);
	int head = file - text;

	if (!len) {
		snprintf(err, err_len, VALUE "expected a file name after '='", text);
		return -EINVAL;
	}
	if (file[strcspn(file, ",:")]) {
		snprintf(err, err_len,
			 VALUE "expected ubd%.*s<file> without ',' or ':' (" NO_LAYERS ")",
			 text, head, text);
		return -EINVAL;
	}
	if (len >= sizeof(cfg->file)) {
		snprintf(err, err_len,
			 "ubd%.*s<%zu characters>: expected a file name of at most %d characters",
			 head, text, len, UBD_FILE_MAX - 1);
		return -EINVAL;
	}
	memcpy(cfg->file, file, len + 1);
	return UBD_CONFIG_DISK;
}

int ubd_config_parse(const char *text, struct ubd_config *cfg, char *err,
		     size_t err_len)
{
	const char *flags, *end;

	if (*text == '=' || !*text)
		return parse_all(text, err, err_len);

	flags = parse_index(text, &cfg->index);
	if (!flags) {
		snprintf(err, err_len, VALUE "expected " EXPECTED_DISK, text);
		return -EINVAL;
	}
	end = parse_flags(flags, &cfg->flags);
	if (*end != '=') {
		snprintf(err, err_len,
			 VALUE "neither '=' nor a flag letter at \"%.10s\"; expected %s",
			 text, end, EXPECTED_DISK);
		return -EINVAL;
	}
	return parse_file(text, end + 1, cfg, err, err_len);
}

/* The result of snprintf() in the terms of our callers. */
static int fits(int printed, size_t len)
{
	return printed >= 0 && (size_t)printed < len ? 0 : -ENAMETOOLONG;
}

int ubd_root_spelling(const char *value, char *out, size_t len)
{
	const char *name = value;
	__u32 index, part = 0;
	const char *end;
	int ret;

	if (!strncmp(name, "/dev/", 5))
		name += 5;
	if (strncmp(name, "ubd", 3) || !digit(name[3]))
		goto copy;

	end = parse_number(name + 3, UBD_DISKS_MAX - 1, &index);
	if (!end)
		return -ENXIO;
	if (*end == 'p') {
		end = parse_number(end + 1, ~0U, &part);
		if (!end || !part)
			goto copy;
	}
	if (*end)
		goto copy;
	if (part)
		ret = snprintf(out, len, "/dev/ubd%c%u", 'a' + index, part);
	else
		ret = snprintf(out, len, "/dev/ubd%c", 'a' + index);
	ret = fits(ret, len);
	return ret ? ret : 1;

copy:
	return fits(snprintf(out, len, "%s", value), len);
}

int ubd_number_name(const char *name, char *out, size_t len)
{
	unsigned int index;
	const char *end;
	__u32 part;

	if (strncmp(name, "ubd", 3) || !disk_letter(name[3]))
		return -EINVAL;
	index = name[3] - 'a';
	if (!name[4])
		return fits(snprintf(out, len, "ubd%u", index), len);
	end = parse_number(name + 4, ~0U, &part);
	if (!end || *end || name[4] == '0')
		return -EINVAL;
	return fits(snprintf(out, len, "ubd%up%u", index, part), len);
}
