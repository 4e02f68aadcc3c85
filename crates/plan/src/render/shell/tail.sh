
# What the tunables were before the first apply; undo writes that back.
keep_tunables() {
    if [ -z "$sysctls" ] || [ -e "$state/sysctl.conf" ]; then return 0; fi
    mkdir -p "$state" || return 1
    for key in $sysctls; do
        value=$(sysctl -n "$key") || return 1
        echo "$key = $value"
    done >"$state/sysctl.new" && mv "$state/sysctl.new" "$state/sysctl.conf"
}

check_tunables() {
    [ -n "$sysctls" ] && [ -e "$tunables" ] || return 0
    while read -r key _ value; do
        if [ "$(sysctl -n "$key")" = "$value" ]; then
            say "$key is $value"
        else
            complain "$key is $(sysctl -n "$key") instead of $value" || status=1
        fi
    done <"$tunables"
}

apply() {
    keep_tunables || status=1
    files write_file
    if [ -n "$sysctls" ]; then sysctl -q -p "$tunables" || status=1; fi
    if has_systemd; then
        if systemctl daemon-reload && systemctl enable --quiet "$unit" && systemctl restart "$unit"; then
            say "$unit has run"
        else
            complain "$unit failed: journalctl -u $unit tells why"
            status=1
        fi
        if systemctl is-active --quiet kubelet.service; then
            say "the kubelet saw its swap when it started: systemctl restart kubelet, when that suits"
        fi
    else
        "$script" on || status=1
        say "no systemd here: run '$script on' at every boot"
    fi
}

check() {
    files check_file
    check_tunables
    if [ -x "$script" ]; then "$script" check || status=1; fi
}

undo() {
    # Swap first: when memory cannot take the pages back, everything stays as it is.
    if [ -x "$script" ]; then
        "$script" off || {
            complain "swap stays, and so does everything else"
            exit 1
        }
    fi
    if has_systemd && [ -e "/etc/systemd/system/$unit" ]; then
        systemctl disable --quiet "$unit"
        systemctl stop "$unit"
    fi
    files remove_file
    if [ -e "$state/sysctl.conf" ]; then
        sysctl -q -p "$state/sysctl.conf" && rm -f "$state/sysctl.conf" && rmdir "$state" || status=1
    fi
    # A slice takes new settings when something starts in it.
    if has_systemd; then systemctl daemon-reload && systemd-run --quiet --wait true; fi
}

case ${1:-} in
apply) apply ;;
check) check ;;
undo) undo ;;
*)
    echo "usage: sh $0 apply|check|undo" >&2
    exit 2
    ;;
esac
exit "$status"
