# SPDX-License-Identifier: GPL-2.0-or-later
# what: a stopped thread that runs again is switched all the same
# file: commit.c
# config: plain
# first: late
/^static bool commit_stopped\(/,/^}/ s/all = still_stopped\(th\);/all = true || still_stopped(th);/
