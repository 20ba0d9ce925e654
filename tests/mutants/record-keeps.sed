# SPDX-License-Identifier: GPL-2.0-or-later
# what: the record of a process outlives it, with its namespaces
# file: record.c
# config: plain
# first: soak detach
/^static void gone\(/,/^}/ s/if \(is_gone\(r->pid\)\)/if (0)/
