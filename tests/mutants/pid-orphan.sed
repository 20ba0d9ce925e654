# SPDX-License-Identifier: GPL-2.0-or-later
# what: the init inside does not become the parent
# file: pid_session.c
# config: plain
# first: pid_family
/^static void move_parents\(/,/^}/ s/if \(reparent \|\| /if (/
