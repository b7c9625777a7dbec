"""Tables of persons, their offices, their logins and the keys of their devices."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ecabinet.access import Matter, Right, Role, ShownBy
from ecabinet.db import Base
from people.rules import AgencyKind, Ceremony, Days, Method, SeatOfOffice, Tenure, TermOfOffice

NAME = 200


class Agency(Base):
    """A ministry, a ministerial agency, a province, or one of their units."""

    __tablename__ = "people_agency"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(NAME))
    short_name: Mapped[str] = mapped_column(String(80))
    kind: Mapped[AgencyKind] = mapped_column(String(20), default=AgencyKind.OTHER)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("people_agency.id"))
    # The day on which it was merged, and into what; its name and its history stay its own.
    ended_on: Mapped[date | None]
    successor_id: Mapped[int | None] = mapped_column(ForeignKey("people_agency.id"))


class FormerName(Base):
    """What an agency was called until a day (that day not included)."""

    __tablename__ = "people_former_name"

    id: Mapped[int] = mapped_column(primary_key=True)
    agency_id: Mapped[int] = mapped_column(ForeignKey("people_agency.id"), index=True)
    name: Mapped[str] = mapped_column(String(NAME))
    short_name: Mapped[str] = mapped_column(String(80))
    until: Mapped[date]


class AgencyCode(Base):
    """An electronic identifier of an agency (QĐ 20/2020): the one in use, or an older one."""

    __tablename__ = "people_agency_code"

    code: Mapped[str] = mapped_column(String(35), primary_key=True)
    agency_id: Mapped[int] = mapped_column(ForeignKey("people_agency.id"), index=True)
    in_use: Mapped[bool]


class Office(Base):
    """An office that persons hold for a term: its title, its roles, whether it has a vote."""

    __tablename__ = "people_office"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(NAME))
    role: Mapped[Role] = mapped_column(String(40))
    is_member: Mapped[bool]
    protocol_order: Mapped[int]
    agency_id: Mapped[int | None] = mapped_column(ForeignKey("people_agency.id"))
    # The days between which there is such an office; without one: always, so far as is known.
    opened_on: Mapped[date | None]
    closed_on: Mapped[date | None]
    agency: Mapped[Agency | None] = relationship()

    def as_seat(self) -> SeatOfOffice:
        return SeatOfOffice(self.id, self.is_member, self.opened_on, self.closed_on)


class Person(Base):
    """Somebody who may sign in, now or once."""

    __tablename__ = "people_person"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(NAME))
    username: Mapped[str] = mapped_column(String(60), unique=True)
    # Empty for somebody who has never set one.
    password_hash: Mapped[str] = mapped_column(String(200))
    # Somebody else had it: it signs in nobody until its owner has set another (AUTH-10).
    password_ended_at: Mapped[datetime | None]
    # Sealed by the key store; a stolen database holds no usable seed.
    totp_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    totp_last_step: Mapped[int | None]
    # A new one, until a code shows that its owner's application has it.
    totp_offered: Mapped[bytes | None] = mapped_column(LargeBinary)
    # Since when a code from paper has stood in for their phone.
    phone_lost_at: Mapped[datetime | None]
    # Two people agreed that this account begins anew; used up by the invitation's use.
    reset_agreed_at: Mapped[datetime | None]
    terms: Mapped[list["Term"]] = relationship(back_populates="person")


class Term(Base):
    """One person in one office, from a day on and until another (that day not included)."""

    __tablename__ = "people_term"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people_person.id"), index=True)
    office_id: Mapped[int] = mapped_column(ForeignKey("people_office.id"), index=True)
    starts: Mapped[date]
    ends: Mapped[date | None]
    # "Quyền": holds the office until somebody is appointed to it, and counts like any holder.
    acting: Mapped[bool] = mapped_column(default=False)
    # The decision that it rests on, by number and day.
    basis: Mapped[str] = mapped_column(String(NAME), default="")
    person: Mapped[Person] = relationship(back_populates="terms")
    office: Mapped[Office] = relationship()

    def as_rule(self) -> TermOfOffice:
        return TermOfOffice(
            self.person_id,
            self.office_id,
            self.office.is_member,
            self.starts,
            self.ends,
            self.acting,
        )


class Suspension(Base):
    """A person suspended from work: holds their offices still, does not act, does not count."""

    __tablename__ = "people_suspension"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people_person.id"), index=True)
    starts: Mapped[date]
    ends: Mapped[date | None]
    basis: Mapped[str] = mapped_column(String(NAME))

    @property
    def days(self) -> Days:
        return Days(self.starts, self.ends)


class Mandate(Base):
    """Who stands for whom, in which matter, with which right, until when."""

    __tablename__ = "people_mandate"

    id: Mapped[int] = mapped_column(primary_key=True)
    right: Mapped[Right] = mapped_column(String(20))
    matter: Mapped[Matter] = mapped_column(String(20))
    matter_id: Mapped[int]
    # What the matter is called, for those who read of the mandate.
    about: Mapped[str] = mapped_column(String(500))
    giver_id: Mapped[int] = mapped_column(ForeignKey("people_person.id"), index=True)
    taker_id: Mapped[int] = mapped_column(ForeignKey("people_person.id"), index=True)
    # Both as their offices were called when it was given.
    giver: Mapped[str] = mapped_column(String(NAME))
    taker: Mapped[str] = mapped_column(String(NAME))
    words: Mapped[str] = mapped_column(String(500))
    given_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    consented_at: Mapped[datetime | None]
    consented_by: Mapped[int | None] = mapped_column(ForeignKey("people_person.id"))
    refused_at: Mapped[datetime | None]
    refused_because: Mapped[str | None] = mapped_column(String(500))
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[int | None] = mapped_column(ForeignKey("people_person.id"))

    def as_rule(self) -> Tenure:
        return Tenure(
            self.right,
            self.ends_at,
            consented=self.consented_at is not None,
            refused=self.refused_at is not None,
            ended=self.ended_at is not None,
        )


class Login(Base):
    """One person's sign-in on one device; only a digest of its secret is kept (SES-02)."""

    __tablename__ = "people_login"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(32), unique=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people_person.id"), index=True)
    browser: Mapped[str] = mapped_column(String(200))
    source: Mapped[str] = mapped_column(String(60), server_default="")
    method: Mapped[Method] = mapped_column(String(20), server_default=Method.CODE.value)
    started_at: Mapped[datetime]
    # The second factor was given; before that the login opens nothing.
    whole_at: Mapped[datetime | None]
    step_up_at: Mapped[datetime | None]
    # When, and by what, its owner last showed here that it is they.
    shown_at: Mapped[datetime | None]
    shown_by: Mapped[ShownBy | None] = mapped_column(String(10))
    # When somebody was last at one of its pages; empty once its owner has locked it.
    seen_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    # Ended because its owner left office, and when that browser was next heard of.
    left_office: Mapped[bool] = mapped_column(default=False)
    heard_at: Mapped[datetime | None]
    # The digest of the provider's own sign-in that it rests on: it ends with that one.
    outside_session: Mapped[bytes | None] = mapped_column(LargeBinary(32), index=True)
    # What the provider said of it, sealed: by this it is asked to end it, and knows whose it is.
    outside_token: Mapped[bytes | None] = mapped_column(LargeBinary)
    person: Mapped[Person] = relationship()


class OutsideAccount(Base):
    """A person's account at the office's provider, by its issuer's own name for it (AUTH-11)."""

    __tablename__ = "people_outside_account"
    __table_args__ = (
        UniqueConstraint("issuer", "subject"),
        UniqueConstraint("issuer", "person_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people_person.id"), index=True)
    issuer: Mapped[str] = mapped_column(String(200))
    subject: Mapped[str] = mapped_column(String(255))
    linked_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class OutsideEnd(Base):
    """That a sign-in at the provider is over there, for as long as somebody could still come with
    it: by its number, or all those of an account until a moment. Digests, as of the sign-ins."""

    __tablename__ = "people_outside_end"

    # The digest of the token that said so: said twice, it is kept once.
    token: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    session: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    subject: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    said_at: Mapped[datetime]
    until: Mapped[datetime]


class Invitation(Base):
    """A way in for somebody who has none, or has lost it: good once, for an hour (AUTH-08)."""

    __tablename__ = "people_invitation"

    digest: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people_person.id"), index=True)
    made_at: Mapped[datetime]
    made_by: Mapped[int]
    # The account as it was: once anything of it has changed, the link opens nothing.
    state: Mapped[bytes] = mapped_column(LargeBinary(32))
    seed: Mapped[bytes] = mapped_column(LargeBinary)
    used_at: Mapped[datetime | None]


class RecoveryCode(Base):
    """A code on paper, good once in place of the phone; only its keyed digest is kept (AUTH-04)."""

    __tablename__ = "people_recovery_code"

    digest: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people_person.id"), index=True)
    made_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class Passkey(Base):
    """A key of the browser or its system, by which a person signs in and steps up."""

    __tablename__ = "people_passkey"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(32), unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people_person.id"), index=True)
    label: Mapped[str] = mapped_column(String(80))
    credential_id: Mapped[bytes] = mapped_column(LargeBinary(1023), unique=True)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    sign_count: Mapped[int] = mapped_column(BigInteger)
    # WebAuthn's BE and BS: whether it may be, and is, copied to the owner's other devices.
    backup_eligible: Mapped[bool]
    backed_up: Mapped[bool]
    made_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    enrolled_leaf: Mapped[int | None]
    person: Mapped[Person] = relationship()


class Challenge(Base):
    """What a passkey was asked to sign, or with what a reader was sent away: good once, for a
    short while, for one browser or login."""

    __tablename__ = "people_challenge"

    digest: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    ceremony: Mapped[Ceremony] = mapped_column(String(20))
    # The digest of the browser's secret it was given to, or of a login's number.
    holder: Mapped[bytes] = mapped_column(LargeBinary(32))
    nonce: Mapped[bytes] = mapped_column(LargeBinary(32))
    # Where its reader wanted to go, when they were sent away to sign in.
    path: Mapped[str] = mapped_column(String(400), server_default="")
    made_at: Mapped[datetime] = mapped_column(index=True)


class Failure(Base):
    """A wrong password or code, counted per account and source (AUTH-06)."""

    __tablename__ = "people_failure"

    id: Mapped[int] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(String(60), index=True)
    source: Mapped[str] = mapped_column(String(60))
    at: Mapped[datetime]


class DeviceState(StrEnum):
    PENDING = "pending"
    ACTIVE = "active"
    REVOKED = "revoked"


# The class of a key that was made in a browser; others come with certificates of their own.
DEVICE_CLASS = "device"


class Device(Base):
    """A member's signing key: made in their browser, confirmed by a secretary, certified."""

    __tablename__ = "people_device"
    __table_args__ = (UniqueConstraint("key_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(32), unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people_person.id"), index=True)
    label: Mapped[str] = mapped_column(String(80))
    # `device`, `token` or `official-duty`: who holds the key, and who certified it.
    signature_class: Mapped[str] = mapped_column(String(20), server_default=DEVICE_CLASS)
    # SHA-256 of the public key's SubjectPublicKeyInfo, in hex.
    key_id: Mapped[str] = mapped_column(String(64))
    # The request that its browser made; of a key that no browser holds, its certificate.
    csr: Mapped[bytes] = mapped_column(LargeBinary)
    certificate: Mapped[bytes | None] = mapped_column(LargeBinary)
    serial: Mapped[str | None] = mapped_column(String(48))
    state: Mapped[DeviceState] = mapped_column(String(20))
    asked_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    confirmed_by: Mapped[int | None]
    usable_from: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    enrolled_leaf: Mapped[int | None]
    # When its certificate runs out; None while it has none.
    ends_at: Mapped[datetime | None]
    # The key that it took the place of, and that key's signature over its request.
    renews: Mapped[str | None] = mapped_column(String(64))
    renewal: Mapped[bytes | None] = mapped_column(LargeBinary)
    # When its owner last tried it, and it signed.
    tried_at: Mapped[datetime | None]
    person: Mapped[Person] = relationship()
