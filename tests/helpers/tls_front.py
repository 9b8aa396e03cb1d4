"""A proxy of this machine that leads to Google's name, and there to a server of the tests, by TLS.

So the real host, TLS, the check of certificates and proxies are tried without leaving the machine.
"""

from __future__ import annotations

import contextlib
import datetime
import socket
import ssl
import threading
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from tests.helpers.loopback import LOOPBACK, HttpHandler, LoopbackServer


class TlsFront(LoopbackServer):
    """Answers CONNECT, whatever the host, as `host` would, and passes on to a port."""

    def __init__(self, folder: Path, host: str, grpc_port: int, http_port: int) -> None:
        super().__init__(_Tunnel)
        self.ports = {"h2": grpc_port}
        self.http_port = http_port
        self.asked: list[str] = []
        self.certificate = folder / "certificate.pem"
        """What clients must trust."""
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.tls.load_cert_chain(_certificate(self.certificate, host))
        self.tls.set_alpn_protocols(["h2", "http/1.1"])

    def environment(self) -> dict[str, str]:
        """What makes clients come here, and trust it."""
        return {
            "https_proxy": self.url,
            "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH": str(self.certificate),
            "REQUESTS_CA_BUNDLE": str(self.certificate),
        }


class _Tunnel(HttpHandler):
    server: TlsFront

    def do_CONNECT(self) -> None:
        self.server.asked.append(self.path)
        self.send_response(200)
        self.end_headers()
        self.close_connection = True
        with contextlib.suppress(OSError), self._unwrapped() as inner:
            port = self.server.ports.get(
                inner.selected_alpn_protocol() or "", self.server.http_port
            )
            with socket.create_connection((LOOPBACK, port)) as target:
                there = threading.Thread(target=_pass_on, args=(inner, target))
                there.start()
                _pass_on(target, inner)
                there.join()

    def _unwrapped(self) -> ssl.SSLSocket:
        return self.server.tls.wrap_socket(self.connection, server_side=True)


def _pass_on(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError, ValueError):
        while data := source.recv(1 << 16):
            sink.sendall(data)
    for end in (source, sink):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


def _certificate(path: Path, host: str) -> Path:
    """A certificate that `host` gives itself, with its key, as PEM."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + secret)
    return path
