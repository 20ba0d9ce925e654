#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# lint.sh [CHECK...]: the checks that need no VM; one `ok - CHECK` or `not ok - CHECK` line each, then the sums.
set -eu -o pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

checks=(checkpatch_module checkpatch_patches sparse module_warnings userland_warnings tests_warnings
	clang_format shellcheck versions mutants spdx paths)
logs=$build/logs/lint

# All the files that belong to the project: what git has, and what is not yet committed but would be.
files() { git -C "$top" ls-files --cached --others --exclude-standard -- "$@" | while read -r f; do [ ! -f "$top/$f" ] || echo "$f"; done; }

scripts() {
	files | while read -r file; do
		case $file in *.patch) continue ;; esac
		if sed -n 1p "$file" | grep -qE '^#!.*[/ ](ba|da)?sh( |$)' || [[ $file == *.sh ]]; then echo "$file"; fi
	done
}

# none COMMAND...: good if the command finds nothing to print
none() {
	local found
	found=$("$@" || :)
	[ -z "$found" ] || { printf '%s\n' "$found" && return 1; }
}

# checkpatch ARGUMENT...
checkpatch() {
	local source
	need_tool perl perl
	source=$("$top/qemu/kernel.sh" --source 6.1 | tail -n1)
	"$source/scripts/checkpatch.pl" --strict --no-tree --terse --no-summary --quiet --show-types "$@"
}

# compat/ is where versions are compared, its table of symbols is one list that macros are applied to, and it knows with
# what (ENOSYS) entry code marks a call that has no result yet; a uAPI header has no BIT().
checkpatch_module() {
	local status=0
	local -a engine compat uapi
	mapfile -t engine < <(files 'module/*.[ch]' | grep -vE '^module/(compat|include/uapi)/')
	mapfile -t compat < <(files 'module/compat/*.[ch]')
	mapfile -t uapi < <(files 'module/include/uapi/*.h')
	checkpatch -f "${engine[@]}" || status=1
	checkpatch --ignore LINUX_VERSION_CODE,CONSTANT_COMPARISON,ENOSYS \
		--ignore COMPLEX_MACRO,MACRO_ARG_REUSE,MULTISTATEMENT_MACRO_USE_DO_WHILE,TRAILING_SEMICOLON,AVOID_EXTERNS \
		-f "${compat[@]}" || status=1
	checkpatch --ignore BIT_MACRO -f "${uapi[@]}" || status=1
	return $status
}

# The series adds no entry to MAINTAINERS. By their names checkpatch would take the patches for files of a git tree.
checkpatch_patches() {
	local patch status=0
	for patch in $(files 'kernel-patches/*.patch' | xargs grep -l '^diff --git'); do
		checkpatch --ignore FILE_PATH_CHANGES - <"$patch" >"$logs/patch" || status=1
		sed "s|^[^:]*:|$patch:|" "$logs/patch"
	done
	return $status
}

# The module, compiled against the headers of Debian's stock kernel, which need no kernel build.
compile_module() {
	local kernel_dir
	kernel_dir=$("$top/qemu/kernel.sh" 6.1-stock | tail -n1)
	rm -rf "$build/lint/$1"
	mkdir -p "$build/lint"
	"${make[@]}" -C "$top/module" KDIR="$kernel_dir/build" O="$build/lint/$1" CC="$(compiler)" -j"$jobs" "${@:2}" \
		>"$logs/compile-$1" 2>&1
}

sparse() {
	need_tool sparse sparse
	compile_module sparse C=2 CHECK=sparse || { tail -n 20 "$logs/compile-sparse" && return 1; }
	none grep -E "^($build/lint|$top/module)/.*(warning|error):" "$logs/compile-sparse"
}

module_warnings() {
	compile_module gcc KCFLAGS='-Wall -Werror' || { grep -E 'error|warning|ERROR' -A 3 "$logs/compile-gcc" && return 1; }
}

# Their makefiles ask for -Wall -Wextra -Werror; here it is seen to that they do.
userland_warnings() {
	grep -q -e '-Wall -Wextra -Werror' "$top/userland/Makefile" && lock "build-$checkout" &&
		"${make[@]}" -s -C "$top/userland" -j"$jobs"
}

tests_warnings() {
	local source
	source=$("$top/qemu/kernel.sh" --source 6.1 | tail -n1)
	grep -q -e '-Wall -Wextra -Werror' "$top/tests/Makefile" && lock "build-$checkout" &&
		"${make[@]}" -s -C "$top/tests" -j"$jobs" HARNESS="$source/tools/testing/selftests"
}

clang_format() {
	need_tool clang-format clang-format
	files 'userland/*.[ch]' 'qemu/*.[ch]' | xargs -r clang-format --dry-run -Werror --ferror-limit=3
}

shellcheck() {
	need_tool shellcheck shellcheck
	scripts | xargs -r "$(type -P shellcheck)" -x
}

versions() {
	none grep -rnE 'LINUX_VERSION_CODE|KERNEL_VERSION' "$top/module" --include='*.[ch]' --exclude-dir=compat
}

# One that can not be run, or changes nothing any more.
mutants() { none "$top/qemu/mutants.sh" --check; }

# Some of Debian's files have a form without comments; debian/copyright speaks for them.
without_spdx() {
	files | grep -vE '^debian/(changelog|copyright|source/format)$|^LICENSES/|\.patch$|\.json$|^kernel-patches/.*/cover\.txt$|/corpus/' | while read -r file; do
		grep -q 'SPDX-License-Identifier: ' "$file" || echo "$file has no SPDX line"
	done
}

spdx() { none without_spdx; }

# Paths and hosts of the machine that somebody works on.
private_words() {
	local host
	files | grep -v '^LICENSES/' | xargs -r grep -nE '(^|[^A-Za-z0-9_.$}*!])/(work|root)/' || :
	cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null | sed -nE 's#.*https?://([^/ ]+)/.*#\1#p' | sort -u |
		while read -r host; do
			files | grep -v '^LICENSES/' | xargs -r grep -nF "$host" || :
		done
}

paths() { none private_words; }

cd "$top"
mkdir -p "$logs"
need_tool git git
passed=0 failed=0
[ $# = 0 ] || checks=("$@")
for check in "${checks[@]}"; do
	[ "$(type -t "$check")" = function ] || die "there is no check '$check'; there are ${checks[*]}"
	# A shell of its own: a missing tool ends the check, not the run; and set -e holds in it.
	status=0
	("$check") >"$logs/$check" 2>&1 </dev/null || status=1
	if [ $status = 0 ]; then
		passed=$((passed + 1))
		echo "ok - $check"
	else
		failed=$((failed + 1))
		echo "not ok - $check"
		sed "s|$top/||g" "$logs/$check" | sed -n 's/^/   | /; 1,40p'
		[ "$(wc -l <"$logs/$check")" -le 40 ] || echo "   | ... (all of it: $logs/$check)"
	fi
done
echo "$passed passed, $failed failed"
[ $failed = 0 ]
