#!/usr/bin/env bash
# Installs the programs that the tests of this crate drive, on Debian and its relatives, as root.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive
missing=()
for program in curl swaks python3 msmtp gsasl postfix; do
    command -v "$program" >/dev/null || missing+=("$program")
done
# swaks needs these for TLS and for AUTH.
perl -MNet::SSLeay -e 1 2>/dev/null || missing+=(libnet-ssleay-perl)
[ -x /usr/lib/dovecot/submission ] || missing+=(dovecot-core dovecot-submissiond)
[ -d /usr/share/nodejs/nodemailer ] || missing+=(node-nodemailer)
[ "${#missing[@]}" -eq 0 ] || {
    apt-get update -q >/dev/null
    apt-get install -q -y --no-install-recommends "${missing[@]}"
}
