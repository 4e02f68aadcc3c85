#!/run/vm/bin/busybox sh
# need MODULE [PARAMETER=VALUE...]: loads a kernel module after what it depends on; built in or loaded is fine.
# As `modprobe -q -- ALIAS` it answers the kernel's own requests.
bb=/run/vm/bin/busybox
modules=/run/vm/modules
quiet=no
while :; do
	case "$1" in
	-q) quiet=yes ;;
	--) ;;
	*) break ;;
	esac
	shift
done
wanted=$1
name=$($bb echo "$wanted" | $bb tr - _)
shift
if [ ! -e "$modules/$name.ko" ]; then
	[ -e "/sys/module/$name" ] && exit 0
	$bb grep -qx "$name" $modules/builtin && exit 0
	name=$($bb awk -v alias="$wanted" '$1 == alias { print $2; exit }' $modules/aliases)
	if [ -z "$name" ]; then
		[ $quiet = yes ] || echo "need: no module $wanted in this machine (xtask/src/vm/modules.rs lists them)" >&2
		exit 1
	fi
fi
for module in $($bb cat "$modules/$name.dep"); do
	[ -e "/sys/module/$module" ] && continue
	if [ "$module" = "$name" ]; then
		$bb insmod "$modules/$module.ko" "$@" || exit 1
	else
		$bb insmod "$modules/$module.ko" || exit 1
	fi
done
