
# instance_store MOUNT_POINT FILE FALLBACK SIZE [OPTION OF swapon]...
instance_store() {
    mounted=$1 fast=$1/$2 fallback=$3
    shift 3
    if [ "$verb" = off ]; then
        swap_file "$fast" "$@" || return 1
        if [ -n "$fallback" ]; then swap_file "$fallback" "$@"; fi
    elif [ -n "$fallback" ] && is_on "$fallback"; then
        swap_file "$fallback" "$@"
    elif is_on "$fast"; then
        swap_file "$fast" "$@"
    elif mountpoint -q "$mounted"; then
        swap_file "$fast" "$@" && return 0
        [ -n "$fallback" ] && [ "$verb" = on ] && swap_file "$fallback" "$@"
    elif [ -n "$fallback" ]; then
        say "nothing is mounted at $mounted: $fallback instead"
        swap_file "$fallback" "$@"
    else
        complain "nothing is mounted at $mounted"
    fi
}
