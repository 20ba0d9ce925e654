# SPDX-License-Identifier: GPL-2.0-or-later
# what: the caller's reference of the op is never put
# file: attach.c
# config: plain
# first: unload
/^int nsa_attach_run\(/,/^}/ s/nsa_op_put\(op\);//
