"""A mail server that speaks just enough SMTP to take a letter, refuse it, or hang up."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    behavior = "take"

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Talk)
        self.letters: list[str] = []


class Talk(socketserver.StreamRequestHandler):
    server: Server

    def say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())

    def handle(self) -> None:
        behavior = self.server.behavior
        self.say("421 busy" if behavior == "busy" else "220 here")
        while line := self.rfile.readline().decode().strip().upper():
            if line.startswith("RCPT") and behavior == "unknown person":
                self.say("550 no such mailbox")
            elif line == "DATA":
                self.say("354 go on")
                letter = []
                while (text := self.rfile.readline().decode()) not in (".\r\n", ""):
                    letter.append(text)
                if behavior == "hang up":
                    return
                self.server.letters.append("".join(letter))
                self.say("554 not this one" if behavior == "refuse" else "250 taken")
            elif line == "QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 fine")


@contextmanager
def mail_server() -> Iterator[Server]:
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield server
        server.shutdown()
        thread.join()
