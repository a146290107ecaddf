#!/usr/bin/env python3
"""Messages per second and CPU per message of `edge` beside other servers, under load from Postfix's smtp-source.

    cargo build --release --bin edge && python3 benches/load.py [--messages N] [--idle] [SERVER ...]

Needs smtp-source and smtp-sink (Postfix), and node with smtp-server, and aiosmtpd, for those two
(interop/install.sh puts all of them where this looks). Prints a table in Markdown: a line for each load, the
servers in one run after another, each with a fresh process. CPU is that of the server's processes, user and
system. Absolute numbers are this machine's; what compares is one run.
"""
import argparse
import contextlib
import os
import pathlib
import resource
import shutil
import socket
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
# smtp-sink does not run as root.
UNROOTED = ["-u", "nobody"] if os.geteuid() == 0 else []
QUIET = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
TICK = os.sysconf("SC_CLK_TCK")
# Octets, connections, whether a connection is kept open for all its messages, and by how much fewer messages.
LOADS = [(size, connections, kept) for size in (1024, 102400) for connections in (1, 10, 100) for kept in (False, True)]

SMTP_SERVER = """
const { SMTPServer } = require('smtp-server');
new SMTPServer({ logger: false, disabledCommands: ['AUTH', 'STARTTLS'], disableReverseLookup: true,
  onData(stream, session, done) { stream.on('data', () => {}); stream.on('end', done); },
}).listen(Number(process.argv[1]), '127.0.0.1');
"""
AIOSMTPD = """
import asyncio, sys
from aiosmtpd.smtp import SMTP
class Handler:
    async def handle_DATA(self, server, session, envelope):
        return "250 OK"
async def main():
    loop = asyncio.get_running_loop()
    await loop.create_server(lambda: SMTP(Handler(), hostname="x.test", decode_data=False), "127.0.0.1", int(sys.argv[1]))
    await asyncio.Event().wait()
asyncio.run(main())
"""


def free_port():
    with socket.socket() as it:
        it.bind(("127.0.0.1", 0))
        return it.getsockname()[1]


def edge(folder, port, deliver):
    config = folder / "edge.toml"
    config.write_text(
        'hostname = "edge.example.test"\ndomains = ["example.test"]\ntls = false\n'
        f'[deliver]\n{deliver}\n[[listener]]\nrole = "mx"\naddr = "127.0.0.1:{port}"\n'
    )
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    return [str(target / "release/edge"), "--config", str(config)], {"NO_COLOR": "1"}


SERVERS = {
    "edge, discard": lambda folder, port: edge(folder, port, "discard = true"),
    "edge, Maildir": lambda folder, port: edge(folder, port, f'maildir = "{folder}/mail"'),
    "smtp-sink": lambda folder, port: ([shutil.which("smtp-sink") or "/usr/sbin/smtp-sink", *UNROOTED, f"127.0.0.1:{port}", "1000"], {}),
    "smtp-server": lambda folder, port: (
        ["node", "-e", SMTP_SERVER, str(port)],
        {"NODE_PATH": str(ROOT / "interop/software/node/node_modules")},
    ),
    "aiosmtpd": lambda folder, port: (["/usr/bin/python3", "-c", AIOSMTPD, str(port)], {}),
}


def cpu(pid):
    """Seconds of a process; all of these servers are one."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def wait_for(port):
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except OSError:
            time.sleep(0.05)
    raise SystemExit(f"nobody listens at {port}")


@contextlib.contextmanager
def running(name):
    """One of the servers, while it is wanted: its process and its port."""
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        command, more = SERVERS[name](pathlib.Path(folder), port)
        server = subprocess.Popen(command, env={**os.environ, **more}, **QUIET)
        try:
            wait_for(port)
            yield server.pid, port
        finally:
            server.kill()
            server.wait()


def measure(name, size, connections, kept, messages):
    with running(name) as (pid, port):
        load = [shutil.which("smtp-source") or "/usr/sbin/smtp-source", "-s", str(connections), "-l", str(size)]
        load += ["-m", str(messages), "-f", "a@client.example.org", "-t", "alice@example.test"]
        load += (["-d"] if kept else []) + [f"inet:127.0.0.1:{port}"]
        before, begun = cpu(pid), time.monotonic()
        subprocess.run(load, check=True, **QUIET)
        elapsed, used = time.monotonic() - begun, cpu(pid) - before
        return messages / elapsed, used / messages * 1e6


def resident(pid):
    """KiB of memory that a process has."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0])


def idle(name, connections):
    """KiB of memory for each of so many connections that have said EHLO, and nothing since."""
    with running(name) as (pid, port):
        time.sleep(0.5)
        before, open_ones = resident(pid), []
        for _ in range(connections):
            one = socket.create_connection(("127.0.0.1", port))
            one.settimeout(20)
            one.recv(1000)
            one.sendall(b"EHLO client.example.org\r\n")
            one.recv(1000)
            open_ones.append(one)
        return (resident(pid) - before) / connections


def tell_idle(servers):
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    print("| connections | " + " | ".join(servers) + " |")
    print("|---|" + "---|" * len(servers))
    for connections in (1000, 10000):
        if connections + 100 > most:
            continue
        cells = [f"{idle(name, connections):.1f} KiB" for name in servers]
        print(f"| {connections:,} | " + " | ".join(cells) + " |", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--idle", action="store_true", help="memory per idle connection instead")
    parser.add_argument("--messages", type=int, default=20000)
    parser.add_argument("servers", nargs="*", default=list(SERVERS))
    arguments = parser.parse_args()
    if arguments.idle:
        return tell_idle(arguments.servers)
    print("| message | connections | kept open | " + " | ".join(arguments.servers) + " |")
    print("|---|---|---|" + "---|" * len(arguments.servers))
    for size, connections, kept in LOADS:
        messages = arguments.messages // (10 if size > 10000 else 1)
        cells = []
        for name in arguments.servers:
            # The slow ones need fewer to be measured as well. smtp-server waits for acknowledgements.
            fewer = {"aiosmtpd": 10, "edge, Maildir": 10, "smtp-server": 10 if kept else 100}
            count = messages // fewer.get(name, 1)
            rate, micros = measure(name, size, connections, kept, max(count, connections))
            cells.append(f"{rate:,.0f}/s, {micros:,.0f} µs")
        print(f"| {size // 1024} KiB | {connections} | {'yes' if kept else 'no'} | " + " | ".join(cells) + " |", flush=True)


main()
