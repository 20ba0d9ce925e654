# SPDX-License-Identifier: GPL-2.0-or-later
# what: what a thread arrives with is not compared with what was prepared
# file: meet.c
# config: plain
# first: late
/^bool nsa_as_prepared/,/^}/ s/return false;/return true;/
