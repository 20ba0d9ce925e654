# SPDX-License-Identifier: GPL-2.0-or-later
# what: the caller needs no capability over the user namespace of the subject
# file: subject.c
# config: plain
# first: permission
/^int nsa_subject_may/,/^}/ s/!ns_capable\([^()]*\)/false/
