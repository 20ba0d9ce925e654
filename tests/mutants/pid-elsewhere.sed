# SPDX-License-Identifier: GPL-2.0-or-later
# what: children may be born in a third pid namespace
# file: pid.c
# config: plain
# first: pid_refused
/^static int check_for_children\(/,/^}/ s/if \(ns && pid/if (0 \&\& pid/
