/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NSATTACH_TESTS_BUDGET_H
#define NSATTACH_TESTS_BUDGET_H

#include <stdbool.h>

#define NR_BUDGETS 8

/**
 * struct budgets - how many namespaces of each type the test's user has
 * @used: by index; what still counts has not been freed
 */
struct budgets {
	unsigned int used[NR_BUDGETS];
};

void budgets_take(struct budgets *b);
/*
 * Wait until no more of them are in use than then. NULL, or the type of which
 * there still are more. Namespaces are freed by workers, some time after the
 * last user.
 */
const char *budgets_not_back(const struct budgets *b);

#endif
