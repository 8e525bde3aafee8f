#!/usr/bin/env bash
# Changes the code a little, many times over, and sees whether a test fails each time: the cipher, keysets and fields, and what the
# rotation engine decides. Takes hours, and is no part of CI; docs/testing.md has what came of it last.
#
#   bash tests/mutation.sh [PmmCrypt.Tests | PmmCrypt.Rotation.Tests]
#
# Reports are written to FOLDER/StrykerOutput of each project. Fails where less than 85 % of the mutants are killed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
dotnet tool restore >/dev/null
code=0
for project in "${@:-PmmCrypt.Tests PmmCrypt.Rotation.Tests}"; do
  for name in $project; do
    (cd "tests/$name" && dotnet stryker) || code=1
  done
done
exit $code
