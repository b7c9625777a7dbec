"""The exact bytes that prove a person: passwords, codes and passkeys. Knows no table.

The library that reads passkeys takes two seconds to import, so only the functions that need it do.
"""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ecabinet import canonical, keys
from ecabinet.settings import Settings, origin_of
from people import rules
from people.rules import Ceremony

# ---- passwords ----

# AUTH-01: argon2id, at least 19 MiB and two passes.
HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
# Hashed when nobody is known by the name, so that the answer takes as long (AUTH-07).
NOBODY = HASHER.hash(secrets.token_urlsafe(16))


def is_right(hashed: str, password: str) -> bool:
    """Whether this is the password; what is too long for one is never hashed (AUTH-02)."""
    if len(password) > rules.LONGEST_PASSWORD:
        return False
    try:
        return HASHER.verify(hashed or NOBODY, password) and bool(hashed)
    except VerificationError:
        return False


# Words that a Vietnamese would try first; zxcvbn brings 30,000 passwords and as many words.
LOCAL_WORDS = ("matkhau", "vietnam", "chinhphu", "thutuong", "botruong", "hanoi", "phienhop")
# Ten thousand million guesses: what zxcvbn calls "very unguessable" begins here.
SAFE_SCORE = 4
LOOKED_AT = 72


def is_easily_guessed(password: str, names: Sequence[str]) -> bool:
    """Whether lists of common passwords and words lead to this one (AUTH-02)."""
    from zxcvbn import zxcvbn

    known = [word for name in names for word in rules.letters_of_words(name)]
    found = zxcvbn(password[:LOOKED_AT], user_inputs=[*LOCAL_WORDS, *known])
    return bool(found["score"] < SAFE_SCORE)


# ---- codes ----

TOTP_KEY = "totp-seeds"
OUTSIDE_KEY = "outside-token"
NONCE_BYTES = 12


def step_of(seed: str, code: str, at: int) -> int | None:
    """Which half minute a code is right for: this one or the one before."""
    plain = "".join(code.split()).encode()
    totp = pyotp.TOTP(seed)
    this = at // rules.TOTP_SECONDS
    return next(
        (
            step
            for step in (this, this - 1)
            if secrets.compare_digest(totp.at(step * rules.TOTP_SECONDS).encode(), plain)
        ),
        None,
    )


def seal_seed(seed: str) -> bytes:
    """A seed as it is kept; a stolen database holds no usable one."""
    return _seal(TOTP_KEY, seed)


def unseal_seed(sealed: bytes) -> str:
    return _unseal(TOTP_KEY, sealed)


def seal_outside_token(token: str) -> bytes:
    """What the provider has said of a sign-in, as it is kept until the login ends."""
    return _seal(OUTSIDE_KEY, token)


def unseal_outside_token(sealed: bytes) -> str:
    return _unseal(OUTSIDE_KEY, sealed)


def _seal(key: str, text: str) -> bytes:
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + AESGCM(keys.store().make(key)).encrypt(nonce, text.encode(), None)


def _unseal(key: str, sealed: bytes) -> str:
    cipher = AESGCM(keys.store().make(key))
    return cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], None).decode()


def new_seed() -> str:
    return pyotp.random_base32()


def seed_address(seed: str, username: str, cabinet_name: str) -> str:
    """What an application of codes reads from the picture (otpauth)."""
    return pyotp.TOTP(seed).provisioning_uri(name=username, issuer_name=cabinet_name)


# ---- names ----

NAMES_KEY = "names-that-were-tried"


def name_digest(name: str) -> str:
    """What tries are counted by at a name that nobody bears."""
    digest = hmac.digest(keys.store().make(NAMES_KEY), name.encode(), "sha256")
    return f"?{digest.hex()[:40]}"


# ---- recovery codes ----

RECOVERY_KEY = "recovery-codes"
# No letter that is read as another; twelve of them are 60 bits.
RECOVERY_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
RECOVERY_LENGTH = 12


def new_recovery_code() -> str:
    """A code as it is printed: three groups of four."""
    signs = "".join(secrets.choice(RECOVERY_LETTERS) for _ in range(RECOVERY_LENGTH))
    return "-".join(signs[at : at + 4] for at in range(0, RECOVERY_LENGTH, 4))


def recovery_digest(person_id: int, code: str) -> bytes:
    """What is kept of a code; without the key store nobody can try codes against it."""
    plain = "".join(each for each in code.upper() if each.isalnum())
    key = keys.store().make(RECOVERY_KEY)
    return hmac.digest(key, f"{person_id} {plain}".encode(), "sha256")


# ---- passkeys (WebAuthn 3) ----

CHALLENGE_BYTES = 32
BALLOT_TAG, ACT_TAG = b"ecabinet/ballot/v1\0", b"ecabinet/act/v1\0"
TIMEOUT_MS = 60_000


class NotProven(ValueError):
    """The answer of a passkey does not prove what was asked."""


@dataclass(frozen=True)
class RelyingParty:
    """For whom a passkey is made: the host of the cabinet's own address, and the origins of its
    pages."""

    id: str
    origins: tuple[str, ...]
    name: str


@dataclass(frozen=True)
class NewPasskey:
    credential_id: bytes
    public_key: bytes
    sign_count: int
    backup_eligible: bool
    backed_up: bool


@dataclass(frozen=True)
class Assertion:
    """A verified answer: the person touched the passkey's owner check, for our challenge."""

    credential_id: bytes
    sign_count: int
    backup_eligible: bool
    backed_up: bool
    authenticator_data: bytes
    client_data: bytes
    signature: bytes


def relying_party(settings: Settings) -> RelyingParty:
    own = [each for each in (settings.base_url, settings.admin_url) if each]
    host = urlsplit(settings.base_url).hostname or ""
    return RelyingParty(host, tuple(map(origin_of, own)), "e-Cabinet")


def user_handle(person_id: int) -> bytes:
    """What a passkey keeps of its owner: no name, as WebAuthn asks."""
    return f"person-{person_id}".encode()


def bound_challenge(ceremony: Ceremony, nonce: bytes, purpose_digest: bytes) -> bytes:
    """What a step-up for one ballot or act signs: it is good for no other (security.md 3.3)."""
    tag = ACT_TAG if ceremony is Ceremony.ACT else BALLOT_TAG
    return hashlib.sha256(tag + nonce + purpose_digest).digest()


def act_digest(path: str, fields: dict[str, str]) -> bytes:
    """One act as it is sent: where to, and all that its page says."""
    return hashlib.sha256(canonical.encode({"path": path, "fields": fields})).digest()


def creation_options(
    party: RelyingParty, person_id: int, name: str, challenge: bytes, known: Sequence[bytes]
) -> dict[str, Any]:
    """What the browser needs in order to make a passkey that can sign in by itself."""
    import webauthn
    from webauthn.helpers import options_to_json_dict, structs

    options = webauthn.generate_registration_options(
        rp_id=party.id,
        rp_name=party.name,
        user_id=user_handle(person_id),
        user_name=name,
        challenge=challenge,
        timeout=TIMEOUT_MS,
        authenticator_selection=structs.AuthenticatorSelectionCriteria(
            resident_key=structs.ResidentKeyRequirement.REQUIRED,
            user_verification=structs.UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=[structs.PublicKeyCredentialDescriptor(id=each) for each in known],
    )
    return dict(options_to_json_dict(options))


def read_new(party: RelyingParty, answer: dict[str, Any], challenge: bytes) -> NewPasskey:
    """The passkey that a browser has made; NotProven when anything is not as asked."""
    import webauthn
    from webauthn.helpers.structs import CredentialDeviceType

    try:
        made = webauthn.verify_registration_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=party.id,
            expected_origin=list(party.origins),
            require_user_verification=True,
        )
    # Whatever the library says of bytes from outside, they do not prove it.
    except Exception as wrong:
        raise NotProven(str(wrong)) from wrong
    return NewPasskey(
        made.credential_id,
        made.credential_public_key,
        made.sign_count,
        made.credential_device_type is CredentialDeviceType.MULTI_DEVICE,
        made.credential_backed_up,
    )


def request_options(
    party: RelyingParty, challenge: bytes, allowed: Sequence[bytes] = ()
) -> dict[str, Any]:
    """What the browser needs in order to ask a passkey; any of this site, unless some are named."""
    import webauthn
    from webauthn.helpers import options_to_json_dict, structs

    options = webauthn.generate_authentication_options(
        rp_id=party.id,
        challenge=challenge,
        timeout=TIMEOUT_MS,
        user_verification=structs.UserVerificationRequirement.REQUIRED,
        allow_credentials=[structs.PublicKeyCredentialDescriptor(id=each) for each in allowed],
    )
    return dict(options_to_json_dict(options))


def challenge_in(answer: dict[str, Any]) -> bytes:
    """The challenge that an answer says it answers; whether it does is shown by verifying it."""
    from webauthn.helpers import base64url_to_bytes, parse_client_data_json

    try:
        data = base64url_to_bytes(answer["response"]["clientDataJSON"])
        return bytes(parse_client_data_json(data).challenge)
    except Exception as wrong:
        raise NotProven("no challenge") from wrong


def credential_in(answer: dict[str, Any]) -> bytes:
    from webauthn.helpers import base64url_to_bytes

    try:
        return base64url_to_bytes(answer["rawId"])
    except Exception as wrong:
        raise NotProven("no credential") from wrong


def read_assertion(
    party: RelyingParty, answer: dict[str, Any], challenge: bytes, public_key: bytes
) -> Assertion:
    """A passkey's answer, verified: origin, host, challenge, owner check and signature (AUTH-05).

    The counter is left to the caller, who tells its owner when it has gone back.
    """
    import webauthn
    from webauthn.helpers import base64url_to_bytes
    from webauthn.helpers.structs import CredentialDeviceType

    try:
        read = webauthn.verify_authentication_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=party.id,
            expected_origin=list(party.origins),
            credential_public_key=public_key,
            credential_current_sign_count=0,
            require_user_verification=True,
        )
        response = answer["response"]
        return Assertion(
            read.credential_id,
            read.new_sign_count,
            read.credential_device_type is CredentialDeviceType.MULTI_DEVICE,
            read.credential_backed_up,
            base64url_to_bytes(response["authenticatorData"]),
            base64url_to_bytes(response["clientDataJSON"]),
            base64url_to_bytes(response["signature"]),
        )
    except Exception as wrong:
        raise NotProven(str(wrong)) from wrong
