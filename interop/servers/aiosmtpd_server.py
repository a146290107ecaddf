"""aiosmtpd, which takes mail for example.test and keeps it as DIR/LOCAL-PART/NUMBER.

    python3 aiosmtpd_server.py DIR SMTP-PORT

DIR has cert.pem and key.pem. The account is alice@example.test, password secret.
"""
import asyncio
import os
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult

folder, port = sys.argv[1], int(sys.argv[2])


class Handler:
    number = 0

    async def handle_RCPT(self, server, session, envelope, address, options):
        if not address.endswith("@example.test"):
            return "550 5.7.1 Not here"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Taken"

    async def handle_DATA(self, server, session, envelope):
        for address in envelope.rcpt_tos:
            mailbox = os.path.join(folder, address.split("@")[0])
            os.makedirs(mailbox, exist_ok=True)
            self.number += 1
            file = os.path.join(mailbox, str(self.number))
            with open(file + ".part", "wb") as part:
                part.write(envelope.content)
            os.rename(file + ".part", file)
        return "250 2.0.0 Stored"


def authenticate(server, session, envelope, mechanism, data):
    right = (data.login, data.password) == (b"alice@example.test", b"secret")
    return AuthResult(success=right, handled=False)


async def main():
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(os.path.join(folder, "cert.pem"), os.path.join(folder, "key.pem"))
    loop = asyncio.get_running_loop()
    handler = Handler()
    server = lambda: SMTP(
        handler,
        hostname="aiosmtpd.example.test",
        tls_context=tls,
        authenticator=authenticate,
        data_size_limit=2 * 1024 * 1024,
        enable_SMTPUTF8=True,
        loop=loop,
    )
    await loop.create_server(server, "127.0.0.1", port)
    await asyncio.Event().wait()


asyncio.run(main())
