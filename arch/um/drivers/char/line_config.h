/* SPDX-License-Identifier: GPL-2.0 */
/* Lines of a class as the configuration registry wants them. */
#ifndef UM_LINE_CONFIG_H
#define UM_LINE_CONFIG_H

#include "line.h"

/*
 * The operations of struct um_config_ops, for the lines of a class: what comes
 * after the class's option name goes in, see mgmt/config_registry.h.
 */
int line_registry_config(struct line_class *class, char *str, char **err);
int line_registry_query(struct line_class *class, const char *id, char *buf,
			size_t len);
int line_registry_remove(struct line_class *class, const char *id, char **err);
int line_registry_list(struct line_class *class, char *buf, size_t len);

#endif
