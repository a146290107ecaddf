#!/usr/bin/env bash
# Installs the programs that the tests of this crate drive, on Debian and its relatives, as root. What
# cannot be installed beside Postfix, or is no package, goes into interop/software.
set -euo pipefail
cd "$(dirname "$0")"
export DEBIAN_FRONTEND=noninteractive
missing=()
for program in curl swaks python3 msmtp gsasl postfix npm haproxy nginx; do
    command -v "$program" >/dev/null || missing+=("$program")
done
# swaks needs these for TLS and for AUTH.
perl -MNet::SSLeay -e 1 2>/dev/null || missing+=(libnet-ssleay-perl)
# Debian's Python, whatever else is first on the path.
/usr/bin/python3 -c 'import aiosmtpd' 2>/dev/null || missing+=(python3-aiosmtpd)
[ -x /usr/lib/dovecot/submission ] || missing+=(dovecot-core dovecot-submissiond)
[ -x /usr/lib/dovecot/lmtp ] || missing+=(dovecot-lmtpd)
[ -e /usr/lib/nginx/modules/ngx_mail_module.so ] || missing+=(libnginx-mod-mail)
[ -d /usr/share/nodejs/nodemailer ] || missing+=(node-nodemailer)

# Only one of Debian's mail servers may be installed, so the others are unpacked, with their libraries
# installed.
unpacked=()
[ -x software/exim/usr/sbin/exim4 ] || unpacked+=(exim:exim4-base exim:exim4-daemon-heavy)
[ -x software/opensmtpd/usr/sbin/smtpd ] || unpacked+=(opensmtpd:opensmtpd)

if [ "${#missing[@]}" -gt 0 ] || [ "${#unpacked[@]}" -gt 0 ]; then
    apt-get update -q >/dev/null
fi
if [ "${#missing[@]}" -gt 0 ]; then
    apt-get install -q -y --no-install-recommends "${missing[@]}"
fi
for place in "${unpacked[@]}"; do
    package=${place#*:}
    mkdir -p software/debs
    (cd software/debs && rm -f "${package}"_*.deb && apt-get download -q -o APT::Sandbox::User=root "$package")
    dpkg-deb -x software/debs/"${package}"_*.deb software/"${place%%:*}"
    dpkg-deb -f software/debs/"${package}"_*.deb Depends | tr ',|' '\n\n' \
        | awk '$1 ~ /^lib/ { print $1 }' | sort -u \
        | xargs apt-get install -q -y --no-install-recommends
done
# The users that these two give their rights up for.
for user in Debian-exim opensmtpd opensmtpq; do
    id "$user" >/dev/null 2>&1 || useradd --system --no-create-home --home-dir /nonexistent \
        --shell /usr/sbin/nologin --user-group "$user"
done
[ -d software/node/node_modules/smtp-server ] || {
    mkdir -p software/node
    (cd software/node && npm install --no-fund --no-audit --silent smtp-server@3)
}
