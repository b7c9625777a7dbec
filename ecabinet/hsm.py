"""A hardware security module that holds the cabinet's own keys, spoken to by PKCS#11 (CRY-05).

A key signs in its token and never leaves it; here is what it is called there, and its public half.
`ecabinet.keys` alone comes here, with the names that are the cabinet's own: never a member's.
"""

import contextlib
import hashlib
import os
import secrets
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import pkcs11
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, utils
from cryptography.utils import Buffer
from pkcs11 import Attribute, KeyType, Mechanism, ObjectClass

from ecabinet.errors import HsmAway

Answer = TypeVar("Answer")
Public = ed25519.Ed25519PublicKey | ec.EllipticCurvePublicKey
Private = ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey

ID_BYTES, NONCE_BYTES, KEY_BYTES, PART_BYTES = 16, 12, 32, 32
OTHERS = 0o077
POINT = serialization.PublicFormat.UncompressedPoint
STAYS = {
    Attribute.TOKEN: True,
    Attribute.PRIVATE: True,
    Attribute.SENSITIVE: True,
    Attribute.EXTRACTABLE: False,
}
SIGNS = STAYS | {Attribute.SIGN: True}
SEALS = STAYS | {Attribute.ENCRYPT: True, Attribute.DECRYPT: True}
# DER of the curves' identifiers: 1.2.840.10045.3.1.7 and 1.3.101.112 (RFC 5480, RFC 8410).
P256_PARAMETERS = bytes.fromhex("06082a8648ce3d030107")
ED25519_PARAMETERS = bytes.fromhex("06032b6570")

# PKCS#11 is initialised once for a process, and here without locks of its own.
_one_at_a_time = threading.Lock()


def _forked() -> None:
    global _one_at_a_time
    _one_at_a_time = threading.Lock()


os.register_at_fork(after_in_child=_forked)


class Hsm:
    """One token, logged into by each process when it first needs it, and when it was away."""

    def __init__(self, module: Path, token: str, pin_file: Path) -> None:
        self.token = token
        self._module, self._pin_file = module, pin_file
        self._session: Any = None
        self._process = 0
        # When the file was last written whose PIN the token has refused.
        self._refused_at: int | None = None

    def generate(self, name: str, kind: "type[Ed25519InHsm | P256InHsm]") -> bytes:
        """Make a key pair in the token: what finds it again, and its public half."""
        return self._ask(lambda session: _generate(session, name, kind))

    def take(self, name: str, key: Private) -> bytes:
        """Bring a key in from outside, once: it does not come out again."""
        public = serialized(key.public_key())
        ident = hashlib.sha256(public).digest()[:ID_BYTES]
        self._ask(lambda session: _take(session, name, ident, key))
        return ident + public

    def key(self, name: str, mark: bytes) -> "Ed25519InHsm | P256InHsm":
        """The key that such a mark stands for; it signs in the token."""
        public = serialization.load_der_public_key(mark[ID_BYTES:])
        if isinstance(public, ed25519.Ed25519PublicKey):
            return Ed25519InHsm(self, name, mark[:ID_BYTES], public)
        assert isinstance(public, ec.EllipticCurvePublicKey)
        return P256InHsm(self, name, mark[:ID_BYTES], public)

    def holds(self, name: str, mark: bytes) -> bool:
        return self._ask(lambda session: _find(session, name, mark[:ID_BYTES]) is not None)

    def destroy(self, name: str, mark: bytes) -> None:
        def gone(session: Any) -> None:
            found = _find(session, name, mark[:ID_BYTES])
            if found is not None:
                found.destroy()

        self._ask(gone)

    def wrap(self, name: str, key: bytes) -> bytes:
        """Seal a key by one that is made for it in the token (AES-256-GCM)."""
        ident, nonce = secrets.token_bytes(ID_BYTES), secrets.token_bytes(NONCE_BYTES)

        def sealed(session: Any) -> bytes:
            made = session.generate_key(
                KeyType.AES, KEY_BYTES * 8, id=ident, label=name, template=SEALS
            )
            return bytes(made.encrypt(key, **_gcm(name, nonce)))

        return ident + nonce + self._ask(sealed)

    def unwrap(self, name: str, wrapped: bytes) -> bytes:
        ident, rest = wrapped[:ID_BYTES], wrapped[ID_BYTES:]
        nonce, box = rest[:NONCE_BYTES], rest[NONCE_BYTES:]

        def opened(session: Any) -> bytes:
            by = _find(session, name, ident, ObjectClass.SECRET_KEY)
            if by is None:
                raise HsmAway(self._lacks(name))
            return bytes(by.decrypt(box, **_gcm(name, nonce)))

        return self._ask(opened)

    def sign(self, name: str, ident: bytes, data: bytes, mechanism: Mechanism) -> bytes:
        def signed(session: Any) -> bytes:
            by = _find(session, name, ident)
            if by is None:
                raise HsmAway(self._lacks(name))
            return bytes(by.sign(data, mechanism=mechanism))

        return self._ask(signed)

    def _lacks(self, name: str) -> str:
        return f"the token {self.token} holds no key {name} of this cabinet"

    def _ask(self, what: Callable[[Any], Answer]) -> Answer:
        """Ask the token; HsmAway if it cannot be asked, and the next who asks logs in anew."""
        with _one_at_a_time:
            try:
                return what(self._opened())
            except HsmAway as wrong:
                away = wrong
            except pkcs11.PKCS11Error as wrong:
                why = str(wrong) or type(wrong).__name__
                away = HsmAway(f"the token {self.token} of {self._module} cannot be used: {why}")
            # Raised out here, so that nothing of what failed is held on to: it would call into the
            # library once more when it goes, and that is done while nobody else does.
            self._session = None
            raise away

    def _opened(self) -> Any:
        if not self._is_open():
            self._process = os.getpid()
            library = pkcs11.lib(str(self._module))
            with contextlib.suppress(pkcs11.PKCS11Error):
                library.finalize()
            library.initialize()
            self._session = self._logged_in(library.get_token(token_label=self.token))
        return self._session

    def _is_open(self) -> bool:
        # A forked process has none of its parent's sessions.
        if self._session is None or self._process != os.getpid():
            return False
        try:
            self._session.generate_random(8)
        except pkcs11.PKCS11Error:
            return False
        return True

    def _logged_in(self, token: pkcs11.Token) -> Any:
        try:
            found, pin = self._pin_file.stat(), self._pin_file.read_text().strip()
        except OSError as wrong:
            raise HsmAway(f"{self._pin_file} cannot be read: {wrong.strerror}") from wrong
        except UnicodeDecodeError as wrong:
            raise HsmAway(f"{self._pin_file} holds no text: a PIN in UTF-8 is expected") from wrong
        if found.st_mode & OTHERS:
            raise HsmAway(f"{self._pin_file} may be read by others: chmod 600 it")
        # A token shuts itself for good after a few wrong ones: none is sent to it twice.
        if found.st_mtime_ns == self._refused_at:
            raise HsmAway(f"{self._pin_file} holds a wrong PIN")
        try:
            session = token.open(rw=True, user_pin=pin)
        except (pkcs11.PinIncorrect, pkcs11.PinLenRange, pkcs11.PinInvalid) as wrong:
            self._refused_at = found.st_mtime_ns
            raise HsmAway(f"{self._pin_file} holds a wrong PIN") from wrong
        self._refused_at = None
        return session


def serialized(public: Public) -> bytes:
    return public.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def _find(
    session: Any, name: str, ident: bytes, kind: ObjectClass = ObjectClass.PRIVATE_KEY
) -> Any | None:
    try:
        return session.get_key(object_class=kind, label=name, id=ident)
    except pkcs11.NoSuchKey:
        return None


def _generate(session: Any, name: str, kind: "type[Ed25519InHsm | P256InHsm]") -> bytes:
    ident = secrets.token_bytes(ID_BYTES)
    is_ed25519 = kind is Ed25519InHsm
    curve = session.create_domain_parameters(
        KeyType.EC_EDWARDS if is_ed25519 else KeyType.EC,
        {Attribute.EC_PARAMS: ED25519_PARAMETERS if is_ed25519 else P256_PARAMETERS},
        local=True,
    )
    made, _ = curve.generate_keypair(id=ident, label=name, store=True, private_template=SIGNS)
    # An OCTET STRING whose length is said by one byte.
    point = bytes(made[Attribute.EC_POINT])[2:]
    public: Public = (
        ed25519.Ed25519PublicKey.from_public_bytes(point)
        if is_ed25519
        else ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    )
    return ident + serialized(public)


def _take(session: Any, name: str, ident: bytes, key: Private) -> None:
    if _find(session, name, ident) is not None:
        return
    if isinstance(key, ed25519.Ed25519PrivateKey):
        kind, parameters, value = KeyType.EC_EDWARDS, ED25519_PARAMETERS, key.private_bytes_raw()
    else:
        number = key.private_numbers().private_value
        kind, parameters, value = KeyType.EC, P256_PARAMETERS, number.to_bytes(PART_BYTES, "big")
    session.create_object(
        SIGNS
        | {
            Attribute.CLASS: ObjectClass.PRIVATE_KEY,
            Attribute.KEY_TYPE: kind,
            Attribute.EC_PARAMS: parameters,
            Attribute.VALUE: value,
            Attribute.LABEL: name,
            Attribute.ID: ident,
        }
    )


def _gcm(name: str, nonce: bytes) -> dict[str, Any]:
    bound = pkcs11.GCMParams(nonce=nonce, aad=name.encode())
    return {"mechanism": Mechanism.AES_GCM, "mechanism_param": bound}


def _refuse(*_: object) -> NoReturn:
    raise TypeError("a key in a token does not leave it")


_stays: Any = _refuse


class Ed25519InHsm(ed25519.Ed25519PrivateKey):
    """A key of the log: what it signs is what the same key outside a token would sign."""

    def __init__(self, hsm: Hsm, name: str, ident: bytes, public: ed25519.Ed25519PublicKey) -> None:
        self._hsm, self._name, self._ident, self._public = hsm, name, ident, public

    def public_key(self) -> ed25519.Ed25519PublicKey:
        return self._public

    def sign(self, data: Buffer) -> bytes:
        return self._hsm.sign(self._name, self._ident, bytes(data), Mechanism.EDDSA)

    private_bytes = private_bytes_raw = _stays

    def __copy__(self) -> "Ed25519InHsm":
        return self

    def __deepcopy__(self, _: object) -> "Ed25519InHsm":
        return self


class P256InHsm(ec.EllipticCurvePrivateKey):
    """A key of certificates, lists, stamps or the seal: the digest goes to the token."""

    def __init__(
        self, hsm: Hsm, name: str, ident: bytes, public: ec.EllipticCurvePublicKey
    ) -> None:
        self._hsm, self._name, self._ident, self._public = hsm, name, ident, public

    def public_key(self) -> ec.EllipticCurvePublicKey:
        return self._public

    @property
    def curve(self) -> ec.EllipticCurve:
        return self._public.curve

    @property
    def key_size(self) -> int:
        return self._public.key_size

    def sign(self, data: Buffer, signature_algorithm: ec.EllipticCurveSignatureAlgorithm) -> bytes:
        algorithm = signature_algorithm.algorithm
        if isinstance(algorithm, utils.Prehashed):
            raise TypeError("a digest that nobody here has made is not signed")
        digest = hashes.Hash(algorithm)
        digest.update(data)
        pair = self._hsm.sign(self._name, self._ident, digest.finalize(), Mechanism.ECDSA)
        r, s = pair[:PART_BYTES], pair[PART_BYTES:]
        return utils.encode_dss_signature(int.from_bytes(r, "big"), int.from_bytes(s, "big"))

    exchange = private_numbers = private_bytes = _stays

    def __copy__(self) -> "P256InHsm":
        return self

    def __deepcopy__(self, _: object) -> "P256InHsm":
        return self
