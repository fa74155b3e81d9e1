#!/usr/bin/env bash
# Runs the tests with all services promised: a test that lacks one fails instead of being skipped. Arguments go to the test platform.
set -euo pipefail
cd "$(dirname "$0")/../.."
export OTELORLEANS_TESTS_REQUIRE_SERVICES=1
exec dotnet test -c Release --no-progress "$@"
