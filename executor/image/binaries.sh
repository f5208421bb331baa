#!/bin/sh
# Puts terraform and tofu into a folder, each as <name>-<version>, and their names, best first, into its file `order`.
#
#   TERRAFORM_VERSIONS, OPENTOFU_VERSIONS   such as "1.11.4 1.9.8"
#   SHA256S   sums that the operator has checked, such as "terraform_1.11.4_linux_arm64.zip=<hex>"; for an archive
#             that is not named here the sum is the one that its makers publish beside it, over TLS
#
# Beside this script: binaries/<name>-<version> is taken as it is, nothing is downloaded for it; keys/<name>.asc is
# the makers' public key (OpenPGP), with which the signature of the published sums is checked if it is there.
set -eu
folder=$1
here=$(dirname "$0")
arch=${ARCH:-$(dpkg --print-architecture)}
temp=$(mktemp -d)
trap 'rm -rf "$temp"' EXIT

fail() {
  echo "$*" >&2
  exit 1
}

# Only from a server that proves who it is; `file` is for releases that were fetched before.
get() {
  curl --fail --silent --show-error --location --proto '=https,file' --retry 5 --output "$temp/$1" "$2/$1" ||
    fail "$2/$1 cannot be fetched: is this a version that was released?"
}

# Answers the SHA-256 that the archive $1 must have; $2 is where it lies, $3 its sums, $4 their signature, $5 whose.
sum_of() {
  for one in ${SHA256S:-}; do
    if [ "${one%%=*}" = "$1" ]; then
      echo "${one#*=}"
      return
    fi
  done
  get "$3" "$2"
  if [ -f "$here/keys/$5.asc" ]; then
    get "$4" "$2"
    gpg --batch --quiet --homedir "$temp" --import "$here/keys/$5.asc"
    gpg --batch --quiet --homedir "$temp" --verify "$temp/$4" "$temp/$3" 2>/dev/null ||
      fail "$2/$3: its signature is not one of keys/$5.asc"
  fi
  grep " $1\$" "$temp/$3" | cut -d ' ' -f 1
}

# $1 name, $2 version, $3 where its releases are, $4 ending of the signature's name
add() {
  target=$folder/$1-$2
  if [ -f "$here/binaries/$1-$2" ]; then
    cp "$here/binaries/$1-$2" "$target"
  else
    archive=$1_$2_linux_$arch.zip
    sum=$(sum_of "$archive" "$3" "$1_$2_SHA256SUMS" "$1_$2_SHA256SUMS.$4" "$1")
    [ -n "$sum" ] || fail "$3: there is no SHA-256 for $archive"
    get "$archive" "$3"
    echo "$sum  $temp/$archive" | sha256sum --check --status ||
      fail "$3/$archive has not the SHA-256 $sum"
    unzip -q -o "$temp/$archive" "$1" -d "$temp"
    mv "$temp/$1" "$target"
  fi
  chmod 755 "$target"
  "$target" version | grep -qF "v$2" || fail "$target does not say that it is $2"
  echo "$1-$2" >>"$folder/order"
  echo "$1 $2"
}

mkdir -p "$folder"
: >"$folder/order"
for version in ${TERRAFORM_VERSIONS:-}; do
  add terraform "$version" "${TERRAFORM_RELEASES:-https://releases.hashicorp.com/terraform}/$version" sig
done
for version in ${OPENTOFU_VERSIONS:-}; do
  add tofu "$version" "${OPENTOFU_RELEASES:-https://github.com/opentofu/opentofu/releases/download}/v$version" gpgsig
done
[ -s "$folder/order" ] || fail 'Neither TERRAFORM_VERSIONS nor OPENTOFU_VERSIONS names a version.'
