"""Keys at rest: the data key of each stored file, and the cabinet's own signing keys.

They live in a folder of their own, outside the database and backed up apart, each wrapped by
AES-256-GCM under the key-encryption key; so a stolen database and its files open nothing, and
a destroyed data key takes its file with it (CRY-04). A member's key is never here (CRY-05).

Where a hardware security module is set, the cabinet's own signing keys lie in its token instead,
and the key-encryption key is kept here only as one of the token's keys has sealed it; what marks
each of them in the folder (`.pub`) is its public half, and what it is called there.
"""

import contextlib
import os
import re
import secrets
import threading
from pathlib import Path
from typing import TypeVar

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, mldsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ecabinet.errors import HsmAway, NotFound, SettingRefused
from ecabinet.hsm import Ed25519InHsm, Hsm, P256InHsm, Private, Public

KEY_BYTES = 32
# The rights of everybody but the owner of a file.
OTHERS = 0o077
NONCE_BYTES = 12
PRIVATE = 0o600
KEK, WRAPPED_KEK = "kek", "kek.wrapped"
# The keys that a token takes: the cabinet's own, and none besides. `log-closing` is no such one:
# no module of today signs by ML-DSA (decision 57).
FOR_THE_HSM = re.compile(r"(log|ca-root|ca-member|tsa|seal)(-[0-9]+)?")
# Where a token's place and PIN stand: its PKCS#11 library, its label, its PIN's file.
Token = tuple[Path, str, Path]
Kind = TypeVar("Kind", Ed25519InHsm, P256InHsm)


class Keys:
    """The key store of one cabinet, in one folder."""

    def __init__(self, folder: Path, token: Token | None = None) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder = folder
        self._lock = threading.Lock()
        self._hsm = Hsm(*token) if token else None
        try:
            self._look_where_keys_lie()
            self._kek = AESGCM(self._key_encryption_key())
        except HsmAway as away:
            raise SettingRefused(str(away)) from away

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
        shred(self._path(name))
        mark = self._mark(name)
        if self._hsm is not None and mark.exists():
            self._hsm.destroy(name, mark.read_bytes())
            mark.unlink()
            sync(mark.parent)

    def secret(self) -> bytes:
        """The secret that cookies and tokens are bound to, where the operator set none."""
        return self.make("web-secret")

    def ed25519(self, name: str) -> ed25519.Ed25519PrivateKey:
        if inside := self._in_hsm(name, Ed25519InHsm):
            return inside
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
        if inside := self._in_hsm(name, P256InHsm):
            return inside
        with self._lock:
            found = self._find(name) or self._keep(name, _pkcs8(ec.generate_private_key(P256)))
        key = serialization.load_der_private_key(found, None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        return key

    def keeps(self, name: str) -> bool:
        """Whether a key of this name is here, or in the token."""
        return self._path(name).exists() or self._mark(name).exists()

    def in_hsm(self) -> list[str]:
        """The names of the keys that lie in the token."""
        return sorted(each.stem for each in self._folder.glob("*.pub"))

    def tried_in_hsm(self) -> dict[str, bool]:
        """Each key in the token, and whether it signs as its public half says."""
        assert self._hsm is not None
        tried = {}
        for name in self.in_hsm():
            key = self._hsm.key(name, self._mark(name).read_bytes())
            tried[name] = _signs(key, key.public_key())
        return tried

    def _in_hsm(self, name: str, kind: type[Kind]) -> Kind | None:
        """The key of this name in the token, where it belongs there; made there if it is new."""
        mark = self._mark(name)
        if self._hsm is None or not FOR_THE_HSM.fullmatch(name):
            if mark.exists():
                raise HsmAway(f"{name} lies in a token, and none is set")
            return None
        if not mark.exists():
            # Of two who make it at once, one is first; the other's is asked for by nobody.
            write_new(mark, self._hsm.generate(name, kind))
        key = self._hsm.key(name, mark.read_bytes())
        assert isinstance(key, kind)
        return key

    def _mark(self, name: str) -> Path:
        return self._path(name).with_suffix(".pub")

    def _look_where_keys_lie(self) -> None:
        """Refuse a folder and a token of which one lacks what the other says."""
        sealed = self._folder / WRAPPED_KEK
        if self._hsm is None:
            if sealed.exists() or self.in_hsm():
                raise SettingRefused(
                    f"the keys of {self._folder} lie in a token: set ECABINET_HSM_MODULE, "
                    "ECABINET_HSM_TOKEN and ECABINET_HSM_PIN_FILE"
                )
            return
        if _to_be_moved(self._folder):
            raise SettingRefused(
                f"{self._folder} still holds keys that belong into the token: stop every server "
                "and worker, and run `ecabinet keys move-to-hsm`"
            )
        for name in self.in_hsm():
            if not self._hsm.holds(name, self._mark(name).read_bytes()):
                raise SettingRefused(f"the token {self._hsm.token} does not hold the key {name}")

    def _path(self, name: str) -> Path:
        if not name.replace("-", "").replace("_", "").isalnum():
            raise NotFound(f"key {name}")
        return self._folder / f"{name}.key"

    def _find(self, name: str) -> bytes | None:
        try:
            kept = self._path(name).read_bytes()
        except FileNotFoundError:
            return None
        return _opened(self._kek, name, kept)

    def _keep(self, name: str, key: bytes) -> bytes:
        nonce = secrets.token_bytes(NONCE_BYTES)
        write_new(self._path(name), nonce + self._kek.encrypt(nonce, key, name.encode()))
        found = self._find(name)
        assert found is not None
        return found

    def _key_encryption_key(self) -> bytes:
        path = self._folder / (KEK if self._hsm is None else WRAPPED_KEK)
        # Looked for in this order: a process that begins here at once makes the others after it.
        if (any(self._folder.glob("*.key")) or self.in_hsm()) and not path.exists():
            raise SettingRefused(
                f"{path} is gone, and the keys of {self._folder} cannot be read without it: bring "
                "it back from a copy of this folder"
            )
        if self._hsm is not None:
            if not path.exists():
                write_new(path, self._hsm.wrap(KEK, secrets.token_bytes(KEY_BYTES)))
            return self._hsm.unwrap(KEK, path.read_bytes())
        write_new(path, secrets.token_bytes(KEY_BYTES))
        if path.stat().st_mode & OTHERS:
            raise SettingRefused(f"{path} may be read by others: chmod 600 it")
        return path.read_bytes()


P256 = ec.SECP256R1()
BY_SHA256 = ec.ECDSA(hashes.SHA256())


def move_to_hsm(folder: Path, token: Token) -> list[str]:
    """Bring the cabinet's own keys into a token, none of them anew, and say which.

    A file goes once the token has signed as it would have; whoever stops this in the middle begins
    it again. SettingRefused if nothing is there to be moved, HsmAway if the token is.
    """
    hsm = Hsm(*token)
    names = _to_be_moved(folder)
    if not names:
        raise SettingRefused(f"{folder} holds no key that belongs into the token")
    plain, sealed = folder / KEK, folder / WRAPPED_KEK
    # What is written over last is read last: a file may have been half away when this was stopped.
    kek = hsm.unwrap(KEK, sealed.read_bytes()) if sealed.exists() else plain.read_bytes()
    for name in names:
        path = folder / f"{name}.key"
        mark = path.with_suffix(".pub")
        if name != KEK and not mark.exists():
            key = _loaded(_opened(AESGCM(kek), name, path.read_bytes()))
            made = hsm.take(name, key)
            if not _signs(hsm.key(name, made), key.public_key()):
                raise SettingRefused(f"the token {hsm.token} signs otherwise than the key {name}")
            write_new(mark, made)
        elif name != KEK and not hsm.holds(name, mark.read_bytes()):
            raise SettingRefused(f"the token {hsm.token} does not hold the key {name}")
        shred(path)
    if not sealed.exists():
        wrapped = hsm.wrap(KEK, kek)
        assert hsm.unwrap(KEK, wrapped) == kek
        write_new(sealed, wrapped)
    shred(plain)
    return names


def _to_be_moved(folder: Path) -> list[str]:
    """What lies in the folder though it belongs into the token, the key of all others last."""
    found = sorted(each.stem for each in folder.glob("*.key") if FOR_THE_HSM.fullmatch(each.stem))
    return found + [KEK] * (folder / KEK).exists()


def _loaded(kept: bytes) -> Private:
    if len(kept) == KEY_BYTES:
        return ed25519.Ed25519PrivateKey.from_private_bytes(kept)
    key = serialization.load_der_private_key(kept, None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return key


def _signs(key: Private, public: Public) -> bool:
    """Whether a key signs so that this public half takes it."""
    said = secrets.token_bytes(KEY_BYTES)
    try:
        if isinstance(key, ed25519.Ed25519PrivateKey):
            assert isinstance(public, ed25519.Ed25519PublicKey)
            public.verify(key.sign(said), said)
        else:
            assert isinstance(public, ec.EllipticCurvePublicKey)
            public.verify(key.sign(said, BY_SHA256), said, BY_SHA256)
    except InvalidSignature:
        return False
    return True


def _opened(kek: AESGCM, name: str, kept: bytes) -> bytes:
    return kek.decrypt(kept[:NONCE_BYTES], kept[NONCE_BYTES:], name.encode())


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


def shred(path: Path) -> None:
    """Take a file away if it is there, written over as far as the disk does that in place."""
    with contextlib.suppress(FileNotFoundError):
        with path.open("r+b") as file:
            file.write(secrets.token_bytes(path.stat().st_size))
            file.flush()
            os.fsync(file.fileno())
        path.unlink()
        sync(path.parent)


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
