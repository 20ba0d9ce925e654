# SPDX-License-Identifier: GPL-2.0-or-later
# what: interrupted calls are not restarted
# file: restart.c
# config: plain
# first: blocking
/^void nsa_restart_transparently/,/^}/ s/if \(!may_restart.*/if (1)/
