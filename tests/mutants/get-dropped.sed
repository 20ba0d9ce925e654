# SPDX-License-Identifier: GPL-2.0-or-later
# what: a get is dropped: threads share one reference of the new nsproxy
# file: commit.c
# config: plain
# first: threads namespaces
/^static void switch_parked/,/^}/ s/get_nsproxy\(th->proxy->new\);//
