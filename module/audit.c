// SPDX-License-Identifier: GPL-2.0-only
/*
 * Audit: who moved what where, in the words of other audit records
 */
#include <linux/audit.h>
#include <linux/pid.h>

#include "audit.h"
#include "op.h"

/* Enough to tell a tree; a record has room for about 8,000 characters. */
#define MOST_SUBJECTS	200

static void log_subjects(struct audit_buffer *ab, const struct nsa_op *op)
{
	unsigned int i;

	audit_log_format(ab, " subjects=%u subject=%d", op->nr_subjects,
			 pid_nr(op->subjects[0].pid));
	for (i = 1; i < min(op->nr_subjects, MOST_SUBJECTS); i++)
		audit_log_format(ab, ",%d", pid_nr(op->subjects[i].pid));
}

void nsa_audit(struct nsa_op *op, int err)
{
	bool check = op->flags & NSATTACH_F_CHECK;
	struct audit_buffer *ab;

	if (!audit_enabled || err == -ERESTARTNOINTR)
		return;
	ab = audit_log_start(audit_context(), GFP_KERNEL, AUDIT_KERNEL);
	if (!ab)
		return;
	/* A signal came: what it does to the caller is not known here. */
	if (err == -ERESTARTNOHAND)
		err = -EINTR;
	audit_log_format(ab, "op=nsattach-%s%s", check ? "check-" : "",
			 op->detach ? "detach" : "attach");
	log_subjects(ab, op);
	audit_log_format(ab, " target=%d ns=0x%llx threads=%u reason=%u", pid_nr(op->join.target),
			 op->asked_for | op->join.mask, err || check ? 0 : op->nr_moved,
			 err ? op->error.reason : 0);
	audit_log_task_info(ab);
	audit_log_format(ab, " errno=%d res=%d", err, !err);
	audit_log_end(ab);
}
