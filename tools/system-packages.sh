#!/bin/sh
# Install mosquitto and Chromium where this user may use apt. Without them the tests that need them are skipped.
set -u
missing=""
command -v mosquitto >/dev/null || [ -x /usr/sbin/mosquitto ] || missing="$missing mosquitto"
command -v chromium >/dev/null || missing="$missing chromium"
[ -z "$missing" ] && exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing with apt:$missing"
    export DEBIAN_FRONTEND=noninteractive
    # The broker is started by the tests themselves; its own service must not take the port.
    if apt-get update -qq && apt-get install -y -qq --no-install-recommends $missing >/dev/null; then
        exit 0
    fi
    echo "apt could not install:$missing"
fi
echo "Tests that need$missing will be skipped. As root they are installed; or: sudo apt-get install$missing"
exit 0
