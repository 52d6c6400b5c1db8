#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# The vDSO of guests where the host's cannot be used: the stub cannot find it, because /proc
# is hidden from ./linux. All is as with it, except that precise clocks are system calls.
here=$(cd "$(dirname "$0")" && pwd)
hide='mount -t tmpfs none /proc'
[ "$(id -u)" = 0 ] && unshare="unshare -m" || unshare="unshare -rm"

if ! $unshare sh -c "$hide" 2>/dev/null; then
	echo "1..0 # SKIP /proc cannot be hidden here (unshare, mount)"
	exit 0
fi
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cat >"$dir/linux" <<END
#!/bin/sh
exec $unshare sh -c '$hide && exec "\$0" "\$@"' "${UM_LINUX:-$here/../../linux}" "\$@"
END
chmod +x "$dir/linux"
"$here/run-guest" --linux "$dir/linux" --tests vdso "$@" -- vdso_test=fallback
