# SPDX-License-Identifier: GPL-2.0-or-later
#
# Only delegates. `make` alone lists the targets.

KERNEL ?=
CONFIG ?= plain
export TEST KSRC RUNTIME V SCALE MUTANT WORKERS MINUTES PROGRAM FIRST TIMES KEEP

where = $(KERNEL:%=%:$(CONFIG))
CONFIG_GIVEN = $(filter-out file undefined default,$(origin CONFIG))

help: ## this list
	@echo 'make TARGET [KERNEL=6.1-stock|6.1-patched|6.12-stock|6.12-patched|newest-patched] [CONFIG=plain|lockdep|kasan|kcsan]'
	@echo '     [TEST="SUITE..."] [KSRC=/path/to/linux] [SCALE=whole] [V=1]'
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-14s  %s\n", $$1, $$2 }' Makefile

demo: ## a live process moves into a running container: the proof, in a VM (KERNEL=6.1-stock; RUNTIME=runc, crun, podman or docker)
	@qemu/packages.sh demo $(filter crun,$(RUNTIME))
	@qemu/demo/demo.sh $(or $(KERNEL),$(if $(KSRC),own,6.1-stock)) $(CONFIG)

test: ## host-side tests and the VM suites on 6.1-stock and 6.1-patched, or on KERNEL (CONFIG=kasan: on 6.1-patched with that)
	@qemu/packages.sh test
	@qemu/test.sh $(or $(where),$(if $(KSRC),host own:$(CONFIG),host $(if $(filter-out plain,$(CONFIG)),6.1-patched:$(CONFIG),6.1-stock 6.1-patched)))

test-all: ## the matrix: all suites at whole scale on all kernels and configs, resumed where it stopped (hours)
	@qemu/packages.sh test
	@qemu/matrix.sh $(or $(KERNEL:%=%$(if $(CONFIG_GIVEN),:$(CONFIG))),$(if $(CONFIG_GIVEN),:$(CONFIG)))

mutants: ## break the module on purpose, one small change at a time: is each noticed? (MUTANT="perm-*")
	@qemu/packages.sh test
	@qemu/mutants.sh

soak: ## attach one process again and again for as long as told, with a line a minute (MINUTES=10)
	@qemu/packages.sh test
	@SOAK=$(or $(MINUTES),10) TEST=soak qemu/test.sh $(or $(KERNEL),6.1-patched):$(CONFIG)

fuzz: ## coverage-guided fuzzing of the ioctls in a VM (MINUTES=5; PROGRAM=12.7.33 runs one again)
	@qemu/packages.sh test
	@qemu/fuzz.sh $(or $(KERNEL),$(if $(KSRC),own,6.1-patched)) $(if $(CONFIG_GIVEN),$(CONFIG),kasan)

coverage: ## the lines of module/ that the suites and the fuzzer run, and those that nothing does (MINUTES=3 of fuzzing)
	@qemu/packages.sh test
	@qemu/coverage.sh

fuzz-host: ## libFuzzer on arguments, names and container state files (MINUTES=1 each)
	@qemu/packages.sh test fuzz
	@qemu/fuzz-host.sh

runtimes: ## the demonstration as a suite with runc, crun, podman and Docker Engine, or with RUNTIME
	@qemu/packages.sh test
	@TEST="$(or $(RUNTIME),runc crun podman docker)" qemu/test.sh $(or $(where),$(if $(KSRC),own:$(CONFIG),6.1-stock))

shell: ## a shell in the VM, with nsattach, its module, runc and a running container
	@qemu/packages.sh demo $(filter crun,$(RUNTIME))
	@qemu/shell.sh $(or $(KERNEL),$(if $(KSRC),own,6.1-stock)) $(CONFIG)

gdb: ## gdb on the kernel of a VM that is about to run the suites, with the module's symbols (TEST=)
	@qemu/packages.sh test gdb
	@qemu/gdb.sh $(or $(KERNEL),$(if $(KSRC),own,6.1-patched)) $(CONFIG)

patches-check: ## each kernel patch applies, is clean and builds, options on and off (VERSION="6.1 6.12 7.2")
	@qemu/packages.sh test lint
	@kernel-patches/check.sh $(VERSION)

selftests: ## the kernel's own selftests with the series against without (VERSION=6.1)
	@qemu/packages.sh test selftests
	@qemu/selftests.sh $(or $(VERSION),6.1)

overhead: ## what everybody else pays for the series, in guest instructions (VERSION=6.1)
	@qemu/packages.sh test
	@tests/bench/overhead.sh $(or $(VERSION),6.1)

lint: ## every check that needs no VM
	@qemu/packages.sh lint
	@qemu/lint.sh

bench: ## measurements in guest instructions
	@qemu/packages.sh test bench
	@$(MAKE) -C tests/bench $(if $(KERNEL),KERNEL="$(KERNEL)")

install: ## install the command, its library, headers and man pages (DESTDIR=, PREFIX=)
	@$(MAKE) -C userland install

deb: ## build Debian's packages into build/deb, and let lintian read them
	@qemu/packages.sh deb
	@packaging/deb.sh

packages-check: ## try them in a bare Debian 12: install, upgrade, remove, purge, DKMS for two kernels
	@qemu/packages.sh deb
	@packaging/check.sh

clean: ## remove build/ (the cache of kernels stays: see qemu/README.md)
	rm -rf build

.PHONY: help demo test test-all mutants soak fuzz coverage fuzz-host runtimes deb packages-check patches-check selftests overhead shell gdb lint bench install clean
.NOTPARALLEL:
