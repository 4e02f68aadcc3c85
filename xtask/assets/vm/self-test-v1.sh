# Run inside the micro machine with cgroup v1 or hybrid: one line per check.
bad=0
ok() { echo "ok    $*"; }
no() { echo "FAIL  $*"; bad=1; }
cd /sys/fs/cgroup/memory || exit 1
mkdir t
echo 20971520 >t/memory.limit_in_bytes
sh -c 'echo $$ >t/cgroup.procs; exec dd if=/dev/zero of=/dev/null bs=64M count=1' 2>/dev/null
status=$?
[ $status = 137 ] && grep -q '^oom_kill 1' t/memory.oom_control && ok "OOM kill at memory.limit_in_bytes" ||
	no "OOM kill: status $status, $(tr '\n' ' ' <t/memory.oom_control)"
echo 41943040 >t/memory.memsw.limit_in_bytes && ok "memory.memsw.limit_in_bytes" || no "memory.memsw.limit_in_bytes"
rmdir t || no "rmdir of a cgroup"
[ "$CGROUP" != hybrid ] || { [ -e /sys/fs/cgroup/unified/cgroup.procs ] && ok "unified hierarchy beside it" || no "no unified hierarchy"; }
exit $bad
