"""Keys at rest: the data key of each stored file, and the cabinet's own signing keys.

They live in a folder of their own, outside the database and backed up apart, each wrapped by
AES-256-GCM under the key-encryption key; so a stolen database and its files open nothing, and
a destroyed data key takes its file with it (CRY-04). A member's key is never here (CRY-05).
"""

import contextlib
import os
import secrets
import threading
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, mldsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ecabinet.errors import NotFound, SettingRefused

KEY_BYTES = 32
# The rights of everybody but the owner of a file.
OTHERS = 0o077
NONCE_BYTES = 12
PRIVATE = 0o600


class Keys:
    """The key store of one cabinet, in one folder."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder = folder
        self._lock = threading.Lock()
        self._kek = AESGCM(self._key_encryption_key())

    def make(self, name: str) -> bytes:
        """A new data key under this name, or the one that stands there already."""
        with self._lock:
            return self._find(name) or self._keep(name, secrets.token_bytes(KEY_BYTES))

    def read(self, name: str) -> bytes:
        found = self._find(name)
        if found is None:
            raise NotFound(f"key {name}")
        return found

    def destroy(self, name: str) -> None:
        """Let this key be nowhere in this store; what it sealed is gone with it."""
        path = self._path(name)
        with contextlib.suppress(FileNotFoundError):
            # Written over first, as far as the disk does that in place.
            with path.open("r+b") as file:
                file.write(secrets.token_bytes(path.stat().st_size))
                file.flush()
                os.fsync(file.fileno())
            path.unlink()
            sync(path.parent)

    def secret(self) -> bytes:
        """The secret that cookies and tokens are bound to, where the operator set none."""
        return self.make("web-secret")

    def ed25519(self, name: str) -> ed25519.Ed25519PrivateKey:
        with self._lock:
            found = self._find(name) or self._keep(
                name, ed25519.Ed25519PrivateKey.generate().private_bytes_raw()
            )
        return ed25519.Ed25519PrivateKey.from_private_bytes(found)

    def ml_dsa_44(self, name: str) -> mldsa.MLDSA44PrivateKey:
        """Kept as its seed of 32 bytes (FIPS 204)."""
        with self._lock:
            found = self._find(name) or self._keep(
                name, mldsa.MLDSA44PrivateKey.generate().private_bytes_raw()
            )
        return mldsa.MLDSA44PrivateKey.from_seed_bytes(found)

    def p256(self, name: str) -> ec.EllipticCurvePrivateKey:
        with self._lock:
            found = self._find(name) or self._keep(name, _pkcs8(ec.generate_private_key(P256)))
        key = serialization.load_der_private_key(found, None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        return key

    def _path(self, name: str) -> Path:
        if not name.replace("-", "").replace("_", "").isalnum():
            raise NotFound(f"key {name}")
        return self._folder / f"{name}.key"

    def _find(self, name: str) -> bytes | None:
        try:
            kept = self._path(name).read_bytes()
        except FileNotFoundError:
            return None
        return self._kek.decrypt(kept[:NONCE_BYTES], kept[NONCE_BYTES:], name.encode())

    def _keep(self, name: str, key: bytes) -> bytes:
        nonce = secrets.token_bytes(NONCE_BYTES)
        write_new(self._path(name), nonce + self._kek.encrypt(nonce, key, name.encode()))
        found = self._find(name)
        assert found is not None
        return found

    def _key_encryption_key(self) -> bytes:
        path = self._folder / "kek"
        write_new(path, secrets.token_bytes(KEY_BYTES))
        if path.stat().st_mode & OTHERS:
            raise SettingRefused(f"{path} may be read by others: chmod 600 it")
        return path.read_bytes()


P256 = ec.SECP256R1()


def _pkcs8(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def write_new(path: Path, content: bytes) -> None:
    """Write a file whole and durably under its name, unless one stands there already."""
    if path.exists():
        return
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
        sync(path.parent)
    finally:
        draft.unlink()


def sync(folder: Path) -> None:
    """Let what was made or taken away in a folder outlast a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


_keys: Keys | None = None


def bind(keys: Keys) -> None:
    global _keys
    _keys = keys


def store() -> Keys:
    """The process's key store."""
    if _keys is None:
        raise SettingRefused("no key store is bound")
    return _keys
