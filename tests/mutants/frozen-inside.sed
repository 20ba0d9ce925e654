# SPDX-License-Identifier: GPL-2.0-or-later
# what: whoever is frozen by cgroup v1 is switched in the middle of any call
# file: asleep.c
# config: plain
# first: states
/^bool nsa_is_asleep\(/,/^}/ s/state & TASK_FROZEN && \(e\.nr < 0 \|\| !e\.inside\)/state \& TASK_FROZEN/
