# Run inside the micro machine: does it have what Highwater's tests need? One line per check.
bad=0
ok() { echo "ok    $*"; }
no() { echo "FAIL  $*"; bad=1; }
fill() { # CGROUP SIZE: allocates SIZE in CGROUP
	sh -c "echo \$\$ >/sys/fs/cgroup/$1/cgroup.procs; exec dd if=/dev/urandom of=/dev/null bs=$2 count=1 iflag=fullblock" 2>/dev/null
}
cd /sys/fs/cgroup || exit 1
grep -q memory cgroup.controllers && ok "cgroup v2: $(cat cgroup.controllers)" || no "cgroup v2 without memory"
mkdir t
echo 20M >t/memory.max
echo 0 >t/memory.swap.max
fill t 64M
status=$?
[ $status = 137 ] && grep -q '^oom_kill 1' t/memory.events && ok "OOM kill at memory.max: status $status, oom_kill 1" ||
	no "OOM kill: status $status, $(tr '\n' ' ' <t/memory.events)"
dmesg | grep -q 'Memory cgroup out of memory: Killed process' && ok "kernel log tells of it" || no "nothing in the kernel log"
grep -q '^full' t/memory.pressure && echo "some 50000 1000000" >t/memory.pressure && ok "PSI and its triggers" || no "PSI"
need zram num_devices=1 && echo 64M >/sys/block/zram0/disksize && mkswap /dev/zram0 >/dev/null && swapon /dev/zram0 &&
	ok "zram swap" || no "zram swap"
echo max >t/memory.swap.max
fill t 40M
status=$?
swapped=$(awk '$1 == "pswpout" { print $2 }' /proc/vmstat)
[ $status = 0 ] && [ "$swapped" -gt 0 ] && ok "40M under a limit of 20M survives by swap: $swapped pages out" ||
	no "swap of a cgroup: status $status, $swapped pages out"
swapoff /dev/zram0 && ok "swapoff" || no "swapoff"
need ext4 && mke2fs /dev/vda >/dev/null 2>&1 && mount -t ext4 /dev/vda /mnt && ok "ext4 on the blank disk" || no "ext4"
dd if=/dev/zero of=/mnt/swap bs=1M count=32 2>/dev/null
chmod 600 /mnt/swap
mkswap /mnt/swap >/dev/null && swapon /mnt/swap && swapoff /mnt/swap && ok "swap file on ext4" || no "swap file on ext4"
for module in xfs btrfs overlay loop; do
	need $module && ok "module $module" || no "module $module"
done
need no_such_module 2>/dev/null && no "need of an unknown module" || ok "need of an unknown module fails"
rmdir t && ok "cgroup removed" || no "rmdir of a cgroup"
exit $bad
