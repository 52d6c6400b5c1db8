// SPDX-License-Identifier: GPL-2.0
/*
 * Parser of ubd<n>[rsdct]=<file>[,<backing>[,<serial>]], ubd=sync, ubd_engine=
 * and ubd_sector=, and the two names of a disk.
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

#define EXPECTED_DISK	"ubd<n>[rsdct]=<file>[,<backing>[,<serial>]] with n = 0..15 or a..p"

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

static int parse_engine(const char *text, const char *value,
			struct ubd_config *cfg, char *err, size_t err_len)
{
	static const char *const names[] = {
		[UBD_ENGINE_AUTO] = "auto",
		[UBD_ENGINE_IO_URING] = "io_uring",
		[UBD_ENGINE_THREADS] = "threads",
	};

	for (cfg->engine = 0; cfg->engine <= UBD_ENGINE_THREADS; cfg->engine++)
		if (!strcmp(value, names[cfg->engine]))
			return UBD_CONFIG_ENGINE;
	snprintf(err, err_len, VALUE "expected ubd_engine=auto, io_uring or threads", text);
	return -EINVAL;
}

static int parse_sector(const char *text, const char *value,
			struct ubd_config *cfg, char *err, size_t err_len)
{
	const char *end = parse_index(value, &cfg->index);

	if (end && *end == ':')
		end = parse_number(end + 1, UBD_SECTOR_MAX, &cfg->sector_size);
	else
		end = NULL;
	if (end && !*end && cfg->sector_size >= UBD_SECTOR_SIZE &&
	    !(cfg->sector_size & (cfg->sector_size - 1)))
		return UBD_CONFIG_SECTOR;
	snprintf(err, err_len,
		 VALUE "expected ubd_sector=<n>:<bytes> with 512, 1024, 2048 or 4096", text);
	return -EINVAL;
}

/*
 * The next of the names, which ends with a comma, a colon or the text. Returns
 * what follows, or NULL if it has no room; *@more: another name follows.
 */
static const char *parse_name(const char *s, char *name, size_t size, bool *more)
{
	size_t len = strcspn(s, ",:");

	if (len >= size)
		return NULL;
	memcpy(name, s, len);
	name[len] = 0;
	*more = s[len];
	return s + len + *more;
}

static int parse_files(const char *text, const char *value,
		       struct ubd_config *cfg, char *err, size_t err_len)
{
	int head = value - text;
	const char *s = value;
	bool more = true;

	cfg->backing[0] = 0;
	cfg->serial[0] = 0;
	s = parse_name(s, cfg->file, sizeof(cfg->file), &more);
	if (s && more)
		s = parse_name(s, cfg->backing, sizeof(cfg->backing), &more);
	if (!s) {
		snprintf(err, err_len,
			 "ubd%.*s...: expected file names of at most %d characters",
			 head, text, UBD_FILE_MAX - 1);
		return -EINVAL;
	}
	if (more)
		s = parse_name(s, cfg->serial, sizeof(cfg->serial), &more);
	if (!s || more) {
		snprintf(err, err_len,
			 VALUE "expected a serial number of at most %d characters without ',' and ':' at the end",
			 text, UBD_SERIAL_MAX - 1);
		return -EINVAL;
	}
	if (!cfg->file[0]) {
		snprintf(err, err_len, VALUE "expected a file name after '='", text);
		return -EINVAL;
	}
	if (cfg->backing[0] && (cfg->flags & UBD_RAW)) {
		snprintf(err, err_len,
			 VALUE "flag d takes the file as it is; expected no backing file", text);
		return -EINVAL;
	}
	return UBD_CONFIG_DISK;
}

int ubd_config_parse(const char *text, struct ubd_config *cfg, char *err,
		     size_t err_len)
{
	static const char engine[] = "_engine=", sector[] = "_sector=";
	const char *flags, *end;

	if (*text == '=' || !*text)
		return parse_all(text, err, err_len);
	if (!strncmp(text, engine, sizeof(engine) - 1))
		return parse_engine(text, text + sizeof(engine) - 1, cfg, err, err_len);
	if (!strncmp(text, sector, sizeof(sector) - 1))
		return parse_sector(text, text + sizeof(sector) - 1, cfg, err, err_len);

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
	cfg->sector_size = 0;
	return parse_files(text, end + 1, cfg, err, err_len);
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
