// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzz target of the ubd option parser and the disk names: whatever the text,
 * no memory is touched that should not be, results are consistent, and every
 * refusal has a message.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ubd_config.h"
#include "fuzz.h"

#define expect(cond)	fuzz_expect(cond, text)

static void check_parser(const char *text, size_t err_len)
{
	static const __u32 all_flags = UBD_READ_ONLY | UBD_SYNC | UBD_RAW |
				       UBD_SHARED | UBD_NO_TRIM;
	struct ubd_config *cfg = malloc(sizeof(*cfg));
	char *err = malloc(err_len);
	int ret;

	err[0] = 0;
	ret = ubd_config_parse(text, cfg, err, err_len);
	switch (ret) {
	case UBD_CONFIG_DISK:
		expect(cfg->index < UBD_DISKS_MAX);
		expect(!(cfg->flags & ~all_flags));
		expect(cfg->file[0] && strlen(cfg->file) < UBD_FILE_MAX);
		expect(strlen(cfg->file) < strlen(text));
		expect(!strpbrk(cfg->file, ",:") && strstr(text, cfg->file));
		expect(!strpbrk(cfg->backing, ",:") && strstr(text, cfg->backing));
		expect(!strpbrk(cfg->serial, ",:") && strstr(text, cfg->serial));
		expect(!cfg->backing[0] || !(cfg->flags & UBD_RAW));
		expect(!cfg->sector_size);
		break;
	case UBD_CONFIG_ENGINE:
		expect(cfg->engine <= UBD_ENGINE_THREADS);
		break;
	case UBD_CONFIG_SECTOR:
		expect(cfg->index < UBD_DISKS_MAX);
		expect(cfg->sector_size >= UBD_SECTOR_SIZE && cfg->sector_size <= UBD_SECTOR_MAX);
		break;
	case UBD_CONFIG_SYNC:
		expect(!strcmp(text, "=sync"));
		break;
	default:
		expect(ret == -EINVAL);
		expect(memchr(err, 0, err_len));
		expect(err_len == 1 || err[0]);
	}
	free(err);
	free(cfg);
}

static void check_names(const char *text)
{
	char out[UBD_NAME_MAX], value[64], back[64];
	int ret;

	ret = ubd_number_name(text, out, sizeof(out));
	expect(ret == 0 || ret == -EINVAL);
	if (!ret) {
		/* The name by number leads back to the name by letter. */
		snprintf(value, sizeof(value), "/dev/%s", out);
		expect(ubd_root_spelling(value, back, sizeof(back)) == 1);
		expect(strtoul(text + 4, NULL, 10) == strtoul(back + 9, NULL, 10));
		expect(back[8] == text[3]);
	}
	ret = ubd_root_spelling(text, value, sizeof(value));
	expect(ret == 0 || ret == 1 || ret == -ENXIO || ret == -ENAMETOOLONG);
	if (ret == 0)
		expect(!strcmp(text, value));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* Of exact size, so that the sanitizer sees each step too far. */
	char *text = malloc(size + 1);

	memcpy(text, data, size);
	text[size] = 0;
	check_parser(text, UBD_ERROR_MAX);
	check_parser(text, 1);
	check_parser(text, 20);
	check_names(text);
	free(text);
	return 0;
}

/* ---- fixed inputs ---- */

enum {
	RUNS = 300000,
	INPUT_MAX = 6000,
	/* At the end: names around the longest file name. */
	LONG_RUNS = 6,
};

static const char *const words[] = {
	"ubd", "/dev/ubd", "=", "sync", "root.img", "0", "15", "16",
	"99999999999999999999", "a", "p", "q", "r", "s", "d", "c", "t",
	",", ":", "_engine=", "_sector=", "auto", "threads", "4096", "p1", "p0",
	"%s", "", "\xff", "rsdct", NULL
};

static size_t make_text(uint8_t *buf, unsigned int round)
{
	if (round < RUNS)
		return fuzz_words(buf, INPUT_MAX, words, fuzz_next(7), 0);
	memset(buf, 'x', INPUT_MAX);
	memcpy(buf, "0=", 2);
	return UBD_FILE_MAX - 3 + (round - RUNS) + 2;
}

const struct fuzz_inputs fuzz_inputs = {
	.rounds = RUNS + LONG_RUNS, .max = INPUT_MAX, .make = make_text,
};
