"""Every refusal the system can give, and the HTTP status each becomes.

CabinetError
  BadInput            400  a field is missing, misspelt or not what it should be
  NotAskedFor         400  a field that is not asked for, or twice where once is asked for
  NotSignedIn         401  sign in first
    LeftOffice             what one was signed in for has ended
  Forbidden           403  known to you, but not yours to do
    NotDelegable           a vote, which no mandate reaches
    StepUpNeeded           yours to do, once you have shown again that it is you
    OtherHost              yours to do, at the cabinet's other address
    CrossSite              the request did not come from one of our own pages
  NotFound            404  unknown, or not yours to know about
    Removed           410  it was here, and was removed as an emergency
  Refused             409  the rules say no; carries the reason
  Stale               409  somebody else changed it meanwhile; nothing was overwritten
  TooLarge            413  more bytes than may come in
  ScreenLocked        423  nobody was at this page for a while; its owner opens it again
  Unreadable          422  the bytes are not what they claim to be; carries the reason
  SignatureRejected   422  the signature does not match what should have been signed
  TooMany             429  too many tries; carries the seconds to wait
  HsmAway             503  the token that holds the cabinet's keys cannot be used; nothing was done
SettingRefused        ---  the process does not start
"""

from enum import StrEnum


class CabinetError(Exception):
    """The root: what `ecabinet.web` turns into an answer in the reader's language."""

    status = 500
    code = "failed"

    def as_answer(self) -> dict[str, str | int]:
        return {"code": self.code}


class BadInput(CabinetError):
    status = 400
    code = "bad_input"

    def __init__(self, field: str, why: str = "") -> None:
        super().__init__(f"{field}: {why}" if why else field)
        self.field = field

    def as_answer(self) -> dict[str, str | int]:
        return super().as_answer() | {"field": self.field}


class NotAskedFor(CabinetError):
    """Says no name: what a stranger calls a field is neither shown nor logged."""

    status = 400
    code = "not_asked_for"


class NotSignedIn(CabinetError):
    status = 401
    code = "not_signed_in"


class LeftOffice(NotSignedIn):
    code = "left_office"


class Forbidden(CabinetError):
    status = 403
    code = "forbidden"


class NotDelegable(Forbidden):
    code = "not_delegable"


class StepUpNeeded(Forbidden):
    code = "step_up_needed"


class OtherHost(Forbidden):
    code = "other_host"

    def __init__(self, address: str) -> None:
        super().__init__(address)
        self.address = address

    def as_answer(self) -> dict[str, str | int]:
        return super().as_answer() | {"address": self.address}


class CrossSite(Forbidden):
    code = "cross_site"


class NotFound(CabinetError):
    status = 404
    code = "not_found"


class LinkOver(NotFound):
    """A link to a file that is over, or that was never good for it (AC-10)."""

    code = "link_over"


class Removed(NotFound):
    status = 410
    code = "removed"


class Refused(CabinetError):
    """A rule said no. `reason` is a member of the refusing room's own enumeration.

    Figures that its sentence names, such as how many are missing, go beside it, and the
    field of the form that it is about.
    """

    status = 409
    code = "refused"

    def __init__(self, reason: StrEnum, field: str = "", /, **figures: int) -> None:
        super().__init__(f"{type(reason).__name__}.{reason.value}")
        self.reason = reason
        self.field = field
        self.figures = figures

    def as_answer(self) -> dict[str, str | int]:
        field = {"field": self.field} if self.field else {}
        return super().as_answer() | {"reason": self.reason.value} | field | self.figures


class Stale(CabinetError):
    status = 409
    code = "stale"


class Overtaken(Stale):
    """What was asked for is about something that has changed since: to look again is no help."""

    code = "overtaken"


class TooLarge(CabinetError):
    status = 413
    code = "too_large"


class ScreenLocked(CabinetError):
    status = 423
    code = "locked"


class AdministrationShut(CabinetError):
    """Yours to do as an administrator, once you have shown again that it is you (AC-11)."""

    status = 423
    code = "administration_shut"


class Unreadable(Refused):
    status = 422
    code = "unreadable"


class SignatureRejected(Refused):
    status = 422
    code = "signature_rejected"


class TooMany(CabinetError):
    status = 429
    code = "too_many"

    def __init__(self, wait_seconds: int) -> None:
        super().__init__(f"wait {wait_seconds} s")
        self.wait_seconds = wait_seconds

    def as_answer(self) -> dict[str, str | int]:
        return super().as_answer() | {"wait_seconds": self.wait_seconds}


class HsmAway(CabinetError):
    status = 503
    code = "hsm_away"


class SettingRefused(Exception):
    """A setting that the process will not start with; the message says which and why."""
