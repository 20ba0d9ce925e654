// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Collecting what is known about a failure
 */
#include <stdio.h>
#include <string.h>

#include "internal.h"

/* The name and the kernel function of the thread in the way, where readable. */
static void look_at_thread(struct nsattach_failure *f)
{
	pid_t pid = f->error.pid > 0 ? f->error.pid : f->pid;
	char path[80];

	if (f->error.tid <= 0)
		return;
	snprintf(path, sizeof(path), "/proc/%d/task/%d/comm", pid, f->error.tid);
	if (read_line(path, f->comm, sizeof(f->comm)) < 0)
		*f->comm = '\0';
	snprintf(path, sizeof(path), "/proc/%d/task/%d/wchan", pid, f->error.tid);
	/* "0": not waiting, or not for us to see */
	if (read_line(path, f->wchan, sizeof(f->wchan)) < 0 || !strcmp(f->wchan, "0"))
		*f->wchan = '\0';
}

EXPORT void nsattach_failure_of(const struct nsattach_request *r, enum nsattach_stage stage,
				int err, struct nsattach_failure *f)
{
	const struct nsattach_error *error = &r->attach.error;

	*f = (struct nsattach_failure){
		.stage = stage,
		.err = err,
		.pid = nsattach_request_pid(r, error->subject < r->nr ? error->subject : 0),
		.target = r->target,
		.namespaces = nsattach_request_namespaces(r),
		.timeout_ns = r->timeout_ns,
		.count = r->attach.flags & NSATTACH_F_EACH ? 1 : r->nr,
		.error = *error,
		.name = request_wd(r, error->subject),
	};
	look_at_thread(f);
}

EXPORT void nsattach_failure_of_subject(const struct nsattach_request *r, enum nsattach_stage stage,
					size_t index, struct nsattach_failure *f)
{
	const struct nsattach_subject *s = nsattach_request_subject(r, index);
	const struct nsattach_error *error = &r->attach.error;

	nsattach_failure_of(r, stage, s ? -s->result : 0, f);
	/* the kernel has room for the reason of one of them only */
	if (error->subject != index)
		memset(&f->error, 0, sizeof(f->error));
	f->pid = nsattach_request_pid(r, index);
	f->count = 1;
}
