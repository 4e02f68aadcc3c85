
# zswap NAME VALUE: a parameter, whose former value is kept in /run for off.
zswap() {
    file=/sys/module/zswap/parameters/$1 before=/run/highwater-swap.$1
    case $verb in
    check)
        if [ "$(cat "$file")" = "$2" ]; then say "zswap: $1 is $2"; else complain "zswap: $1 is $(cat "$file") instead of $2"; fi
        ;;
    off) if [ -e "$before" ]; then cat "$before" >"$file" && rm -f "$before"; fi ;;
    on)
        [ -e "$file" ] || {
            complain "this kernel has no zswap"
            return 1
        }
        if [ "$(cat "$file")" = "$2" ]; then return 0; fi
        [ -e "$before" ] || cat "$file" >"$before"
        echo "$2" >"$file" && say "zswap: $1 is $2 now"
        ;;
    esac
}
