#!/run/vm/bin/busybox sh
# docker-busybox-image [NAME]: makes the Docker image NAME (busybox) from the static busybox of this machine.
set -e
bb=/run/vm/bin/busybox
folder=$($bb mktemp -d /run/vm/image.XXXXXX)
$bb mkdir -p "$folder/bin" "$folder/etc" "$folder/tmp" "$folder/root"
$bb cp $bb "$folder/bin/busybox"
for applet in $($bb --list); do
	[ "$applet" = busybox ] || $bb ln -s busybox "$folder/bin/$applet"
done
echo 'root:x:0:0:root:/root:/bin/sh' >"$folder/etc/passwd"
$bb tar -C "$folder" -c . | docker import --change 'CMD ["sh"]' - "${1:-busybox}" >/dev/null
$bb rm -rf "$folder"
