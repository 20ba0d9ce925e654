# SPDX-License-Identifier: GPL-2.0-or-later
# what: every subject gets the working directory of the first one
# file: attach.c
# config: plain
# first: set
/^int nsa_attach_run\(/,/^}/ s/r->wds\[first \+ i\]/r->wds[first]/g
