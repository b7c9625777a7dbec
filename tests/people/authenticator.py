"""A passkey holder in software (WebAuthn 3, 6): what a browser and its system would answer."""

import base64
import hashlib
import json
import secrets
from dataclasses import dataclass, field, replace
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

PRESENT, VERIFIED, ELIGIBLE, BACKED_UP, ATTESTED = 1, 4, 8, 16, 64
ES256 = -7


@dataclass
class Authenticator:
    """One passkey; its fields are what a cheat would change."""

    origin: str = "http://localhost"
    host: str = "localhost"
    flags: int = PRESENT | VERIFIED
    counter: int = 0
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )
    credential_id: bytes = field(default_factory=lambda: secrets.token_bytes(32))

    def but(self, **changed: Any) -> "Authenticator":
        return replace(self, **changed)

    def make(self, options: dict[str, Any]) -> dict[str, Any]:
        """The answer to navigator.credentials.create()."""
        size = len(self.credential_id).to_bytes(2, "big")
        attested = bytes(16) + size + self.credential_id + self._public_key()
        attestation = {
            "fmt": "none", "attStmt": {}, "authData": self._data(self.flags | ATTESTED) + attested
        }  # fmt: skip
        client_data = self._client_data("webauthn.create", options["challenge"])
        return self._answer(clientDataJSON=client_data, attestationObject=cbor2.dumps(attestation))

    def get(self, options: dict[str, Any], kind: str = "webauthn.get") -> dict[str, Any]:
        """The answer to navigator.credentials.get()."""
        client_data, data = self._client_data(kind, options["challenge"]), self._data(self.flags)
        signed = data + hashlib.sha256(client_data).digest()
        return self._answer(
            clientDataJSON=client_data,
            authenticatorData=data,
            signature=self.key.sign(signed, ec.ECDSA(hashes.SHA256())),
        )

    def _data(self, flags: int) -> bytes:
        host = hashlib.sha256(self.host.encode()).digest()
        return host + bytes([flags]) + self.counter.to_bytes(4, "big")

    def _client_data(self, kind: str, challenge: str) -> bytes:
        said = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        return json.dumps(said).encode()

    def _public_key(self) -> bytes:
        at = self.key.public_key().public_numbers()
        x, y = at.x.to_bytes(32, "big"), at.y.to_bytes(32, "big")
        return cbor2.dumps({1: 2, 3: ES256, -1: 1, -2: x, -3: y})

    def _answer(self, **response: bytes) -> dict[str, Any]:
        shown = {name: text_of(value) for name, value in response.items()}
        credential = text_of(self.credential_id)
        return {"id": credential, "rawId": credential, "type": "public-key", "response": shown}


def text_of(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
