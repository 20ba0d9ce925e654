/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NSATTACH_TESTS_FAULT_H
#define NSATTACH_TESTS_FAULT_H

#include <stdbool.h>
#include <sys/types.h>

/* Let allocations that may sleep fail, too. False: this kernel injects no faults. */
bool fault_begin(void);
void fault_end(void);

/* An fd by which one thread is told to fail: opening it allocates, the rest does not. */
int fault_open(pid_t pid, pid_t tid);
/* From now on the @nth allocation of the thread fails, once. */
bool fault_arm(int fd, unsigned int nth);
/* No more: has it failed? */
bool fault_fired(int fd);

#endif
