# SPDX-License-Identifier: GPL-2.0-or-later
# what: one who shares memory and keeps its namespaces passes because it is in the set
# file: subject.c
# config: plain
# first: user_back
/^static bool keeps_some\(/,/^}/ s/ \|\| changes & ~subject->changes//
