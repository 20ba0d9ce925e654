# SPDX-License-Identifier: GPL-2.0-or-later
# what: nobody gives way when two callers attach each other
# file: subject.c
# config: plain
# first: concurrent
/^void nsa_make_callers_yield/,/^}/ s/younger->yield = true;//
