/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NSATTACH_TESTS_PLACE_FACTS_H
#define NSATTACH_TESTS_PLACE_FACTS_H

#include <stdbool.h>
#include <stddef.h>

struct place_sockets {
	int abstract;
	int tcp;
};

/* Each makes one fact inside the caller's namespaces; NULL or what failed. */
const char *facts_hostname(const char *name);
const char *facts_shm(const char *name);
const char *facts_net(unsigned int id, struct place_sockets *sockets);
const char *facts_root(const char *name, bool own_pidns);

/* Answer @name on both sockets until @ctl is closed at its other end. */
void facts_serve(const char *name, const struct place_sockets *sockets, int ctl);

/* Ask for the facts of the namespaces the caller is in; "-" if there is none. */
void facts_ask_abstract(char *answer, size_t size);
void facts_ask_tcp(char *answer, size_t size);
void facts_ask_shm(char *answer, size_t size);

#endif
