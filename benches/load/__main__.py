"""Messages per second and CPU per message of `edge` beside other servers, under load from Postfix's smtp-source;
or, with --idle, memory per connection that waits; or, with --dawdlers N, the same load with and without so many
clients beside it that are very slow.

    cargo build --release --bin edge && interop/install.sh
    python3 benches/load [--idle | --dawdlers N] [--runs N] [SERVER ...]

Prints a table in Markdown: a line for each load, the median of some runs; in each run the servers one after
another, each with fresh processes. CPU is that of all processes of the server, user and system. Absolute
numbers are this machine's; what compares is one run.
"""
import argparse
import resource
import shutil
import socket
import ssl
import statistics
import subprocess
import time

from dawdlers import dawdlers
from processes import QUIET, cpu, memory
from servers import SERVERS, TLS_SERVERS, running

# Octets, connections, whether a connection is kept open for all its messages.
LOADS = [(size, connections, kept) for size in (1024, 102400) for connections in (1, 10, 100) for kept in (False, True)]
# A run that is measured lasts about so many seconds: CPU is told in hundredths.
SECONDS = 1.0
AT_A_TIME = 50
# Connections, whether in TLS.
WAITING = [(1000, False), (10000, False), (1000, True), (10000, True)]


def send(port, size, connections, kept, messages):
    """Seconds that it takes to send so many messages."""
    load = [shutil.which("smtp-source") or "/usr/sbin/smtp-source", "-s", str(connections), "-l", str(size)]
    load += ["-m", str(messages), "-f", "a@client.example.org", "-t", "alice@example.test"]
    load += (["-d"] if kept else []) + [f"inet:127.0.0.1:{port}"]
    begun = time.monotonic()
    subprocess.run(load, check=True, timeout=300, **QUIET)
    return time.monotonic() - begun


def measure(server, port, size, connections, kept):
    """Messages per second, and microseconds of CPU for each."""
    messages = max(20, 2 * connections)
    elapsed = send(port, size, connections, kept, messages)
    while elapsed < SECONDS / 3 and messages < 100_000:
        messages = int(messages * min(10, SECONDS / max(elapsed, 0.01)))
        elapsed = send(port, size, connections, kept, messages)
    messages = max(connections, int(messages * SECONDS / elapsed))
    before = cpu(server)
    elapsed = send(port, size, connections, kept, messages)
    return messages / elapsed, (cpu(server) - before) / messages * 1e6


def cell(results):
    """What a table has of some runs: their medians."""
    rate, used = (statistics.median(column) for column in zip(*results))
    return f"{rate:,.0f}/s, {used:,.0f} µs"


def tell_load(names, runs):
    print("| message | connections | kept open | " + " | ".join(names) + " |")
    print("|---|---|---|" + "---|" * len(names))
    for size, connections, kept in LOADS:
        results = {name: [] for name in names}
        # In turns, so that whatever else the machine does is in everybody's way.
        for name in names * runs:
            with running(SERVERS[name]) as (server, port):
                results[name].append(measure(server, port, size, connections, kept))
        cells = [cell(its) for its in results.values()]
        print(f"| {size // 1024} KiB | {connections} | {'yes' if kept else 'no'} | " + " | ".join(cells) + " |", flush=True)


def wait_at(port, tls, connections):
    """Connections that have said EHLO, and nothing since. Some servers take their time for a greeting, and some
    let few wait to be accepted, so some are opened at a time."""
    if connections > AT_A_TIME:
        groups = [wait_at(port, tls, AT_A_TIME) for _ in range(connections // AT_A_TIME)]
        return [one for group in groups for one in group]
    waiting = []
    for _ in range(connections):
        one = socket.create_connection(("127.0.0.1", port), timeout=20)
        waiting.append(tls.wrap_socket(one) if tls else one)
    for one in waiting:
        one.recv(1000)
        one.sendall(b"EHLO client.example.org\r\n")
    for one in waiting:
        reply = b""
        while b"250 " not in reply[-80:]:
            octets = one.recv(1000)
            if not octets:
                raise ConnectionError(f"closed behind {reply}")
            reply += octets
    return waiting


def idle(make, connections, is_tls):
    """KiB of memory for each connection that waits."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT) if is_tls else None
    if tls:
        tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE
    with running(make) as (server, port):
        # What the first ones make is not made for each.
        for one in wait_at(port, tls, 5):
            one.close()
        time.sleep(0.5)
        before = memory(server)
        try:
            waiting = wait_at(port, tls, connections)
        except OSError:
            return None
        time.sleep(0.5)
        used = memory(server) - before
        for one in waiting:
            one.close()
        return used / connections


def tell_idle(names):
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    print("| connections | " + " | ".join(names) + " |")
    print("|---|" + "---|" * len(names))
    for connections, is_tls in WAITING:
        if connections + 100 > most:
            continue
        servers = TLS_SERVERS if is_tls else SERVERS
        cells = []
        for name in names:
            # One process for each connection: nobody has ten thousand of them.
            is_too_much = name == "Postfix's smtpd" and connections > 1000
            used = None if is_too_much or name not in servers else idle(servers[name], connections, is_tls)
            cells.append("-" if used is None else f"{used:,.1f} KiB")
        print(f"| {connections:,}{' in TLS' if is_tls else ''} | " + " | ".join(cells) + " |", flush=True)


def tell_dawdlers(names, count, runs):
    print(f"| server | alone | beside {count:,} dawdlers |")
    print("|---|---|---|")
    for name in names:
        cells = []
        for beside in (0, count):
            with running(SERVERS[name]) as (server, port), dawdlers(port, beside):
                results = [measure(server, port, 1024, 10, True) for _ in range(runs)]
            cells.append(cell(results))
        print(f"| {name} | " + " | ".join(cells) + " |", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--idle", action="store_true", help="memory per idle connection instead")
    parser.add_argument("--dawdlers", type=int, metavar="N", help="beside N clients that are very slow")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("servers", nargs="*", help="; ".join(SERVERS))
    arguments = parser.parse_args()
    if arguments.idle:
        waits = [name for name in SERVERS if name != "edge, Maildir"]
        return tell_idle(arguments.servers or waits)
    # It would not take mail without a login.
    takes_mail = [name for name in SERVERS if name != "Dovecot's submission-login"]
    if arguments.dawdlers:
        return tell_dawdlers(arguments.servers or takes_mail, arguments.dawdlers, arguments.runs)
    tell_load(arguments.servers or takes_mail, arguments.runs)


main()
