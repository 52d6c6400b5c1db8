/* SPDX-License-Identifier: GPL-2.0 */
/* Text as JSON has it. */
#ifndef JSON_H
#define JSON_H

/**
 * json_string() - print a string with its quotes
 * @s: the string; what is no printable ASCII is escaped, byte by byte if it
 *	is no UTF-8
 */
void json_string(const char *s);

#endif
