# SPDX-License-Identifier: GPL-2.0-or-later
#
# fish completion for nsattach(8)

# of one user, those with a pid file
function __nsattach_podman --argument-names storage run
    for list in $storage/*-containers/{,volatile-}containers.json
        set -l driver (basename (dirname $list))
        grep -oE '"id":"[^"]+","names":\["[^"]+"' $list | sed -E 's/^.*"id":"(.*)","names":\["(.*)"$/\1:\2/' |
            while read -d : -l id name
                test -e $run/$driver/$id/userdata/pidfile; and echo podman:$name
            end
    end
end

# Running containers, as runtime:name, without asking any daemon.
function __nsattach_containers
    for p in /run/runc/*/state.json /run/crun/*/status $XDG_RUNTIME_DIR/{runc/*/state.json,crun/*/status}
        set -l parts (string split / $p)
        echo $parts[-3]:$parts[-2]
    end
    for p in /var/lib/docker/containers/*/config.v2.json
        test -r $p; and sed -nE 's/.*"Running":true.*"Name":"\/([^"]*)".*/docker:\1/p' $p
    end
    __nsattach_podman /var/lib/containers/storage /run/containers/storage
    __nsattach_podman ~/.local/share/containers/storage $XDG_RUNTIME_DIR/containers
end

function __nsattach_processes
    __fish_complete_pids
    __nsattach_containers | sed 'p; s/^[a-z]*:/container:/'
    for p in /run/netns/*
        echo netns:(basename $p)
    end
    # services have a cgroup while they run, in slices of slices
    find /sys/fs/cgroup{,/unified,/systemd} -mindepth 1 -type d ! -name '*.slice' -prune -name '*.service' \
        -printf 'unit:%f\n' 2>/dev/null
end

function __nsattach_cgroups
    set -l before (commandline -ct | string replace -r '^--cgroup=' '')
    for p in /sys/fs/cgroup/$before*/
        string replace /sys/fs/cgroup/ '' $p
    end
end

function __nsattach_list
    set -l before (string replace -r '[^,]*$' '' -- (commandline -ct | string replace -r '^--ns=' ''))
    for t in all mnt net uts ipc cgroup pid time user
        echo $before$t
    end
end

complete -c nsattach -f -a '(__nsattach_processes)'
complete -c nsattach -l pid -x -a '(__nsattach_processes)' -d 'Process to move'
complete -c nsattach -s t -l target -x -a '(__nsattach_processes)' -d 'Process whose namespaces it goes into'
complete -c nsattach -l ns -x -a '(__nsattach_list)' -d 'Namespaces'
complete -c nsattach -s a -l all -d 'All namespaces'
complete -c nsattach -s m -d mnt
complete -c nsattach -s n -d net
complete -c nsattach -s u -d uts
complete -c nsattach -s i -d ipc
complete -c nsattach -s C -d cgroup
complete -c nsattach -s p -d pid
complete -c nsattach -s T -d time
complete -c nsattach -s U -d user
complete -c nsattach -l tree -d 'Move all its descendants with it'
complete -c nsattach -l cgroup -x -a '(__nsattach_cgroups)' -d 'Move all processes of a cgroup'
complete -c nsattach -l each -d 'Move those that can be moved'
complete -c nsattach -l timeout -x -d 'Longest wait in seconds'
complete -c nsattach -s w -l wd -r -d 'Working directory inside'
complete -c nsattach -s r -l root -d 'Take the root directory of the target'
complete -c nsattach -l chrooted -d 'Move it even out of a chroot'
complete -c nsattach -l creds -x -a 'keep translate' -d 'Ids in a user namespace'
complete -c nsattach -l join-cgroup -d 'Move it into the cgroup of the target as well'
complete -c nsattach -l keep-cgroup -d 'With --detach: leave it in the cgroup it joined'
complete -c nsattach -l renumber -d 'Take another number when its own is taken'
complete -c nsattach -l keep-session -d 'Keep session and process group'
complete -c nsattach -l reparent -d 'Make the init inside its parent'
complete -c nsattach -l no-record -d 'Do not keep what --detach would need'
complete -c nsattach -l dry-run -d 'Check, list the residue, move nothing'
complete -c nsattach -l strict -d 'Refuse when there would be residue'
complete -c nsattach -l quarantine -d 'Move it into a new, empty network'
complete -c nsattach -l detach -d 'Put it back'
complete -c nsattach -s l -l list -d 'Show which processes are attached'
complete -c nsattach -l features -d 'Show what this kernel can do'
complete -c nsattach -s o -l output -x -d 'Columns of the tables'
complete -c nsattach -s J -l json -d 'Print JSON'
complete -c nsattach -s v -l verbose -d 'Tell the steps'
complete -c nsattach -s V -l version -d 'Print the version'
complete -c nsattach -s h -l help -d 'Print a short help'
