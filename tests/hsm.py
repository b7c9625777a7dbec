"""A token of SoftHSM2 for a test: real PKCS#11, in a folder of its own."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

LIBRARY = Path("/usr/lib/softhsm/libsofthsm2.so")
LABEL, PIN = "e-cabinet", "246813"


@dataclass(frozen=True)
class SoftToken:
    """One token; `place` is what the cabinet is told of it."""

    folder: Path

    @property
    def pin_file(self) -> Path:
        return self.folder / "pin"

    @property
    def place(self) -> tuple[Path, str, Path]:
        return LIBRARY, LABEL, self.pin_file

    @property
    def environment(self) -> dict[str, str]:
        names = ("ECABINET_HSM_MODULE", "ECABINET_HSM_TOKEN", "ECABINET_HSM_PIN_FILE")
        told = dict(zip(names, map(str, self.place), strict=True))
        return told | {"SOFTHSM2_CONF": str(self.folder / "conf")}

    def make(self) -> None:
        """A new, empty token."""
        self._tokens.mkdir(parents=True)
        (self.folder / "conf").write_text(f"directories.tokendir = {self._tokens}\n")
        self.pin_file.write_text(f"{PIN}\n")
        self.pin_file.chmod(0o600)
        subprocess.run(
            ["softhsm2-util", "--init-token", "--free", "--label", LABEL, "--pin", PIN,
             "--so-pin", "13579135"],
            env=os.environ | self.environment, check=True, capture_output=True,
        )  # fmt: skip

    def pull(self) -> None:
        """Take it out of its slot."""
        self._tokens.rename(self.folder / "pulled")
        self._tokens.mkdir()

    def put_back(self) -> None:
        self._tokens.rmdir()
        (self.folder / "pulled").rename(self._tokens)

    @contextmanager
    def pulled(self) -> Iterator[None]:
        self.pull()
        yield
        self.put_back()

    @property
    def _tokens(self) -> Path:
        return self.folder / "tokens"


@contextmanager
def soft_token(folder: Path) -> Iterator[SoftToken]:
    """A token in this folder, which this process finds as well for as long as the block lasts."""
    token = SoftToken(folder)
    token.make()
    before = os.environ.get("SOFTHSM2_CONF")
    os.environ["SOFTHSM2_CONF"] = token.environment["SOFTHSM2_CONF"]
    try:
        yield token
    finally:
        if before is None:
            del os.environ["SOFTHSM2_CONF"]
        else:
            os.environ["SOFTHSM2_CONF"] = before
