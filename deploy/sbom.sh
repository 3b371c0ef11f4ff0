#!/usr/bin/env bash
# deploy/sbom.sh LOCKFILE VERSION SECONDS: the packages of a lock file as a bill of materials (CycloneDX 1.6, JSON),
# with a time in seconds since 1970. The hashes are those that NuGet compares at each restore.
set -euo pipefail
jq --arg version "$2" --argjson time "$3" '
  [.dependencies[] | to_entries[] | select(.value.type != "Project")] | unique_by(.key) | {
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: {
      timestamp: ($time | todate),
      component: {
        type: "application", name: "livechat", version: $version, licenses: [{license: {id: "Apache-2.0"}}]
      }
    },
    components: map({
      type: "library",
      name: .key,
      version: .value.resolved,
      purl: "pkg:nuget/\(.key)@\(.value.resolved)",
      properties: [{name: "nuget:contentHash", value: .value.contentHash}]
    })
  }' "$1"
