# SPDX-License-Identifier: GPL-2.0-or-later
# what: a process stays in a session that it can not see
# file: pid_session.c
# config: plain
# first: pid_groups
/^void nsa_pid_moved\(/,/^}/ s/move_sessions\(mv\);/(void)move_sessions;/
