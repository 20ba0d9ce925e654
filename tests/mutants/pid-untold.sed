# SPDX-License-Identifier: GPL-2.0-or-later
# what: a stopped thread is not told its new number when it goes on
# file: thread.c
# config: plain
# first: pid_places
/^static void take_back_work\(/,/^}/ s/nsa_pid_has_to_learn\(th\)/false/
