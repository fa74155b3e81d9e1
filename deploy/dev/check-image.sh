#!/usr/bin/env bash
# What the image does, without Docker: publishes as the Dockerfile does and runs the same command lines as user 1654, without rights, under a root that is read-only.
# Takes root on Linux. Ends with 0 if the silo answers its own healthcheck and drains at SIGTERM; needs neither Kafka nor Postgres.
set -euo pipefail
cd "$(dirname "$0")/../.."

app=$(mktemp -d)
trap 'rm -rf "$app"' EXIT
dotnet publish silo -c Release -o "$app" -p:UseAppHost=false --nologo -v quiet
chmod -R a+rX "$app"

export APP=$app DOTNET=$(readlink -f "$(command -v dotnet)")
unshare --mount bash -euo pipefail -c '
    mount --make-rprivate /
    mount --bind "$APP" "$APP"
    mount -o remount,bind,ro "$APP"
    mount -o remount,bind,ro /
    cd "$APP"
    as_nobody=(setpriv --reuid 1654 --regid 1654 --clear-groups --no-new-privs --inh-caps=-all --bounding-set=-all
        env -i DOTNET_EnableDiagnostics=0 HTTP_URL=http://127.0.0.1:18080 POSTGRES_HOST=127.0.0.1 POSTGRES_PORT=1 KAFKA_BROKERS=127.0.0.1:1 "$DOTNET" otelorleans.dll)
    if touch "$APP/x" 2>/dev/null || touch /x 2>/dev/null; then echo "the root can be written to"; exit 1; fi
    "${as_nobody[@]}" run &
    silo=$!
    for _ in $(seq 60); do "${as_nobody[@]}" healthcheck --live 2>/dev/null && break; sleep 1; done
    "${as_nobody[@]}" healthcheck --live
    if "${as_nobody[@]}" healthcheck; then echo "ready without Postgres"; exit 1; fi
    kill -TERM "$silo"
    wait "$silo"
'
echo "the image's layout is sound"
