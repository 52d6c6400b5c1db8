// SPDX-License-Identifier: GPL-2.0
/* Strings for JSON. UTF-8 goes through; a byte which is none is U+FFFD. */
#include <stdio.h>
#include <string.h>
#include "json.h"

/* Return: bytes of the character at @s, or 0 if it is no UTF-8. */
static int utf8_length(const unsigned char *s)
{
	int len = *s >= 0xf0 ? 4 : *s >= 0xe0 ? 3 : 2;

	if (*s < 0xc2 || *s > 0xf4)
		return 0;
	for (int i = 1; i < len; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	/* Overlong forms and surrogates. */
	if ((*s == 0xe0 && s[1] < 0xa0) || (*s == 0xf0 && s[1] < 0x90) ||
	    (*s == 0xed && s[1] > 0x9f) || (*s == 0xf4 && s[1] > 0x8f))
		return 0;
	return len;
}

void json_string(const char *text)
{
	const unsigned char *s = (const unsigned char *)text;
	int len;

	putchar('"');
	while (*s) {
		if (*s >= 0x80) {
			len = utf8_length(s);
			if (len)
				fwrite(s, 1, len, stdout);
			else
				fputs("\\ufffd", stdout);
			s += len ? len : 1;
			continue;
		}
		if (*s == '\n')
			fputs("\\n", stdout);
		else if (*s == '\t')
			fputs("\\t", stdout);
		else if (*s < ' ' || *s == 0x7f)
			printf("\\u%04x", *s);
		else if (*s == '"' || *s == '\\')
			printf("\\%c", *s);
		else
			putchar(*s);
		s++;
	}
	putchar('"');
}
