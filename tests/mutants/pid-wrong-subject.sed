# SPDX-License-Identifier: GPL-2.0-or-later
# what: a refused pid move of several names a subject that was not in the way
# file: pid_check.c
# config: plain
# first: pid_refused
/^int nsa_pid_refuse\(/,/^}/ s/leader->signal == mover->signal/leader->signal != mover->signal/
