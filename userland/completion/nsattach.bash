# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# bash completion for nsattach(8)

# _nsattach_podman STORAGE RUN: of one user, those with a pid file
_nsattach_podman() {
	local list driver id name
	for list in "$1"/*-containers/{,volatile-}containers.json; do
		[[ -r $list ]] || continue
		driver=${list%/*} driver=${driver##*/}
		while IFS=: read -r id name; do
			[[ ! -e $2/$driver/$id/userdata/pidfile ]] || echo "podman:$name"
		done < <(grep -oE '"id":"[^"]+","names":\["[^"]+"' "$list" | sed -E 's/^.*"id":"(.*)","names":\["(.*)"$/\1:\2/')
	done
}

# Running containers, as runtime:name, without asking any daemon.
_nsattach_containers() {
	local path
	for path in /run/runc/*/ "${XDG_RUNTIME_DIR-/nonexistent}"/runc/*/; do
		[[ -e $path/state.json ]] && path=${path%/} && echo "runc:${path##*/}"
	done
	for path in /run/crun/*/ "${XDG_RUNTIME_DIR-/nonexistent}"/crun/*/; do
		[[ -e $path/status ]] && path=${path%/} && echo "crun:${path##*/}"
	done
	for path in /var/lib/docker/containers/*/config.v2.json; do
		[[ -r $path ]] && sed -nE 's/.*"Running":true.*"Name":"\/([^"]*)".*/docker:\1/p' "$path"
	done
	_nsattach_podman /var/lib/containers/storage /run/containers/storage
	_nsattach_podman ~/.local/share/containers/storage "${XDG_RUNTIME_DIR-/nonexistent}/containers"
}

_nsattach_names() {
	local path
	_nsattach_containers | sed 'p; s/^[a-z]*:/container:/'
	for path in /run/netns/*; do
		[[ -e $path ]] && echo "netns:${path##*/}"
	done
	# services have a cgroup while they run, in slices of slices
	find /sys/fs/cgroup{,/unified,/systemd} -mindepth 1 -type d ! -name '*.slice' -prune -name '*.service' \
		-printf 'unit:%f\n' 2>/dev/null
}

_nsattach_pids() {
	local dir
	for dir in /proc/[0-9]*; do
		echo "${dir#/proc/}"
	done
}

# The words on stdin that start with $1. A name that the shell would expand, as soon as it is typed or by compgen -W, is
# left out: any user may give one to a directory.
_nsattach_matching() {
	local word
	while IFS= read -r word; do
		[[ $word == "$1"* && $word != *[!A-Za-z0-9_.:@+-]* ]] && printf '%s\n' "$word"
	done
}

_nsattach_process() {
	mapfile -t COMPREPLY < <({ _nsattach_pids && _nsattach_names; } | _nsattach_matching "$1")
	declare -F __ltrim_colon_completions >/dev/null && __ltrim_colon_completions "$1"
}

# The list of --ns: complete what follows the last comma.
_nsattach_list() {
	local cur=$1 before=
	[[ $cur == *,* ]] && before=${cur%,*},
	compgen -P "$before" -W "all mnt net uts ipc cgroup pid time user" -- "${cur##*,}"
}

_nsattach() {
	# shellcheck disable=SC2034 # _init_completion sets them
	local cur prev words cword split
	_init_completion -s -n : || return

	case $prev in
	--pid | --target | -t)
		_nsattach_process "$cur"
		return
		;;
	--ns)
		mapfile -t COMPREPLY < <(_nsattach_list "$cur")
		compopt -o nospace
		return
		;;
	--creds)
		mapfile -t COMPREPLY < <(compgen -W "keep translate" -- "$cur")
		return
		;;
	--wd | -w)
		_filedir -d
		return
		;;
	--cgroup)
		compopt -o filenames # quoted
		mapfile -t COMPREPLY < <(cd /sys/fs/cgroup 2>/dev/null && compgen -d -- "$cur")
		return
		;;
	--timeout | --output | -o) return ;;
	esac
	[[ $split == true ]] && return # no other takes a value
	if [[ $cur == -* ]]; then
		mapfile -t COMPREPLY < <("$1" --help 2>/dev/null | grep -oE -- '--[a-z][a-z-]*' | sort -u |
			_nsattach_matching "$cur")
	else
		_nsattach_process "$cur"
	fi
} && complete -F _nsattach nsattach
