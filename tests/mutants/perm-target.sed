# SPDX-License-Identifier: GPL-2.0-or-later
# what: the caller need not be allowed to inspect the target
# file: ns.c
# config: plain
# first: permission
/^int nsa_join_target/,/^}/ s/nsa_ptrace_may_access\([^()]*\)/true/
