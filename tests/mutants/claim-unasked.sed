# SPDX-License-Identifier: GPL-2.0-or-later
# what: who may not move a process can claim it
# file: attach.c
# config: plain
# first: concurrent
/^static int run\(/,/^}/ s/err = nsa_subjects_may\(op\);/err = 0;/
