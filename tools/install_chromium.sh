#!/bin/sh
# Install Chromium for the tests of HTML pages, if it is absent and can be installed here. It never fails.
set -u

for name in "${SEINFER_CHROMIUM:-chromium}" chromium chromium-headless-shell google-chrome; do
  command -v "$name" >/dev/null 2>&1 && exit 0
done

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "Installing Chromium for the browser tests"
  { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends chromium; } && exit 0
fi

echo "Chromium cannot be installed here: the browser tests will be skipped. To run them: apt-get install chromium, or set SEINFER_CHROMIUM to the path of a Chromium or Chrome." >&2
