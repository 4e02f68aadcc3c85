#!/bin/sh
# The swap of this node. on: sets up what is missing; check: says what differs; off: takes it back.
# Every verb may run again at any time: what is in use is left alone.
set -u
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C
verb=${1:-}
case $verb in
on | check | off) ;;
*)
    echo "usage: $0 on|check|off" >&2
    exit 2
    ;;
esac
status=0

say() { echo "highwater-swap: $*"; }

complain() {
    echo "highwater-swap: $*" >&2
    return 1
}

# A path as the kernel names it: links among its folders are followed.
real() {
    folder=$(dirname "$1")
    if [ -d "$folder" ]; then folder=$(cd -P "$folder" && pwd -P); fi
    echo "${folder%/}/${1##*/}"
}

# What /proc/swaps says of a path: its size in KiB, what of it is used, its priority. Nothing when it is not in use.
swaps() { awk -v path="$(real "$1")" 'NR > 1 && $1 == path { print $3, $4, $5 }' /proc/swaps; }

is_on() { [ -n "$(swaps "$1")" ]; }

is_swap() { [ "$(blkid -p -s TYPE -o value "$1" 2>/dev/null)" = swap ]; }

# A size in MiB: a number, memory:SHARE of MemTotal, or disk:SHARE of the file system of a folder.
mebibytes() {
    case $1 in
    memory:*) awk -v share="${1#memory:}" '$1 == "MemTotal:" { printf "%d\n", $2 * share / 1024 }' /proc/meminfo ;;
    disk:*) df -Pk "$2" | awk -v share="${1#disk:}" 'NR == 2 { printf "%d\n", $2 * share / 1024 }' ;;
    *) echo "$1" ;;
    esac
}

# check_area PATH SIZE [OPTION OF swapon]...: whether it is in use, with its priority, and as large as wanted but for the page
# that holds the signature.
check_area() {
    is_on "$1" || {
        complain "$1 is not in use"
        return 1
    }
    swaps "$1" | awk -v want="$2" '{ exit !(want == 0 || $1 > (want - 1) * 1024 && $1 <= want * 1024) }' || {
        complain "$1 is in use with another size than $2 MiB: '$0 off' and then '$0 on' make it anew"
        return 1
    }
    if [ "${3:-}" = -p ] && [ "$(swaps "$1" | awk '{ print $3 }')" != "$4" ]; then
        complain "$1 is in use with another priority than $4: '$0 off' and then '$0 on' change it"
        return 1
    fi
    say "$1 is in use"
}

# swapoff brings every page back into memory: without room for them the kernel would kill.
switch_off() {
    is_on "$1" || return 0
    used=$(swaps "$1" | awk '{ print $2 }')
    room=$(awk '$1 == "MemAvailable:" { printf "%d\n", $2 * 0.9 }' /proc/meminfo)
    if [ "$used" -gt "$room" ]; then
        complain "$1 holds $used KiB and memory has room for $room KiB: end something first"
        return 1
    fi
    swapoff "$1" && say "$1 is no longer in use"
}
