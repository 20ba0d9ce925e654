# SPDX-License-Identifier: GPL-2.0-or-later
# what: one who shares root and cwd and stays inside passes because it is in the set
# file: subject.c
# config: plain
# first: user_back
/^int nsa_check_fs_sharers/,/^}/ s/has_fs, fs, CLONE_NEWUSER\)/has_fs, fs, 0)/
