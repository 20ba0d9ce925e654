/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NSATTACH_TESTS_PLACE_H
#define NSATTACH_TESTS_PLACE_H

#include <stdint.h>
#include <sys/types.h>

#include "nstype.h"

/* Facts that every place has, each under the same name as in all others. */
#define PLACE_FILE "/place"
#define PLACE_SOCKET "nsattach-place" /* abstract unix listener */
#define PLACE_TCP_PORT 7070
#define PLACE_IPC_KEY 0x6e736174

/**
 * struct place - a process in namespaces of its own, as a container has them
 * @id:		1.. : makes the facts differ from those of other places
 * @namespaces:	the types that are its own
 * @name:	"place-ID", told by hostname, file, sockets and shared memory
 * @ns:		inode numbers of /proc/PID/ns/@joined
 * @root_dev:	root directory as seen from outside, with @root_ino
 */
struct place {
	unsigned int id;
	pid_t pid;
	int ctl;
	uint64_t namespaces;
	char name[32];
	uint64_t ns[NS_COUNT];
	dev_t root_dev;
	ino_t root_ino;
};

/* NULL, or what went wrong. With CLONE_NEWUSER in @namespaces ids 0..65535
 * inside are @uid_base.. outside.
 */
const char *place_start(struct place *p, unsigned int id, uint64_t namespaces);
const char *place_start_mapped(struct place *p, unsigned int id,
			       uint64_t namespaces, uid_t uid_base);
void place_stop(struct place *p);

/* A directory where a cgroup2 hierarchy is mounted (mounting it if need be). */
const char *cgroup2_dir(void);

#endif
