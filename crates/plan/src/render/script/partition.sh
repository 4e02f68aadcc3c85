
# swap_partition DEVICE [OPTION OF swapon]...
swap_partition() {
    device=$(readlink -f "$1") || return 1
    shift
    case $verb in
    check) check_area "$device" 0 "$@" ;;
    off) switch_off "$device" ;;
    on)
        if is_on "$device"; then
            check_area "$device" 0 "$@"
            return
        fi
        if [ ! -b "$device" ]; then
            complain "$device is no block device"
            return 1
        fi
        if ! is_swap "$device"; then
            # blkid ends with 2 when it finds nothing.
            blkid -p "$device" >/dev/null 2>&1
            if [ $? -ne 2 ]; then
                complain "$device holds something else: it is left alone"
                return 1
            fi
            mkswap "$device" >/dev/null || return 1
        fi
        swapon "$@" "$device" && say "$device is in use now"
        ;;
    esac
}
