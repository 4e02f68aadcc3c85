
# zram NUMBER SIZE ALGORITHM [OPTION OF swapon]...
zram() {
    device=/dev/zram$1 block=/sys/block/zram$1 wanted=$2 algorithm=$3
    shift 3
    case $verb in
    check) check_area "$device" "$(mebibytes "$wanted" /)" ;;
    off)
        switch_off "$device" || return 1
        if [ -e "$block/reset" ]; then echo 1 >"$block/reset"; fi
        ;;
    on)
        if is_on "$device"; then
            say "$device is in use already"
            return 0
        fi
        modprobe zram || return 1
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
