"""A receiver of our own, and what brings a message to it without a worker."""

import datetime as dt
import http.server
import ssl
import threading
from collections import Counter

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.db import connection
from django.utils import timezone

from coordination.outbox.models import Message
from coordination.outbox.relay import deliver


class Receiver:
    """A real https server on this machine. It keeps what it got and answers what it is told to.

    What is posted to a path that hangs gets no answer before the end; to one that drips, a byte now and then.
    """

    def __init__(self, folder):
        self.got, self.answers = [], []
        self.hanging, self.dripping, self.ended = set(), set(), threading.Event()
        self.at_once, self.most_at_once = Counter(), Counter()
        owner = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                owner.got.append((self.path, dict(self.headers), body))
                owner.at_once[self.path] += 1
                owner.most_at_once[self.path] = max(owner.most_at_once[self.path], owner.at_once[self.path])
                try:
                    self.answer()
                finally:
                    owner.at_once[self.path] -= 1

            def answer(self):
                if self.path in owner.hanging:
                    self.wait_for_the_end()
                    return
                if self.path in owner.dripping:
                    self.drip()
                    return
                status, headers = owner.answers.pop(0) if owner.answers else (204, {})
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()

            def wait_for_the_end(self):
                """Until the caller hangs up."""
                self.connection.settimeout(0.05)
                while not owner.ended.is_set():
                    try:
                        if self.connection.recv(1) == b"":
                            return
                    except TimeoutError:
                        continue
                    except OSError:
                        return

            def drip(self):
                self.send_response(200)
                self.send_header("Content-Length", "1000")
                self.end_headers()
                while not owner.ended.wait(0.05):
                    try:
                        self.wfile.write(b".")
                    except OSError:
                        return

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.certificate = certificate(folder)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self):
        return self.url_of("/hook?team=1")

    def url_of(self, path):
        return f"https://localhost:{self.port}{path}"

    def close(self):
        self.ended.set()
        self.server.shutdown()
        self.server.server_close()


def certificate(folder):
    key, name = (
        ec.generate_private_key(ec.SECP256R1()),
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")]),
    )
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now - dt.timedelta(days=1)).not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    path = folder / "receiver.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


def seal_here():
    """Sealing wants a transaction of its own; a test has one already, so the chain's order is written by hand."""
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into audit_seal (position, event_id, mac) select (select coalesce(max(position), 0) from audit_seal)"
            " + row_number() over (order by event_id), event_id, ''::bytea from audit_pending"
        )
        cursor.execute("delete from audit_pending")


def send(message):
    Message.objects.filter(pk=message.pk).update(
        state="sending", attempts=message.attempts + 1, lease_until=timezone.now() + dt.timedelta(minutes=1)
    )
    message.refresh_from_db()
    deliver(message)
    message.refresh_from_db()
    return message
