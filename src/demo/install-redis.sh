#!/bin/sh
# Sees to it that there is a Redis server for the sample stack. Quick when there is one. Never fails a build: without one the demo
# runs its Postgres experiment. As root on Debian it installs the package (and starts no service); else it unpacks it into the cache.
set -eu

cache="${XDG_CACHE_HOME:-${HOME:-/nonexistent}/.cache}/brownout/redis"
for name in redis-server valkey-server; do
  if command -v "$name" >/dev/null 2>&1 || [ -x "$cache/usr/bin/$name" ]; then exit 0; fi
done

give_up() {
  echo "no Redis server ($1): install redis-server or valkey-server; until then the demo runs its Postgres experiment alone" >&2
  exit 0
}
command -v apt-get >/dev/null 2>&1 || give_up 'and no apt-get to fetch one'

work=$(mktemp -d)
policy=
trap 'rm -rf "$work"; if [ -n "$policy" ]; then rm -f "$policy"; fi' EXIT
trap 'exit 1' INT TERM
log="$work/log"

if [ "$(id -u)" = 0 ]; then
  echo 'installing redis-server' >&2
  # invoke-rc.d asks this file: 101 means that the package may not start its service.
  if [ ! -e /usr/sbin/policy-rc.d ]; then
    policy=/usr/sbin/policy-rc.d
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
  fi
  export DEBIAN_FRONTEND=noninteractive
  # The lists may be fresh enough though one source of them cannot be reached.
  apt-get -qq update >"$log" 2>&1 || true
  apt-get -qq -y --no-install-recommends install redis-server >>"$log" 2>&1 || give_up 'apt-get could not install it'
  exit 0
fi

# Without root: lists and downloads of our own, unpacked beside one another; redis.ts points the loader at the libraries.
echo "unpacking redis-server into $cache" >&2
apt() { command_=$1; shift; apt-get -qq -o Dir::State::Lists="$work/lists" -o Dir::Cache="$work/cache" -o Debug::NoLocking=1 "$command_" "$@"; }
mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$work/debs" "$work/root"
apt update >"$log" 2>&1 || give_up 'apt-get update failed'
packages=$(apt install --simulate --no-install-recommends redis-server 2>>"$log" | sed -n 's/^Inst \([^ ]*\) .*/\1/p') || true
[ -n "$packages" ] || give_up 'apt knows no package of it'
# shellcheck disable=SC2086 # one word a package
(cd "$work/debs" && apt download $packages >>"$log" 2>&1) || give_up 'the download failed'
for deb in "$work"/debs/*.deb; do
  dpkg-deb -x "$deb" "$work/root" >>"$log" 2>&1 || give_up "$(basename "$deb") could not be unpacked"
done
[ -x "$work/root/usr/bin/redis-server" ] || give_up 'the package holds no program'
mkdir -p "$(dirname "$cache")" 2>>"$log" || give_up "$(dirname "$cache") cannot be written"
rm -rf "$cache"
mv "$work/root" "$cache"
