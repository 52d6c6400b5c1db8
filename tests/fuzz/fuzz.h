/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A fuzz target is LLVMFuzzerTestOneInput(), which takes any bytes, and
 * fuzz_inputs, which says what is fed to it where libFuzzer does not.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/**
 * struct fuzz_inputs - the fixed set of inputs of a target
 * @rounds: how many
 * @max: bytes of the longest
 * @make: write the input of a round to @buf, which is zero and has @max
 *	bytes; returns its length
 */
struct fuzz_inputs {
	unsigned int rounds;
	size_t max;
	size_t (*make)(uint8_t *buf, unsigned int round);
};

extern const struct fuzz_inputs fuzz_inputs;

/* A number below @below; the same ones in each run. */
uint32_t fuzz_next(uint32_t below);

/*
 * Put @parts words together, chosen from a list which ends with NULL, here and
 * there with a byte of noise behind one (one in @noise, 0 for never). Returns
 * the length, which is at most @max.
 */
size_t fuzz_words(uint8_t *buf, size_t max, const char *const *words,
		  unsigned int parts, unsigned int noise);

/* End with a message unless a condition holds. */
#define fuzz_expect(cond, text) \
	do { if (!(cond)) fuzz_fail(#cond, text); } while (0)

void fuzz_fail(const char *what, const char *text);

#endif
