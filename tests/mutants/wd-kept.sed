# SPDX-License-Identifier: GPL-2.0-or-later
# what: the path of the working directory is never put
# file: subject.c
# config: plain
# first: leak
/^void nsa_subject_close\(/,/^}/ s/path_put\(&subject->wd\);//
