/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NSATTACH_TESTS_AUDIT_LOG_H
#define NSATTACH_TESTS_AUDIT_LOG_H

#include <stdbool.h>
#include <stddef.h>

/* Become the kernel's audit daemon, and stop being it; NULL or what failed. */
const char *audit_log_open(void);
void audit_log_close(void);
/* As auditctl -e: the daemon stays what it is, and nothing can be read while it is off. */
bool audit_log_switch(bool on);

/* Forget what has been written until now. */
void audit_log_drop(void);
/* The module's records since the last call; the last one's text in @text. */
unsigned int audit_log_read(char *text, size_t size);
/* Value of " @key=" in a record, in a static buffer; "" without it. */
const char *audit_field(const char *text, const char *key);

#endif
