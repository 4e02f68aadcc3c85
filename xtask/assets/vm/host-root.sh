#!/run/vm/bin/busybox sh
# host-root COMMAND...: runs COMMAND in the file system of the machine outside, under a layer that lives in memory.
set -e
lower=/lower
root=/root2
export PATH=/bin:/run/vm/bin
mkdir -p $lower $root /layer
mount -t 9p -o trans=virtio,version=9p2000.L,msize=262144,ro,cache=loose root $lower
need overlay
mount -t tmpfs -o size=80% layer /layer
mkdir /layer/upper /layer/work
mount -t overlay -o lowerdir=$lower,upperdir=/layer/upper,workdir=/layer/work,index=off,metacopy=off,xino=off root $root
for folder in dev proc sys run ctl host out tmp; do
	grep -q " /$folder " /proc/mounts || continue
	mkdir -p $root/$folder
	mount --rbind /$folder $root/$folder
done
# Docker's own overlays cannot stand on this one.
for folder in var/lib/docker var/lib/containerd; do
	mkdir -p $root/$folder
	mount -t tmpfs $(basename $folder) $root/$folder
done
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/run/vm/bin
cd /
exec /run/vm/bin/busybox chroot $root "$@"
