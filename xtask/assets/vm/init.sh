#!/bin/busybox sh
# Process 1 of a test machine: mounts, shares, control groups, then the one command, then off.
export PATH=/bin:/run/vm/bin HOME=/root TERM=dumb
/bin/busybox mount -t devtmpfs dev /dev
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sys /sys
/bin/busybox --install -s /bin
for module in $(cat /lib/boot/order); do
	[ -e "/sys/module/$module" ] || insmod "/lib/boot/$module.ko"
done
exec </dev/null >/dev/hvc1 2>&1
stty -F /dev/hvc1 raw -echo
mkdir -p /dev/pts /dev/shm
mount -t devpts pts /dev/pts
mount -t tmpfs -o mode=1777 shm /dev/shm
mount -t tmpfs -o size=25%,mode=755 run /run
ln -s /proc/self/fd /dev/fd
ln -s fd/1 /dev/stdout
ln -s fd/2 /dev/stderr
mkdir -p /run/vm/bin /run/vm/modules
cp /bin/busybox /lib/vm/* /run/vm/bin
ln -s need /run/vm/bin/modprobe

nine() { # TAG FOLDER [OPTION]: one folder of the machine that started this one
	mkdir -p "$2" && mount -t 9p -o "trans=virtio,version=9p2000.L,msize=262144${3:+,$3}" "$1" "$2"
}
nine ctl /ctl || reboot -f
. /ctl/settings
nine modules /run/vm/modules ro,cache=loose
[ "$SHARE" = yes ] && nine share /host ro,cache=loose
[ "$OUT" = yes ] && nine out /out
ip link set lo up

if [ "$ROOT" = debian13 ]; then
	need ext4 && mkdir /root2 && mount -t ext4 /dev/vda /root2 || reboot -f
	for folder in dev sys run ctl host out proc; do # proc last: it tells what is mounted
		grep -q " /$folder " /proc/mounts || continue
		mkdir -p "/root2/$folder" && mount --move "/$folder" "/root2/$folder"
	done
	mkdir -p /root2/run/systemd/system/multi-user.target.wants
	cp /lib/systemd/* /root2/run/systemd/system
	ln -s ../highwater-vm.service /root2/run/systemd/system/multi-user.target.wants
	exec switch_root /root2 /lib/systemd/systemd
fi

# What the kernel asks for by itself (a file system on mount, a netfilter match) comes through here.
echo /run/vm/bin/modprobe >/proc/sys/kernel/modprobe
mount -t tmpfs -o size=50%,mode=1777 tmp /tmp
case "$CGROUP" in
v1 | hybrid)
	mount -t tmpfs -o mode=755 cgroup /sys/fs/cgroup
	for controller in memory cpu,cpuacct cpuset blkio devices freezer pids hugetlb; do
		mkdir "/sys/fs/cgroup/$controller"
		mount -t cgroup -o "$controller" cgroup "/sys/fs/cgroup/$controller" || rmdir "/sys/fs/cgroup/$controller"
	done
	mkdir /sys/fs/cgroup/systemd
	mount -t cgroup -o none,name=systemd cgroup /sys/fs/cgroup/systemd
	if [ "$CGROUP" = hybrid ]; then
		mkdir /sys/fs/cgroup/unified
		mount -t cgroup2 cgroup2 /sys/fs/cgroup/unified
	fi
	# Since 5.11 hierarchical use is the only mode; the write is for kernels that still ask.
	echo 1 2>/dev/null >/sys/fs/cgroup/memory/memory.use_hierarchy
	;;
v2)
	mount -t cgroup2 -o nsdelegate,memory_recursiveprot cgroup2 /sys/fs/cgroup
	for controller in memory pids cpu io cpuset hugetlb; do
		echo "+$controller" 2>/dev/null >/sys/fs/cgroup/cgroup.subtree_control
	done
	# A leaf of its own, as under systemd: dockerd looks for its own memory.swap.max, which the root lacks.
	mkdir /sys/fs/cgroup/init
	echo $$ >/sys/fs/cgroup/init/cgroup.procs
	;;
esac
cd /root
if [ "$ROOT" = host ]; then
	run-command host-root
else
	run-command
fi
reboot -f
