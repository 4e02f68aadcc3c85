#!/bin/sh
# debian13-setup ROOT MODULES RELEASE: turns a fresh Debian 13 root into that of a test machine.
# mmdebstrap runs it when all packages are in; MODULES is the folder of the machines' kernel modules.
set -e
root=$1
modules=$root/usr/lib/modules/$3
mkdir -p "$modules" "$root/host" "$root/out" "$root/ctl"
cp "$2"/*.ko "$2"/modules.* "$modules"
chroot "$root" depmod "$3"
# Docker starts when its socket is asked for, not at boot.
chroot "$root" systemctl --quiet disable docker.service containerd.service
chroot "$root" systemctl --quiet enable docker.socket
chroot "$root" systemctl --quiet set-default multi-user.target
# Units that would only make a boot longer.
for unit in apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service \
	fstrim.timer getty@tty1.service systemd-hwdb-update.service systemd-pstore.service; do
	ln -sf /dev/null "$root/etc/systemd/system/$unit"
done
# A known machine, up to date: no first boot to go through.
echo debian13 >"$root/etc/hostname"
echo '127.0.0.1 localhost debian13' >"$root/etc/hosts"
echo 0123456789abcdef0123456789abcdef >"$root/etc/machine-id"
touch "$root/etc/.updated" "$root/var/.updated"
