# SPDX-License-Identifier: GPL-2.0-or-later
# what: the answer is as long as the caller says, past the struct, with what lies on the stack
# file: device.c
# config: plain
# first: abi
/^static int copy_result\(/,/^}/ s/min_t\(size_t, r->usize, sizeof\(r->run\.arg\)\)/r->usize/
