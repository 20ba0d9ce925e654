# SPDX-License-Identifier: GPL-2.0-or-later
# what: an open device lists the records to anybody it is passed to
# file: device.c
# config: plain
# first: permission
/^static long list_records\(/,/^}/ s/opened_by_caller\(file\) \? 0 : -EPERM/file ? 0 : -EPERM/
