
# Leaves 15% of the file system free: below 10% the kubelet evicts pods (nodefs.available).
has_room() {
    df -Pk "$1" | awk -v want="$2" 'NR == 2 { exit !($4 - want * 1024 >= $2 * 0.15) }' ||
        complain "$2 MiB do not fit below $1 with 15% left: $(df -Pk "$1" | awk 'NR == 2 { printf "%d", $4 / 1024 }') MiB are free"
}

# Makes a swap file under another name first, so that a file of the right name is always a whole one.
make_file() {
    folder=$(dirname "$1")
    kind=$(stat -f -c %T "$folder") || return 1
    case $kind in
    tmpfs | ramfs | overlayfs | squashfs | nfs | smb2 | cifs | fuseblk | fuse | zfs | v9fs)
        complain "$1 would lie on $kind, which cannot hold a swap file"
        return 1
        ;;
    esac
    rm -f "$1.new"
    has_room "$folder" "$2" || return 1
    (umask 077 && : >"$1.new") || return 1
    # A file that is copied on write has no fixed place. The flag is taken by an empty file alone.
    if [ "$kind" = btrfs ]; then
        chattr +C "$1.new" || return 1
    fi
    if fallocate -l $(($2 * 1048576)) "$1.new" 2>/dev/null; then
        :
    else
        dd if=/dev/zero of="$1.new" bs=1M count="$2" 2>/dev/null || {
            rm -f "$1.new"
            complain "$1 cannot be written"
            return 1
        }
    fi
    chmod 0600 "$1.new" && mkswap -L "$label" "$1.new" >/dev/null && mv "$1.new" "$1"
}

# A file, and no link to one: links are somebody's.
is_file() { [ -f "$1" ] && [ ! -L "$1" ]; }

# A swap file that this script made: its label says so. One that was there before is used as it is, and stays.
label=highwater
is_own() { is_file "$1" && is_swap "$1" && [ "$(blkid -p -s LABEL -o value "$1" 2>/dev/null)" = "$label" ]; }

# swap_file PATH SIZE [OPTION OF swapon]...
swap_file() {
    path=$1 wanted=$2
    shift 2
    case $verb in
    check) check_area "$path" "$(mebibytes "$wanted" "$(dirname "$path")")" "$@" ;;
    off)
        switch_off "$path" || return 1
        if is_own "$path"; then
            rm -f "$path"
        elif [ -e "$path" ]; then
            say "$path was not made here: it stays"
        fi
        ;;
    on)
        mkdir -p "$(dirname "$path")" || return 1
        size=$(mebibytes "$wanted" "$(dirname "$path")")
        if is_on "$path"; then
            check_area "$path" "$size" "$@"
            return
        fi
        if [ -e "$path" ] || [ -L "$path" ]; then
            if ! is_file "$path" || ! is_swap "$path"; then
                complain "$path is there and is no swap file: it is left alone"
                return 1
            fi
        fi
        if [ -e "$path" ] && [ "$(stat -c %s "$path")" -ne $((size * 1048576)) ]; then
            is_own "$path" || {
                complain "$path is a swap file of another size than $size MiB that was not made here: it is left alone"
                return 1
            }
            rm -f "$path"
        fi
        [ -e "$path" ] || make_file "$path" "$size" || return 1
        chmod 0600 "$path" && swapon "$@" "$path" && say "$path is in use now, $size MiB"
        ;;
    esac
}
