#!/bin/busybox sh
# run-command [WRAPPER]: runs /ctl/command, sends its output to the two consoles and leaves its status in /ctl.
# Output goes through pipes, so that programs see no terminal and write no colours.
bb=/run/vm/bin/busybox
# Held open, because the last close of a console resets what stty has set.
exec 3<>/dev/hvc0 4<>/dev/hvc1
$bb stty raw -echo <&3
$bb stty raw -echo <&4
$bb mkfifo /run/vm/stdout /run/vm/stderr
$bb cat /run/vm/stdout >&3 &
out=$!
$bb cat /run/vm/stderr >&4 &
err=$!
# The kernel may kill anyone in these machines, but not the two that carry the words.
echo -1000 >/proc/$out/oom_score_adj
echo -1000 >/proc/$err/oom_score_adj
read -r now _ </proc/uptime
echo "$now" >/ctl/started
$bb setsid "$@" /bin/sh /ctl/command </dev/null >/run/vm/stdout 2>/run/vm/stderr 3>&- 4>&-
status=$?
# A daemon that the command left behind may keep the pipes open: it gets one second.
exec 2>/dev/null
($bb sleep 1 && $bb kill $out $err) &
wait $out $err
read -r now _ </proc/uptime
echo "$now" >/ctl/ended
echo $status >/ctl/status.new
$bb mv /ctl/status.new /ctl/status
