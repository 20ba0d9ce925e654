# SPDX-License-Identifier: GPL-2.0-or-later
# what: nothing keeps the module while a work of it is queued
# file: op.c
# config: plain
# first: unload
s/__module_get\(THIS_MODULE\);//
s/module_put\(THIS_MODULE\);//
