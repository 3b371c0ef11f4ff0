#!/usr/bin/env bash
# deploy/package.sh FOLDER [RID]: makes what is released of the last commit, in a folder that is empty or not there:
#   LiveChat.VERSION.nupkg           a .NET tool: dotnet tool install LiveChat --add-source FOLDER
#   livechat-VERSION-RID.tar.gz      the server with the runtime in it, for machines without .NET (RID: linux-x64)
#   livechat-VERSION.cdx.json        what is in it (CycloneDX)
#   SHA256SUMS                       of the three
# It builds a copy of the commit, so that neither what lies around here nor where it lies gets into the files. The same
# commit and the same SDK make the same archive, byte for byte, wherever it is built.
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
folder=${1:?deploy/package.sh FOLDER [RID]} rid=${2:-linux-x64}
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1

mkdir -p "$folder" && folder=$(cd "$folder" && pwd)
[ -z "$(ls -A "$folder")" ] || { echo "$folder is not empty" >&2; exit 2; }
commit=$(git -C "$top" rev-parse HEAD) time=$(git -C "$top" log -1 --format=%ct)
source=$(mktemp -d) && trap 'rm -rf "$source"' EXIT
git -C "$top" archive "$commit" | tar -x -C "$source"
cd "$source/src/LiveChat.Cli"
common=(-c Release -v quiet "-p:PathMap=$source=/livechat" "-p:SourceRevisionId=$commit" -p:UseSharedCompilation=false
  -p:RunAnalyzers=false)
version=$(dotnet msbuild -getProperty:Version)

# The tool: what the lock files say. The archive: the same versions, and the runtime.
dotnet restore --locked-mode -v quiet
dotnet pack --no-restore "${common[@]}" -o "$folder"
"$source/deploy/sbom.sh" packages.lock.json "$version" "$time" > "$folder/livechat-$version.cdx.json"
dotnet restore -r "$rid" --force-evaluate -v quiet
dotnet publish -r "$rid" --self-contained --no-restore "${common[@]}" -o "$source/out/livechat-$version"
cp "$source/LICENSE" "$source/CHANGELOG.md" "$source/deploy/systemd/livechat.service" "$source/out/livechat-$version/"

tar --sort=name --mtime="@$time" --owner=0 --group=0 --numeric-owner --mode='u+rwX,go+rX,go-w' \
  -C "$source/out" -c "livechat-$version" | gzip -n -9 > "$folder/livechat-$version-$rid.tar.gz"
cd "$folder" && sha256sum -- * > SHA256SUMS && cat SHA256SUMS
