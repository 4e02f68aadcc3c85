#!/bin/sh
# Records the kernel's files below /out, inside a throw-away machine: see README.md. Runs as root with busybox alone.
# Makes swap (zram, a file with a space in its name), a cgroup that swaps, one that was killed, a zombie of a removed cgroup.
set -u
out=/out
save() { for f; do mkdir -p "$out$(dirname "$f")"; cat "$f" >"$out$f" 2>/dev/null || rm -f "$out$f"; done; }
memory=/sys/fs/cgroup
[ -d /sys/fs/cgroup/memory ] && memory=/sys/fs/cgroup/memory
limit=memory.max; [ -e $memory/memory.limit_in_bytes ] && limit=memory.limit_in_bytes

need zram num_devices=1; echo 96M >/sys/block/zram0/disksize; mkswap /dev/zram0 >/dev/null; swapon /dev/zram0
need ext4; mke2fs /dev/vda >/dev/null 2>&1; mkdir -p "/tmp/my disk"; mount -t ext4 /dev/vda "/tmp/my disk"
dd if=/dev/zero of="/tmp/my disk/my swap" bs=1M count=16 2>/dev/null
chmod 600 "/tmp/my disk/my swap"; mkswap "/tmp/my disk/my swap" >/dev/null; swapon "/tmp/my disk/my swap"

mkdir $memory/swaps $memory/killed $memory/quiet $memory/removed
echo 20M >$memory/swaps/$limit; echo 20M >$memory/killed/$limit
[ -e $memory/killed/memory.swap.max ] && { echo 0 >$memory/killed/memory.swap.max; echo 16M >$memory/swaps/memory.high; }
[ -e $memory/killed/memory.memsw.limit_in_bytes ] && echo 20M >$memory/killed/memory.memsw.limit_in_bytes
[ -e $memory/killed/memory.oom.group ] && echo 1 >$memory/killed/memory.oom.group
sh -c "echo \$\$ >$memory/killed/cgroup.procs; exec dd if=/dev/zero of=/dev/null bs=64M count=1" 2>/dev/null
sh -c "echo \$\$ >$memory/swaps/cgroup.procs; echo -n 'a) (b c' >/proc/self/comm
	x=\$(head -c 12000000 /dev/zero | tr '\\0' a); y=\$x; z=\$x; touch /tmp/ready; sleep 600; echo \$x \$y \$z >/dev/null" &
swapper=$!
sh -c "(echo 0 >$memory/removed/cgroup.procs; exec true) & echo \$! >/tmp/zombie; exec sleep 600" &
n=0; while [ ! -e /tmp/ready ] && [ $n -lt 300 ]; do sleep 0.1; n=$((n + 1)); done
sleep 3
rmdir $memory/removed

for d in $memory $memory/swaps $memory/quiet $memory/killed /sys/fs/cgroup /sys/fs/cgroup/unified; do
	for f in "$d"/memory.* "$d"/cgroup.controllers "$d"/cgroup.events "$d"/cgroup.subtree_control; do
		case $f in *numa_stat | *slabinfo | *force_empty | *pressure_level | *reclaim) continue ;; esac
		[ -r "$f" ] && save "$f"
	done
done
save /proc/meminfo /proc/vmstat /proc/swaps /proc/zoneinfo /proc/version /proc/sys/vm/swappiness
save /proc/pressure/memory /proc/pressure/cpu /proc/pressure/io
save /sys/block/zram0/mm_stat /sys/block/zram0/comp_algorithm /sys/block/zram0/disksize
save /sys/module/zswap/parameters/*
for pid in 1:init 2:kernel-thread $swapper:swapper "$(cat /tmp/zombie):zombie"; do
	mkdir -p "$out/proc/${pid#*:}"
	for f in cgroup status stat; do cat "/proc/${pid%%:*}/$f" >"$out/proc/${pid#*:}/$f"; done
done
cat /proc/self/mountinfo >"$out/proc/init/mountinfo"
echo recorded
