#!/bin/sh
# The swap of this machine: sh swap.sh apply|check|undo
# Ends with 0 when all is as wanted, 1 when something differs or could not be done, 2 for wrong usage.
set -u
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C
script=/usr/local/sbin/highwater-swap
unit=highwater-swap.service
tunables=/etc/sysctl.d/90-highwater-swap.conf
state=/var/lib/highwater-swap
status=0

say() { echo "swap: $*"; }

complain() {
    echo "swap: $*" >&2
    return 1
}

has_systemd() { [ -d /run/systemd/system ]; }

# A file comes whole or not at all.
write_file() {
    mkdir -p "$(dirname "$1")" && cat >"$1.new" || return 1
    chmod "$2" "$1.new" || return 1
    if cmp -s "$1.new" "$1"; then
        rm -f "$1.new"
    else
        mv "$1.new" "$1" && say "$1 is written"
    fi
}

check_file() {
    if cmp -s - "$1"; then say "$1 is as wanted"; else complain "$1 differs"; fi
}

# Takes away a file that is as it was written; one that somebody has changed since is theirs.
remove_file() {
    if [ ! -e "$1" ]; then
        return 0
    elif cmp -s - "$1"; then
        rm -f "$1" && say "$1 is taken away"
        # Folders of drop-ins go with the last of them.
        case $1 in /etc/systemd/system/*.d/*) rmdir "$(dirname "$1")" 2>/dev/null || : ;; esac
    else
        complain "$1 was changed by somebody else: it is left"
    fi
}
