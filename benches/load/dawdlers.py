"""Clients that keep a connection each, and say an octet a second of a command that does not end."""
import contextlib
import socket
import threading
import time


@contextlib.contextmanager
def dawdlers(port, count):
    clients = [socket.create_connection(("127.0.0.1", port)) for _ in range(count)]
    stop = threading.Event()

    def dawdle():
        octets = b"EHLO client.example.org" + b"x" * 400
        for octet in octets:
            begun = time.monotonic()
            for client in clients:
                if stop.is_set():
                    return
                with contextlib.suppress(OSError):
                    client.send(bytes([octet]))
            stop.wait(max(0, 1 - (time.monotonic() - begun)))

    thread = threading.Thread(target=dawdle)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
        for client in clients:
            client.close()
