"""What an operator may set: `ECABINET_*`, or `ECABINET_*_FILE` for secrets (docs/settings.md)."""

import os
import re
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import (
    Field,
    IPvAnyNetwork,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from ecabinet.errors import SettingRefused

PREFIX = "ECABINET_"
SignatureClass = Literal["device", "token", "official-duty"]


class Settings(BaseSettings):
    """Frozen, read once; a half-set production refuses to start (SEC-01)."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid")

    env: Literal["demo", "production"] = "demo"
    data_dir: Path = Path("var")
    database_url: str = ""
    async_: Literal["threading", "eventlet"] = "threading"
    base_url: str = "http://localhost:8000"
    # Where administrators do their work, if not where everybody does (AC-11).
    admin_url: str = ""
    # Where stored files are handed out, if not where the pages are (UPL-05).
    files_url: str = ""
    # By what a demo is reached over TLS from its own network; `serve --tls` finds them.
    network_names: Annotated[tuple[str, ...], NoDecode] = ()
    # The addresses, or networks, of the proxies whose word about a request is taken (WEB-05).
    proxies: Annotated[tuple[IPvAnyNetwork, ...], NoDecode] = ()
    secret_key: SecretStr = SecretStr("")
    cabinet_name: str = "Chính phủ"
    time_zone: str = "Asia/Ho_Chi_Minh"
    # Hours between enrolling a signing key and its first use (AUTH-09); nobody waits in a demo.
    key_waiting_hours: int = -1
    # Days for which a signing key's certificate is good, and how long before its end its owner is
    # told, and may renew it by it (AUTH-09).
    key_days: int = Field(default=365, ge=1, le=1825)
    key_renewal_days: int = Field(default=30, ge=1, le=365)
    # Which classes of signature count; a ballot of another waits for one that does (BAL-04).
    signature_classes: Annotated[tuple[SignatureClass, ...], NoDecode] = (
        "device", "token", "official-duty",
    )  # fmt: skip
    # Who certifies official-duty keys, and members' own tokens: PEM, roots and what stands between.
    official_authorities: Path | None = None
    token_authorities: Path | None = None
    # Where the national signing client listens on the member's own device: the one address beside
    # our own that a page may speak to.
    signing_plugin: str = ""
    max_upload_mb: int = 200
    # A PKCS#11 library, the label of a token in it and where its PIN stands: set, the cabinet's
    # own signing keys lie there (CRY-05). The PIN is no setting: it is read when it is needed.
    hsm_module: Path | None = None
    hsm_token: str = ""
    hsm_pin_file: Path | None = None
    # What readers may do with papers that come in, until their label says otherwise.
    handling: Literal["free", "read", "online"] = "free"
    # Days after which readers' notes go, counted from the end of the matter; 0 keeps them. Of the
    # dossiers under legal hold none goes.
    notes_days: int = Field(default=0, ge=0, le=3650)
    notes_held: Annotated[tuple[int, ...], NoDecode] = ()
    # Who cosigns the log from outside, each as KEY@URL, and how many must: 0 is all (LOG-04).
    witnesses: Annotated[tuple[str, ...], NoDecode] = ()
    witnesses_needed: int = Field(default=0, ge=0)
    # Where clamd listens; set, no file comes in that it has not called clean (UPL-07).
    clamd_socket: Path | None = None
    # Another's time-stamp authority, and whose certificates (PEM) it may sign by.
    tsa_url: str = ""
    tsa_certificate: Path | None = None
    tsa_policy: str = ""
    # Days after which an archived file is stamped anew.
    restamp_days: int = Field(default=365, ge=30, le=1825)
    # The authorities whose signatures on papers are trusted beside the cabinet's own: PEM.
    trusted_authorities: Path | None = None
    # Mail goes by SMTP where a host is set; a demo without one keeps its mail in a folder.
    smtp_host: str = ""
    smtp_port: int = 587
    smtp_tls: Literal["starttls", "tls", "none"] = "starttls"
    smtp_ca: str = ""
    smtp_user: str = ""
    smtp_password: SecretStr = SecretStr("")
    smtp_from: str = ""
    # SMS go to a gateway's address; headers and body are JSON with places to be filled.
    sms_url: str = ""
    sms_headers: dict[str, str] = {}
    sms_body: dict[str, Any] = {"to": "{to}", "text": "{text}", "id": "{key}"}
    sms_form: bool = False
    sms_secret: SecretStr = SecretStr("")
    sms_accepted: str = ""
    sms_accents: bool = True
    sms_ca: str = ""
    # How long an invitation is good; never longer than an hour (AUTH-08).
    invitation_minutes: int = Field(default=60, ge=5, le=60)

    # The office's provider of accounts (OpenID Connect), where there is one.
    oidc_issuer: str = Field(default="", max_length=200)
    oidc_client_id: str = ""
    oidc_client_secret: SecretStr = SecretStr("")
    # Strengths of which one is enough, and methods that are all needed, in the provider's words.
    oidc_acr: Annotated[tuple[str, ...], NoDecode] = ()
    oidc_amr: Annotated[tuple[str, ...], NoDecode] = ()
    oidc_max_age_minutes: int = Field(default=15, ge=1, le=60)
    oidc_ca: str = ""

    @field_validator(
        "proxies", "network_names", "oidc_acr", "oidc_amr", "notes_held", "witnesses",
        "signature_classes", mode="before",
    )  # fmt: skip
    @classmethod
    def parted_by_commas(cls, given: object) -> object:
        if not isinstance(given, str):
            return given
        return [each for each in re.split(r"[,\s]+", given) if each]

    @model_validator(mode="after")
    def address_is_one(self) -> "Settings":
        # It says who may open a socket: a pattern here would let others in (WS-01).
        if not re.fullmatch(r"https?://[A-Za-z0-9.-]+(:[0-9]+)?/?", self.base_url):
            raise ValueError("ECABINET_BASE_URL must be one address, http(s)://name[:port]")
        return self

    @model_validator(mode="after")
    def some_signature_counts(self) -> "Settings":
        if not self.signature_classes:
            raise ValueError("ECABINET_SIGNATURE_CLASSES must name at least one class")
        return self

    @model_validator(mode="after")
    def plugin_is_on_the_device(self) -> "Settings":
        local = r"(wss?)://(localhost|127\.0\.0\.1):[0-9]+"
        if self.signing_plugin and not re.fullmatch(local, self.signing_plugin):
            raise ValueError("ECABINET_SIGNING_PLUGIN must be ws(s)://127.0.0.1:port or localhost")
        return self

    @model_validator(mode="after")
    def token_is_whole(self) -> "Settings":
        if any(self._hsm_settings) and not all(self._hsm_settings):
            names = "ECABINET_HSM_MODULE, ECABINET_HSM_TOKEN and ECABINET_HSM_PIN_FILE"
            raise ValueError(f"{names} are set together, or none of them is")
        return self

    @model_validator(mode="after")
    def administration_stands_below(self) -> "Settings":
        if not self.admin_url:
            return self
        own, its = urlsplit(self.base_url), urlsplit(self.admin_url)
        if not re.fullmatch(r"https?://[A-Za-z0-9.-]+(:[0-9]+)?/?", self.admin_url):
            raise ValueError("ECABINET_ADMIN_URL must be one address, http(s)://name[:port]")
        # A passkey is good for a name and for what stands below it, and for nothing else.
        if its.scheme != own.scheme or not (its.hostname or "").endswith(f".{own.hostname}"):
            raise ValueError("ECABINET_ADMIN_URL must be a name below ECABINET_BASE_URL's")
        return self

    @model_validator(mode="after")
    def files_stand_apart(self) -> "Settings":
        if not self.files_url:
            return self
        if not re.fullmatch(r"https?://[A-Za-z0-9.-]+(:[0-9]+)?/?", self.files_url):
            raise ValueError("ECABINET_FILES_URL must be one address, http(s)://name[:port]")
        own, its = urlsplit(self.base_url), urlsplit(self.files_url)
        # A cookie belongs to a name, whatever the port.
        ours = {own.hostname, self.admin_host, *LOOPBACK, *self.network_names}
        if its.scheme != own.scheme or its.hostname in ours:
            raise ValueError("ECABINET_FILES_URL must be a name of its own, as safe as the base's")
        return self

    @model_validator(mode="after")
    def production_is_whole(self) -> "Settings":
        if self.env == "production":
            if urlsplit(self.base_url).scheme != "https":
                raise ValueError("ECABINET_BASE_URL must be https in production")
            if len(self.secret_key.get_secret_value()) < 32:
                raise ValueError("ECABINET_SECRET_KEY needs at least 32 characters in production")
            if self.network_names:
                raise ValueError("ECABINET_NETWORK_NAMES is for a demo alone")
            if not self.proxies:
                raise ValueError("ECABINET_PROXIES must name the proxy that ends TLS in production")
        return self

    @model_validator(mode="after")
    def ways_out_are_whole(self) -> "Settings":
        if self.smtp_host and not self.smtp_from:
            raise ValueError("ECABINET_SMTP_FROM must name who mail is from")
        if self.sms_url and not urlsplit(self.sms_url).hostname:
            raise ValueError("ECABINET_SMS_URL must be an address with a host")
        if self.env == "production":
            if self.smtp_host and self.smtp_tls == "none" and self.smtp_host not in LOOPBACK:
                raise ValueError("ECABINET_SMTP_TLS must be starttls or tls in production")
            if self.sms_url and urlsplit(self.sms_url).scheme != "https":
                raise ValueError("ECABINET_SMS_URL must be https in production")
        return self

    @model_validator(mode="after")
    def provider_is_whole(self) -> "Settings":
        if not self.oidc_issuer:
            return self
        issuer = urlsplit(self.oidc_issuer)
        is_near = self.env == "demo" and issuer.hostname in LOOPBACK
        if not issuer.hostname or (issuer.scheme != "https" and not is_near):
            raise ValueError("ECABINET_OIDC_ISSUER must be an https address")
        if not self.oidc_client_id or not self.oidc_client_secret.get_secret_value():
            raise ValueError("ECABINET_OIDC_CLIENT_ID and ECABINET_OIDC_CLIENT_SECRET must be set")
        if not self.oidc_acr and not self.oidc_amr:
            raise ValueError("ECABINET_OIDC_ACR or ECABINET_OIDC_AMR must say what is strong")
        return self

    @property
    def database(self) -> str:
        """The database's address: an embedded SQLite file unless another is set."""
        return self.database_url or f"sqlite:///{(self.data_dir / 'ecabinet.db').resolve()}"

    @property
    def demo_accounts(self) -> Path:
        """Where a demo keeps its accounts, with their passwords."""
        return self.data_dir / "demo-accounts.json"

    @property
    def _hsm_settings(self) -> tuple[Path | None, str, Path | None]:
        return self.hsm_module, self.hsm_token, self.hsm_pin_file

    @property
    def hsm(self) -> tuple[Path, str, Path] | None:
        """The library, the token and its PIN's file, where the cabinet's keys lie in a token."""
        if self.hsm_module is None or self.hsm_pin_file is None:
            return None
        return self.hsm_module, self.hsm_token, self.hsm_pin_file

    @property
    def embedded(self) -> bool:
        return not self.database_url

    @property
    def secure(self) -> bool:
        return urlsplit(self.base_url).scheme == "https"

    @property
    def cookie_name(self) -> str:
        """What a browser's secret is called."""
        return self.cookie("ecabinet")

    def cookie(self, name: str) -> str:
        """What a cookie is called; `__Host-` binds it to this host over TLS (SES-06)."""
        return f"__Host-{name}" if self.secure else name

    @property
    def port(self) -> int:
        parts = urlsplit(self.base_url)
        return parts.port or (443 if self.secure else 80)

    @property
    def origins(self) -> frozenset[str]:
        """Where our own pages may come from; on loopback, both of its names (WS-01)."""
        own = {origin_of(each) for each in (self.base_url, self.admin_url) if each}
        parts = urlsplit(self.base_url)
        if parts.hostname in LOOPBACK:
            own |= {f"{parts.scheme}://{host}:{self.port}" for host in LOOPBACK}
        own |= {f"https://{each}:{self.port}" for each in self.network_names}
        return frozenset(own)

    @property
    def hosts(self) -> tuple[str, ...]:
        """The names by which this cabinet may be asked for (WEB-05)."""
        own = urlsplit(self.base_url).hostname or ""
        apart = tuple(each for each in (self.admin_host, self.files_host) if each)
        loopback = LOOPBACK if own in LOOPBACK else (own,)
        return tuple(dict.fromkeys(loopback + apart + self.network_names))

    @property
    def admin_host(self) -> str:
        """The name under which administrators work; "" where it is everybody's."""
        return urlsplit(self.admin_url).hostname or ""

    @property
    def files_host(self) -> str:
        """The name under which files alone are handed out; "" where it is everybody's."""
        return urlsplit(self.files_url).hostname or ""

    @property
    def acts_by_code(self) -> bool:
        """Whether acts that need a passkey take a code as well: a demo's visitors have none."""
        return self.env == "demo"

    @property
    def administers_by_key(self) -> bool:
        """Whether administration opens by a key that stays in its device alone (AC-11)."""
        return self.env == "production"

    @property
    def authorities_of_classes(self) -> dict[str, Path | None]:
        """Whose certificates are of which class of signature."""
        return {"official-duty": self.official_authorities, "token": self.token_authorities}

    @property
    def key_waiting_seconds(self) -> int:
        hours = self.key_waiting_hours
        if hours < 0:
            hours = 24 if self.env == "production" else 0
        return hours * 3600


LOOPBACK = ("localhost", "127.0.0.1")


def origin_of(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


def from_environment() -> Settings:
    """Read the settings, or refuse with one sentence an operator can act on."""
    if f"{PREFIX}HSM_PIN" in os.environ:
        # Whatever is in the environment is in every dump of it (CRY-05).
        raise SettingRefused("ECABINET_HSM_PIN: the PIN stands in ECABINET_HSM_PIN_FILE alone")
    given: dict[str, Any] = {}
    for name, path in os.environ.items():
        if name.startswith(PREFIX) and name.endswith("_FILE"):
            field = name.removeprefix(PREFIX).removesuffix("_FILE").lower()
            if f"{field}_file" in Settings.model_fields:
                continue
            given[field] = Path(path).read_text().strip()
    if "ECABINET_ASYNC" in os.environ:
        given["async_"] = os.environ["ECABINET_ASYNC"]
    try:
        return Settings(**given)
    except ValidationError as wrong:
        first = wrong.errors()[0]
        where = PREFIX + "_".join(str(part) for part in first["loc"]).rstrip("_").upper()
        raise SettingRefused(f"{where}: {first['msg']}") from None


@cache
def current() -> Settings:
    return from_environment()
