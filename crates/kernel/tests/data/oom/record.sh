#!/bin/sh
# Makes OOM kills of many kinds inside a throw-away machine and writes the kernel's ring to /out: see README.md.
# Runs as root with busybox alone. Each scene begins with a marker in the ring; five seconds apart, as the kernel prints ten
# reports in five seconds at most.
set -u
scene() { sleep 6; echo "scene $1" >/dev/kmsg; }
root=/sys/fs/cgroup; v2=yes
[ -d $root/memory ] && { root=$root/memory; v2=; }
if [ $v2 ]; then limit=memory.max; else limit=memory.limit_in_bytes; fi
group() { mkdir -p "$root/$1"; echo "$2" >"$root/$1/$limit"; [ -e "$root/$1/memory.swap.max" ] && echo "${3:-0}" >"$root/$1/memory.swap.max"; }
# A process of cgroup $1 with $2 MiB.
hog() { sh -c "echo \$\$ >$root/$1/cgroup.procs; exec dd if=/dev/zero of=/dev/null bs=${2}M count=1" 2>/dev/null; }
echo -1000 >/proc/self/oom_score_adj
pod=kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod3f9a1c2e_7b54_4d1e_9c0a_5e6f7a8b9c0d.slice
id=5b4692b00f00895197216f64ac251278fb5651ef10e82a7721561aed4ec3a39f
need zram num_devices=1; echo 64M >/sys/block/zram0/disksize; mkswap /dev/zram0 >/dev/null; swapon /dev/zram0
[ $v2 ] || for f in $root/memory.use_hierarchy; do [ -e $f ] && echo 1 >$f 2>/dev/null; done
enable() { [ $v2 ] && echo +memory >"$root/$1/cgroup.subtree_control"; }

scene over-limit
group one 20M
[ $v2 ] || echo 20M >$root/one/memory.memsw.limit_in_bytes
sh -c "echo 0 >/proc/self/oom_score_adj; echo \$\$ >$root/one/cgroup.procs; echo -n 'a) (b c' >/proc/self/comm
	x=\$(head -c 30000000 /dev/zero | tr '\\0' a)" 2>/dev/null

scene parent-limit
mkdir -p $root/$pod; d=$pod; while [ "$d" != "${d%/*}" ]; do d=${d%/*}; done
enable .; enable kubepods.slice; enable kubepods.slice/kubepods-burstable.slice
group $pod 24M; [ $v2 ] || echo 24M >$root/$pod/memory.memsw.limit_in_bytes
enable $pod
mkdir $root/$pod/cri-containerd-$id.scope $root/$pod/sidecar
sh -c "echo 0 >/proc/self/oom_score_adj; echo \$\$ >$root/$pod/sidecar/cgroup.procs; exec sleep 600" &
side=$!; sleep 1
(echo 500 >/proc/self/oom_score_adj; hog $pod/cri-containerd-$id.scope 64); kill $side

scene tmpfs
group shm 20M; mkdir -p /tmp/shm; mount -t tmpfs -o size=64m none /tmp/shm
[ $v2 ] || echo 20M >$root/shm/memory.memsw.limit_in_bytes
sh -c "echo 0 >/proc/self/oom_score_adj; echo \$\$ >$root/shm/cgroup.procs; exec dd if=/dev/zero of=/tmp/shm/file bs=64k count=400" 2>/dev/null
umount /tmp/shm

scene swap-limit
group swapped 20M 8M; [ $v2 ] || echo 28M >$root/swapped/memory.memsw.limit_in_bytes
(echo 0 >/proc/self/oom_score_adj; hog swapped 64)

if [ $v2 ]; then
	scene oom-group
	group together 20M; echo 1 >$root/together/memory.oom.group
	sh -c "echo 0 >/proc/self/oom_score_adj; echo \$\$ >$root/together/cgroup.procs; sleep 600 & sleep 601 & sleep 602 &
		dd if=/dev/zero of=/dev/null bs=64M count=1; wait" 2>/dev/null
fi

scene burst
n=0; while [ $n -lt 30 ]; do group burst$n 4M; [ $v2 ] || echo 4M >$root/burst$n/memory.memsw.limit_in_bytes; n=$((n + 1)); done
echo 0 >/proc/self/oom_score_adj
n=0; while [ $n -lt 30 ]; do hog burst$n 16 & n=$((n + 1)); done
wait; echo -1000 >/proc/self/oom_score_adj
scene after-burst
(echo 0 >/proc/self/oom_score_adj; hog burst0 16)

swapoff /dev/zram0
scene sysrq
(echo 700 >/proc/self/oom_score_adj; exec sleep 600) & sleep 1; echo f >/proc/sysrq-trigger; sleep 2

scene global
for n in 1 2 3; do (echo 90$n >/proc/self/oom_score_adj; exec dd if=/dev/zero of=/dev/null bs=150M count=9) 2>/dev/null & done; wait
scene end
sleep 3
dmesg >/out/dmesg.log
timeout 5 cat /dev/kmsg >/tmp/kmsg.log; cp /tmp/kmsg.log /out/kmsg.log
echo recorded
