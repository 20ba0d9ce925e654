# SPDX-License-Identifier: GPL-2.0-or-later
# what: the caller need not be allowed to ptrace the subject
# file: subject.c
# config: plain
# first: permission
/^int nsa_subject_may/,/^}/ s/!nsa_ptrace_may_access\([^()]*\)/false/
