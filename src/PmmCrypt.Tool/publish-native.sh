#!/usr/bin/env bash
# Publishes the tool as one native file for linux-x64, which needs no .NET where it runs.
#
#   bash src/PmmCrypt.Tool/publish-native.sh FOLDER [OPTION OF dotnet publish]...
#
# Writes FOLDER/pmm-crypt, and nothing else. All verbs are in it but demo; --assembly and SQLite need the .NET tool.
# Needs the .NET SDK, clang or gcc, zlib's and libc's headers, and binutils (Debian: apt-get install gcc libc6-dev zlib1g-dev binutils).
# Fails where the file would not run in PMM Server's image: a GLIBC newer than 2.34, another library beside the C library, 20 MB or more.
set -euo pipefail

newest_glibc=2.34
largest=20000000
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

give_up() { printf 'error: %s\n' "$1" >&2; exit 1; }

[[ ${1:-} && $1 != -* ]] || { sed -n '2,/^set /s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2; exit 2; }
folder=$1
shift
[[ $(uname -s) == Linux && $(uname -m) == x86_64 ]] || give_up "the file is made on Linux x86-64, for it"
if command -v clang >/dev/null; then compiler=clang
elif command -v gcc >/dev/null; then compiler=gcc
else give_up "neither clang nor gcc is there (Debian: apt-get install gcc libc6-dev zlib1g-dev)"; fi
for program in dotnet objcopy objdump; do
  command -v $program >/dev/null || give_up "$program is missing (objcopy and objdump are binutils')"
done
printf '#include <zlib.h>\nint main(void) { return !zlibVersion(); }\n' | $compiler -x c -o /dev/null - -lz ||
  give_up "$compiler cannot build with zlib (Debian: apt-get install libc6-dev zlib1g-dev)"

# Apart from the outputs of the tree: they are those of the .NET tool.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
dotnet publish "$here/PmmCrypt.Tool.csproj" -c Release -r linux-x64 -p:NativeFile=true "-p:CppCompilerAndLinker=$compiler" \
  --artifacts-path "$work/artifacts" -o "$work/out" --nologo -v quiet -nodeReuse:false -p:UseSharedCompilation=false "$@" >&2

# What describes the code to debuggers and editors is no part of it. Anything else would have to travel along.
beside=$(ls -A "$work/out" | grep -vE '^pmm-crypt(\.dbg)?$|\.(pdb|xml)$' || true)
[[ ! $beside ]] || give_up "the file is not alone: $(echo $beside)"
symbols=$(objdump -T "$work/out/pmm-crypt")
glibc=$(grep -o 'GLIBC_[0-9][0-9.]*' <<<"$symbols" | cut -d_ -f2 | sort -uV | tail -n 1 || true)
[[ $glibc ]] || give_up "the file names no symbol of the C library: what objdump says is not understood"
[[ $(printf '%s\n' "$glibc" $newest_glibc | sort -V | tail -n 1) == "$newest_glibc" ]] ||
  give_up "it needs GLIBC $glibc, newer than $newest_glibc: $(grep "GLIBC_$glibc)" <<<"$symbols" | awk '{ printf "%s ", $NF }')"
foreign=$(objdump -p "$work/out/pmm-crypt" | awk '$1 == "NEEDED" && $2 !~ /^(libc|libm|libdl|libpthread|librt|ld-linux-x86-64)\.so\./ { print $2 }')
[[ ! $foreign ]] || give_up "it needs libraries that may not be there: $(echo $foreign)"
size=$(stat -c %s "$work/out/pmm-crypt")
((size < largest)) || give_up "it has $size bytes, not less than $largest"

mkdir -p "$folder"
mv -f "$work/out/pmm-crypt" "$folder/pmm-crypt"
echo "$folder/pmm-crypt: $size bytes, GLIBC $glibc or newer" >&2
