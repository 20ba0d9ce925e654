/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One attach or detach from its arguments to its result
 */
#ifndef NSA_ATTACH_H
#define NSA_ATTACH_H

#include <uapi/linux/nsattach.h>

#ifdef CONFIG_NSATTACH_PID_MOVE
#define NSA_PID_FLAGS							\
	(NSATTACH_F_PID_MOVE | NSATTACH_F_PID_RENUMBER |		\
	 NSATTACH_F_PID_KEEP_SESSION | NSATTACH_F_PID_REPARENT)
#else
#define NSA_PID_FLAGS	0
#endif

/* NSATTACH_F_* bits that attach and detach take on this kernel. */
#define NSA_ATTACH_FLAGS						\
	(NSATTACH_F_EACH | NSATTACH_F_ROOT | NSATTACH_F_CHROOTED |	\
	 NSATTACH_F_WD_OPTIONAL | NSATTACH_F_CREDS_TRANSLATE |		\
	 NSATTACH_F_NO_RECORD | NSATTACH_F_CHECK | NSATTACH_F_WHOLE_TREE | \
	 NSATTACH_F_CGROUP |						\
	 NSA_PID_FLAGS)
#define NSA_DETACH_FLAGS	(NSATTACH_F_EACH | NSATTACH_F_CHECK |		\
				 NSATTACH_F_WHOLE_TREE | NSATTACH_F_CGROUP)

/**
 * struct nsa_request - what the caller wants, copied in and checked for form
 * @arg:	outputs are written to it
 * @nsfds:	namespace fds, @arg.nr_nsfds of them
 * @wd:		working directory inside, or NULL
 * @wds:	NULL, or for each of @subjects its own, or NULL
 * @subjects:	the processes, @arg.nr_subjects of them; results are written to them
 * @detach:	put them back instead
 * @foreign:	the device was opened by somebody else, with less power: refuse
 */
struct nsa_request {
	struct nsattach_attach arg;
	int nsfds[NSATTACH_MAX_NSFDS];
	char *wd;
	char **wds;
	struct nsattach_subject *subjects;
	bool detach;
	bool foreign;
};

/**
 * nsa_attach_run - move a set of processes, all of them or none
 * @r:		the request
 * @first:	index of the first process
 * @nr:		how many
 *
 * Context: the ioctl; sleeps until the deadline.
 * Return: 0 or a negated errno (also -ERESTART ones).
 */
int nsa_attach_run(struct nsa_request *r, unsigned int first, unsigned int nr);

#endif /* NSA_ATTACH_H */
