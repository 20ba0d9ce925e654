# SPDX-License-Identifier: GPL-2.0-or-later
# what: credentials are not compared when a thread arrives
# file: meet.c
# config: plain
# first: elevate
/^bool nsa_as_prepared/,/^}/ {
s/ \|\|$/)/
s/rcu_access_pointer\(.*\) != th->cred->cred\)/if (false)/
}
