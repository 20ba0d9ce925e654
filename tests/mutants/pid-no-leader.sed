# SPDX-License-Identifier: GPL-2.0-or-later
# what: who gets a new session does not lead it
# file: pid_session.c
# config: plain
# first: pid_places
/^static void move_sessions\(/,/^}/ s/p->signal->leader = 1;//
