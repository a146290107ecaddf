"""The servers: each takes a folder and a port, and is a process whose family does the work."""
import contextlib
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time

from processes import QUIET

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
# smtp-sink does not run as root.
UNROOTED = ["-u", "nobody"] if os.geteuid() == 0 else []


# What servers have stored is deleted at the very end: a file system that has just deleted much is slow to create.
FOLDERS = tempfile.TemporaryDirectory(prefix="mailwire-load-", ignore_cleanup_errors=True)
pathlib.Path(FOLDERS.name).chmod(0o755)


def program(name):
    return shutil.which(name) or f"/usr/sbin/{name}"


def edge(deliver="discard = true", tls="tls = false", role="mx"):
    def start(folder, port):
        config = folder / "edge.toml"
        config.write_text(
            f'hostname = "edge.example.test"\ndomains = ["example.test"]\n{tls}\n[deliver]\n'
            + deliver.format(folder=folder)
            + f'\n[[listener]]\nrole = "{role}"\naddr = "127.0.0.1:{port}"\n'
        )
        target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
        return subprocess.Popen([target / "release/edge", "--config", config], **QUIET)

    return start


def smtp_sink(_, port):
    return subprocess.Popen([program("smtp-sink"), *UNROOTED, "-m", "20000", f"127.0.0.1:{port}", "1000"], **QUIET)


SMTP_SERVER = """
const { SMTPServer } = require('smtp-server');
const fs = require('fs');
const [port, folder] = process.argv.slice(1);
const tls = folder
  ? { secure: true, cert: fs.readFileSync(folder + '/cert.pem'), key: fs.readFileSync(folder + '/key.pem') }
  : { disabledCommands: ['AUTH', 'STARTTLS'] };
new SMTPServer({ logger: false, authOptional: true, disableReverseLookup: true, ...tls,
  onData(stream, session, done) { stream.on('data', () => {}); stream.on('end', done); },
}).on('error', () => {}).listen(Number(port), '127.0.0.1');
"""


def smtp_server(is_tls=False):
    def start(folder, port):
        more = [certificate(folder)] if is_tls else []
        environment = {**os.environ, "NODE_PATH": str(ROOT / "interop/software/node/node_modules")}
        return subprocess.Popen(["node", "-e", SMTP_SERVER, str(port), *more], env=environment, **QUIET)

    return start


AIOSMTPD = """
import asyncio, ssl, sys
from aiosmtpd.smtp import SMTP
class Handler:
    async def handle_DATA(self, server, session, envelope):
        return "250 OK"
async def main():
    tls = None
    if len(sys.argv) > 2:
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(sys.argv[2] + "/cert.pem", sys.argv[2] + "/key.pem")
    make = lambda: SMTP(Handler(), hostname="x.test", decode_data=False)
    await asyncio.get_running_loop().create_server(make, "127.0.0.1", int(sys.argv[1]), ssl=tls)
    await asyncio.Event().wait()
asyncio.run(main())
"""


def aiosmtpd(is_tls=False):
    def start(folder, port):
        more = [certificate(folder)] if is_tls else []
        return subprocess.Popen(["/usr/bin/python3", "-c", AIOSMTPD, str(port), *more], **QUIET)

    return start


def nginx(is_tls=False):
    """Its mail proxy in front of smtp-sink, whose work is not counted; who may go where is answered by itself."""

    def start(folder, port):
        folder.chmod(0o755)
        sink, judge = free_port(), free_port()
        behind = smtp_sink(folder, sink)
        tls = f"ssl_certificate {folder}/cert.pem;\n ssl_certificate_key {folder}/key.pem;\n" if is_tls else ""
        if is_tls:
            certificate(folder)
        (folder / "nginx.conf").write_text(
            "load_module /usr/lib/nginx/modules/ngx_mail_module.so;\n"
            f"daemon off;\nworker_processes 1;\nworker_rlimit_nofile 30000;\npid {folder}/pid;\nerror_log /dev/null;\n"
            "events { worker_connections 25000; }\n"
            "http {\n access_log off;\n"
            f" server {{ listen 127.0.0.1:{judge}; location / {{\n"
            "  add_header Auth-Status OK;\n  add_header Auth-Server 127.0.0.1;\n"
            f"  add_header Auth-Port {sink};\n  return 204;\n }} }}\n}}\n"
            f"mail {{\n server_name x.test;\n auth_http 127.0.0.1:{judge}/;\n xclient off;\n {tls}"
            ' smtp_capabilities PIPELINING 8BITMIME;\n smtp_auth none;\n timeout 300s;\n'
            f" server {{ listen 127.0.0.1:{port}{' ssl' if is_tls else ''}; protocol smtp; }}\n}}\n"
        )
        return Proxy([program("nginx"), "-p", folder, "-c", folder / "nginx.conf"], behind)

    return start


POSTFIX_SERVICES = """
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
smtp unix - - n - - smtp
anvil unix - - n - 1 anvil
showq unix n - n - - showq
"""


def postfix(folder, port):
    """It queues each message, with fsync, and throws it away from there. It has nobody to log to."""
    folder.chmod(0o755)
    for name in ("etc", "data", "queue"):
        (folder / name).mkdir()
    shutil.chown(folder / "data", "postfix")
    (folder / "etc/main.cf").write_text(
        f"compatibility_level = 3.6\nconfig_directory = {folder}/etc\nqueue_directory = {folder}/queue\n"
        f"data_directory = {folder}/data\nmulti_instance_name =\nmyhostname = postfix.example.test\nmydestination =\n"
        "mynetworks = 127.0.0.0/8\ninet_interfaces = loopback-only\ninet_protocols = ipv4\nbiff = no\n"
        "smtpd_peername_lookup = no\ndefault_transport = discard\nrelay_transport = discard\n"
        "smtpd_client_connection_count_limit = 0\ndefault_process_limit = 1100\n"
        "smtpd_tls_security_level = none\nsmtp_tls_security_level = none\n"
    )
    (folder / "etc/master.cf").write_text(f"127.0.0.1:{port} inet n - n - - smtpd" + POSTFIX_SERVICES)
    subprocess.run([program("postfix"), "-c", folder / "etc", "start"], check=True, timeout=60, **QUIET)
    return Daemon(folder / "queue/pid/master.pid", [program("postfix"), "-c", folder / "etc", "abort"])


def submission_login(is_tls=False):
    """Dovecot's process that clients wait in until they have logged in."""

    def start(folder, port):
        folder.chmod(0o755)
        certificate(folder)
        (folder / "users").write_text("alice@example.test:{PLAIN}secret::::::\n")
        (folder / "dovecot.conf").write_text(
            f"base_dir = {folder}/run\nstate_dir = {folder}/state\ninstance_name = bench-{port}\nlog_path = /dev/null\n"
            f"protocols = submission\nlisten = 127.0.0.1\nhostname = x.test\nssl = yes\n"
            f"ssl_cert = <{folder}/cert.pem\nssl_key = <{folder}/key.pem\nfirst_valid_uid = 1\n"
            f"passdb {{\n driver = passwd-file\n args = {folder}/users\n}}\n"
            f"userdb {{\n driver = static\n args = uid=mail gid=mail home={folder}\n}}\n"
            "submission_relay_host = 127.0.0.1\n"
            "service submission-login {\n service_count = 0\n process_min_avail = 1\n client_limit = 20000\n"
            f" inet_listener submission {{\n port = {0 if is_tls else port}\n }}\n"
            f" inet_listener submissions {{\n port = {port if is_tls else 0}\n ssl = yes\n }}\n}}\n"
            "default_client_limit = 25000\nservice anvil {\n client_limit = 25000\n}\nservice auth {\n client_limit = 25000\n}\n"
        )
        subprocess.run([program("dovecot"), "-c", folder / "dovecot.conf"], check=True, timeout=60, **QUIET)
        return Daemon(folder / "run/master.pid", [program("dovecot"), "-c", folder / "dovecot.conf", "stop"])

    return start


class Proxy(subprocess.Popen):
    """A server with another one behind it, that it ends with."""

    def __init__(self, command, behind):
        super().__init__(command, **QUIET)
        self.behind = behind

    def terminate(self):
        super().terminate()
        self.behind.kill()
        self.behind.wait()


class Daemon:
    """A server that has put itself into the background."""

    def __init__(self, pid_file, stop):
        self.stop = stop
        for _ in range(200):
            if pid_file.exists() and pid_file.read_text().strip():
                break
            time.sleep(0.05)
        self.pid = int(pid_file.read_text())

    def terminate(self):
        subprocess.run(self.stop, timeout=60, **QUIET)

    def wait(self):
        for _ in range(200):
            if not pathlib.Path(f"/proc/{self.pid}").exists():
                return
            time.sleep(0.05)


SERVERS = {
    "edge, discard": edge(),
    "edge, Maildir": edge(deliver='maildir = "{folder}/mail"'),
    "smtp-sink": smtp_sink,
    "Postfix's smtpd": postfix,
    "smtp-server": smtp_server(),
    "aiosmtpd": aiosmtpd(),
    "nginx's mail proxy": nginx(),
    "Dovecot's submission-login": submission_login(),
}
# Those of them that speak TLS before all else.
TLS_SERVERS = {
    "edge, discard": edge(tls="", role="submissions"),
    "smtp-server": smtp_server(is_tls=True),
    "aiosmtpd": aiosmtpd(is_tls=True),
    "nginx's mail proxy": nginx(is_tls=True),
    "Dovecot's submission-login": submission_login(is_tls=True),
}


def certificate(folder):
    """Makes one in a folder, and tells the folder."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-keyout", folder / "key.pem", "-out", folder / "cert.pem"],
        check=True, **QUIET,
    )  # fmt: skip
    return str(folder)


def free_port():
    with socket.socket() as it:
        it.bind(("127.0.0.1", 0))
        return it.getsockname()[1]


def wait_for(port):
    for _ in range(400):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except OSError:
            time.sleep(0.05)
    raise SystemExit(f"nobody listens at {port}")


@contextlib.contextmanager
def running(start):
    """A server while it is wanted: its process and its port."""
    port = free_port()
    server = start(pathlib.Path(tempfile.mkdtemp(dir=FOLDERS.name)), port)
    try:
        wait_for(port)
        yield server.pid, port
    finally:
        server.terminate()
        server.wait()
