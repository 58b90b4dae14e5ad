"""A mail server that takes its time and remembers every letter by its Message-ID."""

import re
import socketserver
import threading
import time
from collections import Counter
from types import TracebackType
from typing import Any

SLOW = 1.0  # seconds between taking a letter and saying so: a sender killed here does not know whether it arrived


class _Conversation(socketserver.StreamRequestHandler):
    server: Any

    def say(self, words: str) -> None:
        self.wfile.write(f"{words}\r\n".encode())

    def handle(self) -> None:
        self.say("220 mailbox")
        for line in iter(self.rfile.readline, b""):
            verb = line[:4].strip().upper()
            if verb == b"DATA":
                self.say("354 go on")
                self.take()
            elif verb == b"QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 ok")

    def take(self) -> None:
        letter = b""
        for line in iter(self.rfile.readline, b".\r\n"):
            if not line:
                return  # the sender died before the end: not a letter
            letter += line
        found = re.search(rb"^Message-ID: <([^@>]+)@", letter, re.MULTILINE | re.IGNORECASE)
        with self.server.lock:
            self.server.letters[found[1].decode() if found else "without an id"] += 1
        self.server.taking.set()
        time.sleep(self.server.slow)
        self.server.taking.clear()
        self.say("250 taken")


class Mailbox(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Conversation)
        self.slow = SLOW
        self.lock = threading.Lock()
        self.letters: Counter[str] = Counter()
        self.taking = threading.Event()  # a sender waits for our word just now

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A sender that is killed breaks off in the middle: that is the point."""

    def __enter__(self) -> "Mailbox":
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.shutdown()
        self.server_close()
