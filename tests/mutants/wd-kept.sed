# SPDX-License-Identifier: GPL-2.0-or-later
# what: the path of the working directory is never put
# file: attach.c
# config: plain
# first: leak
/^int nsa_attach_run\(/,/^}/ s/path_put\(&op->wd\);//
