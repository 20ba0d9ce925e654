/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NSATTACH_FUZZ_COVER_H
#define NSATTACH_FUZZ_COVER_H

#include <stdbool.h>
#include <stdint.h>

/* False, with errno, when nsattach.ko does not tell where it is (trace/nsa_trace.c). */
bool cover_init(void);
/*
 * How many places of the module were reached for the first time since the last call, and how
 * many results were new. Each place is printed as "nsattach: pc OFFSET" at once, so that it is
 * known even if the guest does not live to the end.
 */
unsigned int cover_collect(void);
unsigned int cover_total(void);
/* "nsattach: section NAME OFFSET", to find source lines by. */
void cover_print_sections(void);

/* By any process of a program: a call came to this; a new one is as good as a new place. */
void cover_result(uint64_t what);

#endif
