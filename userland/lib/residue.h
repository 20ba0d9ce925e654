/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Looking for residue
 */
#ifndef NSATTACH_RESIDUE_H
#define NSATTACH_RESIDUE_H

#include <sys/stat.h>
#include "internal.h"

/**
 * struct inside - what counts as inside after the move
 * @namespaces:	types that are joined
 * @ns_ino:	inode of each type in the order of the table, 0: not joined or unknown
 * @mounts:	sorted ids of the mounts inside
 * @nr_mounts:	their number
 */
struct inside {
	__u64 namespaces;
	ino_t ns_ino[8];
	unsigned long long *mounts;
	size_t nr_mounts;
};

int inside_of(const struct nsattach_request *request, struct inside *inside);
void inside_free(struct inside *inside);
int inside_has_mount(const struct inside *inside, unsigned long long id);
ino_t inside_namespace(const struct inside *inside, __u64 flag);

/**
 * struct sharers - who shares memory, directories or fds with which of the subjects
 * @processes:	all there are, by number
 * @nr:		how many
 */
struct sharers {
	struct process *processes;
	size_t nr;
};

/* Of the subjects from @first to before @end. 0 or -errno; to be freed either way. */
int sharers_of(const struct nsattach_request *request, size_t first, size_t end,
	       struct sharers *sharers);
void sharers_free(struct sharers *sharers);

/**
 * struct kernel_mounts - mounts of the kernel's own
 * @minors:	minor numbers of their devices; the major ones are 0
 * @nr:		how many are known
 * @looked_for_aio: that of the rings of aio is, if there is one
 */
struct kernel_mounts {
	unsigned int minors[32];
	size_t nr;
	int looked_for_aio;
};

/**
 * struct scan - one process being looked into
 * @pid:	its number
 * @task:	of its thread that still has something
 * @pidfd:	of that thread, -1: this kernel has none for a thread
 */
struct scan {
	pid_t pid;
	pid_t task;
	int pidfd;
	struct inside inside;
	const struct sharers *sharers;
	struct kernel_mounts *kernel;
	nsattach_residue_fn *fn;
	void *data;
};

/* Pass one on; what the callback returned. */
int residue_found(struct scan *s, enum nsattach_residue_kind kind, __u64 ns, int fd, pid_t with,
		  const char *format, ...) PRINTF(6, 7);

/**
 * struct place_of - where a /proc link leads to, as far as no server has to be asked
 * @mode:	0: not told
 * @size:	in bytes, 0 too where it is not told
 * @dev_major:	of the device it is on
 * @dev_minor:	the same
 * @rdev_major:	of the device it is
 * @rdev_minor:	the same
 * @mount:	id, 0: not told
 */
struct place_of {
	mode_t mode;
	unsigned long long size;
	unsigned int dev_major;
	unsigned int dev_minor;
	unsigned int rdev_major;
	unsigned int rdev_minor;
	unsigned long long mount;
};

void kernel_mounts_find(struct kernel_mounts *kernel);

/* Is what /proc calls so, on this device, on a mount of the kernel's own? */
int is_of_the_kernel(struct kernel_mounts *kernel, const char *link, unsigned int major,
		     unsigned int minor);

/* Is this fd of a thread a dma-buf, which is on one too? Its mount is known from then on. */
int is_dmabuf(struct kernel_mounts *kernel, pid_t task, int fd, const char *link,
	      const struct place_of *place);

/* 0 or -errno */
int place_of_link(const char *path, struct place_of *place);

/* Each returns 0, what the callback returned, or -errno. */
int residue_fds(struct scan *s);
int residue_socket(struct scan *s, int number);
int residue_exe(struct scan *s);
int residue_maps(struct scan *s);
int residue_directories(struct scan *s);
int residue_tty(struct scan *s);
int residue_sharers(struct scan *s);

#endif /* NSATTACH_RESIDUE_H */
