"""Receivers on loopback that write down what they are told: over HTTP, with and without TLS, and by mail."""

from __future__ import annotations

import contextlib
import ssl
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from guardrails.secret import SecretRef
from guardrails.testing.servers import free_port


def certificate(folder, *names):
    """A certificate of its own for some names, and its key, in one file; it is its own authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
    now = datetime.now(UTC)
    alternatives = [x509.IPAddress(ip_address(name)) if name[0].isdigit() else x509.DNSName(name) for name in names]
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / f"{names[0]}.pem"
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(made.public_bytes(pem) + private)
    return path


def tls(path):
    found = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    found.load_cert_chain(path)
    return found


@dataclass
class Receiver:
    """What came, and how it answers."""

    port: int = 0
    came: list = field(default_factory=list)
    status: int = 204
    headers: dict = field(default_factory=dict)
    answer: object = None

    @property
    def where(self):
        return f"localhost:{self.port}"


@contextlib.contextmanager
def http(certified=None):
    """A server; `answer` may take the connection over."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            receiver.came.append((self.command, self.path, dict(self.headers.items()), body.decode()))
            if receiver.answer:
                receiver.answer(self)
                return
            self.send_response(receiver.status)
            for name, value in receiver.headers.items():
                self.send_header(name, value)
            self.end_headers()

        do_GET = do_POST  # noqa: N815  # the server asks for it by this name

        def log_message(self, *_):
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        block_on_close = False

        def handle_error(self, *_):
            pass

    server = Server(("127.0.0.1", 0), Handler)
    if certified:
        server.socket = tls(certified).wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    receiver.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Box:
    def __init__(self, receiver, refused):
        self.receiver, self.refused = receiver, refused

    async def handle_RCPT(self, _server, _session, envelope, address, _options):  # noqa: N802  # likewise
        if address in self.refused:
            return "550 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server, session, envelope):  # noqa: N802  # likewise
        self.receiver.came.append((envelope.mail_from, envelope.rcpt_tos, envelope.content, session.ssl is not None, session.authenticated))
        return f"{self.receiver.status} said" if self.receiver.status != 204 else "250 OK"


@contextlib.contextmanager
def smtp(certified=None, *, implicit=False, password="", refused=()):
    """A mail server, with STARTTLS when it has a certificate, or TLS from the first byte."""
    receiver = Receiver(port=free_port())
    starttls = tls(certified) if certified and not implicit else None

    def allowed(server, session, envelope, mechanism, given):
        return AuthResult(success=given.password == password.encode())

    class _Controller(Controller):
        def factory(self):
            more = {"authenticator": allowed, "auth_require_tls": True} if password else {}
            return SMTP(self.handler, hostname="localhost", tls_context=starttls, **more)

    controller = _Controller(
        _Box(receiver, refused), hostname="127.0.0.1", port=receiver.port, ssl_context=tls(certified) if implicit else None
    )
    controller.start()
    try:
        yield receiver
    finally:
        controller.stop()


def secret(monkeypatch, name, value):
    """A reference to a secret of the environment."""
    monkeypatch.setenv(name, value)
    return SecretRef.parse(f"env:{name}")
