"""Whoever signs the tokens that a `jwt` mount lets in: a key of one test."""

from __future__ import annotations

import base64
import json
import time

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils

_BYTES = 32


class Issuer:
    """One key."""

    def __init__(self):
        self._key = ec.generate_private_key(ec.SECP256R1())
        form = (serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        self.public = self._key.public_key().public_bytes(*form).decode()

    def token(self, **claims):
        """A token for ten minutes."""
        said = {"exp": int(time.time()) + 600, "iat": int(time.time()) - 5, **claims}
        signed = f"{_coded(json.dumps({'alg': 'ES256', 'typ': 'JWT'}).encode())}.{_coded(json.dumps(said).encode())}"
        parts = utils.decode_dss_signature(self._key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
        return f"{signed}.{_coded(b''.join(part.to_bytes(_BYTES, 'big') for part in parts))}"


def _coded(content):
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
