/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NSATTACH_FUZZ_LOG_H
#define NSATTACH_FUZZ_LOG_H

#include <stdbool.h>
#include <stddef.h>

/* Files with one extended regular expression a line. */
bool log_start(const char *bad, const char *harmless);
/* The first bad line that the kernel has logged since the last call. */
bool log_is_bad(char *line, size_t size);

#endif
