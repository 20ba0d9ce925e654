// SPDX-License-Identifier: GPL-2.0-only
/*
 * Audit: who moved what where, in the words of other audit records
 */
#include <linux/audit.h>
#include <linux/pid.h>

#include "audit.h"
#include "op.h"

void nsa_audit(struct nsa_op *op, int err)
{
	struct audit_buffer *ab;

	if (!audit_enabled || err == -ERESTARTNOINTR || err == -ERESTARTNOHAND)
		return;
	ab = audit_log_start(audit_context(), GFP_KERNEL, AUDIT_KERNEL);
	if (!ab)
		return;
	audit_log_format(ab, "op=nsattach-%s subject=%d subjects=%u target=%d ns=0x%llx",
			 op->detach ? "detach" : "attach", pid_nr(op->subjects[0].pid),
			 op->nr_subjects, pid_nr(op->join.target), op->join.mask);
	audit_log_format(ab, " threads=%u reason=%u", err ? 0 : op->nr_moved,
			 err ? op->error.reason : 0);
	audit_log_task_info(ab);
	audit_log_format(ab, " errno=%d res=%d", err, !err);
	audit_log_end(ab);
}
