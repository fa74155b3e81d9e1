#!/usr/bin/env bash
# Makes a machine ready for `make run` and, called with --for-tests, for `make test`: checks the .NET SDK, installs Postgres' server programs and a Chromium where there are none.
# Starts nothing: the programs are used for private servers that end with their run.
set -euo pipefail

say() { echo "dev-setup: $*" >&2; }

if ! command -v dotnet >/dev/null || ! dotnet --list-sdks | grep -q '^10\.'; then
    say "the .NET 10 SDK is missing: see https://dotnet.microsoft.com/download/dotnet/10.0 (Debian and Ubuntu: package dotnet-sdk-10.0 of Microsoft's or"
    say "Ubuntu's feed; macOS: brew install --cask dotnet-sdk), then try again"
    exit 1
fi

has_postgres() {
    local folder
    for folder in \
        "$(pg_config --bindir 2>/dev/null || true)" \
        "$(dirname "$(command -v pg_ctl || echo /nowhere/pg_ctl)")" \
        /usr/lib/postgresql/*/bin /opt/homebrew/opt/postgresql*/bin /usr/local/opt/postgresql*/bin /home/linuxbrew/.linuxbrew/opt/postgresql*/bin; do
        [ -x "$folder/postgres" ] && [ -x "$folder/initdb" ] && return 0
    done
    return 1
}

has_chromium() { command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || [ -d "/Applications/Google Chrome.app" ]; }

# With a server named by the environment there is nothing to install for `make run`; the tests want programs all the same.
missing=()
has_postgres || missing+=(postgresql)
# A browser only for the tests, which drive it; with a font, so that it shows something.
if [ "${1:-}" = --for-tests ] && ! has_chromium; then missing+=(chromium fonts-dejavu-core); fi
if [ ${#missing[@]} -eq 0 ]; then
    exit 0
fi

if ! command -v apt-get >/dev/null; then
    say "this machine lacks ${missing[*]} and has no apt-get: install it (macOS: brew install postgresql; brew install --cask google-chrome), then try again"
    exit 1
fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || { say "installing ${missing[*]} takes root or sudo: run 'apt-get install ${missing[*]}' as root, then try again"; exit 1; }
    as_root=(sudo)
fi

say "installing ${missing[*]} with apt-get"
# Debian's package makes a cluster and starts it on port 5432. Told so beforehand, it makes none, and nothing is left listening.
"${as_root[@]}" mkdir -p /etc/postgresql-common
settings=/etc/postgresql-common/createcluster.conf
if ! has_postgres && ! grep -qsE '^[[:space:]]*create_main_cluster[[:space:]]*=[[:space:]]*(false|no|off)' "$settings"; then
    printf '%s\n' '# Added by OtelOrleans: only the programs are wanted, no server on port 5432.' 'create_main_cluster = false' \
        | "${as_root[@]}" tee -a "$settings" >/dev/null
fi
"${as_root[@]}" apt-get update -qq </dev/null >&2
# confold keeps the line above when the package brings a file of that name.
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    -o Dpkg::Options::=--force-confold "${missing[@]}" </dev/null >&2
has_postgres || { say "apt-get installed postgresql, and still no server programs were found"; exit 1; }
