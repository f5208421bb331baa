#!/bin/sh
# Fills a folder with providers, so that jobs download none: PROVIDERS, such as
# "hashicorp/aws@5.100.0 hashicorp/random@3.7.2". A folder mirror/ beside this script is taken as it is.
# usage: mirror.sh FOLDER BINARIES (the folder that binaries.sh has filled)
set -eu
folder=$1
binaries=$2
here=$(dirname "$0")
arch=${ARCH:-$(dpkg --print-architecture)}
mkdir -p "$folder"
if [ -d "$here/mirror" ]; then cp -R "$here/mirror/." "$folder/"; fi
[ -n "${PROVIDERS:-}" ] || exit 0

# Both look for their providers under the name of their own registry.
for name in terraform tofu; do
  binary=$(grep "^$name-" "$binaries/order" | head -n 1)
  [ -n "$binary" ] || continue
  for provider in $PROVIDERS; do
    root=$(mktemp -d)
    printf '{"terraform":{"required_providers":{"it":{"source":"%s","version":"%s"}}}}\n' \
      "${provider%@*}" "${provider##*@}" >"$root/main.tf.json"
    (cd "$root" && "$binaries/$binary" providers mirror "-platform=linux_$arch" "$folder")
    rm -rf "$root"
  done
done
