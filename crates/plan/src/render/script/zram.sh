
# Gives a device's memory back. After swapoff udev looks at it for a moment, and the kernel refuses.
reset_zram() {
    [ -e "$1/reset" ] || return 0
    for _ in 1 2 3 4 5; do
        if (echo 1 >"$1/reset") 2>/dev/null; then return 0; fi
        sleep 1
    done
    complain "$1 cannot be reset: something holds it"
}

# zram NUMBER SIZE ALGORITHM [OPTION OF swapon]...
zram() {
    device=/dev/zram$1 block=/sys/block/zram$1 wanted=$2 algorithm=$3
    shift 3
    case $verb in
    check) check_area "$device" "$(mebibytes "$wanted" /)" ;;
    off)
        switch_off "$device" && reset_zram "$block"
        ;;
    on)
        if is_on "$device"; then
            say "$device is in use already"
            return 0
        fi
        [ -e /sys/class/zram-control ] || modprobe zram || return 1
        while [ ! -e "$block" ]; do
            cat /sys/class/zram-control/hot_add >/dev/null || return 1
        done
        if [ "$(cat "$block/disksize")" -ne 0 ]; then
            complain "$device is set up already and is no swap in use: it is left alone"
            return 1
        fi
        if [ -n "$algorithm" ]; then echo "$algorithm" >"$block/comp_algorithm" || return 1; fi
        size=$(mebibytes "$wanted" /)
        echo "${size}M" >"$block/disksize" || return 1
        mkswap "$device" >/dev/null && swapon "$@" "$device" && say "$device is in use now, $size MiB"
        ;;
    esac
}
