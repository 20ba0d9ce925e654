# SPDX-License-Identifier: GPL-2.0-or-later
# what: memory is opened that one who is still inside shares
# file: thread.c
# config: plain
# first: user
/^static u32 changes\(/,/^}/ s/moves_user\(subject\) \? CLONE_NEWUSER : 0/0/
