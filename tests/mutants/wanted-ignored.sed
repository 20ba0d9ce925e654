# SPDX-License-Identifier: GPL-2.0-or-later
# what: a caller that is wanted claims first
# file: subject.c
# config: plain
# first: late
/^static bool wanted_by_another\(/,/^}/ s/wanted = s && s->op != op;/wanted = false;/
