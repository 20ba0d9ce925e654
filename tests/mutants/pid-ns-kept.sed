# SPDX-License-Identifier: GPL-2.0-or-later
# what: a reference of the pid namespace moved into is never put
# file: attach.c
# config: plain
# first: leak
/^int nsa_attach_run\(/,/^}/ s/put_pid_ns\(op->pid_target\);/;/
