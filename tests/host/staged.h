/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A root directory with the state of container runtimes in it, and names that are
 * resolved there
 */
#ifndef NSATTACH_STAGED_H
#define NSATTACH_STAGED_H

#include "../../userland/lib/names.h"

/* Where it is; how names are looked up; what the last one was resolved to. */
extern char root[64];
extern struct places places;
extern struct nsattach_name name;

/* A fresh, empty world. */
void begin(void);

unsigned long long start_of(pid_t pid);
unsigned long long my_start(void);

/* Write a file, with all the directories above it. */
void put(const char *where, const char *format, ...) PRINTF(2, 3);
void put_runc(const char *where, pid_t pid, unsigned long long start);

/* A container of the Docker with its data in @data; what runc below it keeps; both. */
void put_config(const char *data, const char *id, const char *called, pid_t pid);
void put_below(const char *run, const char *id, pid_t pid);
void put_docker(const char *id, const char *called, pid_t pid);

int resolve(const char *text);
void resolves_to_me(const char *text);
void fails(const char *text, int err, const char *part);

#endif /* NSATTACH_STAGED_H */
