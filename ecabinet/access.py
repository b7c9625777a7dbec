"""Who may do what: the whole policy on one screen (rulebook: Who may do what)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ecabinet.errors import AdministrationShut, Forbidden, NotDelegable


class Role(StrEnum):
    PRIME_MINISTER = "prime_minister"
    DEPUTY_PM = "deputy_pm"
    MEMBER = "member"
    SECRETARY = "secretary"
    SPECIALIST = "specialist"
    OFFICE_LEADER = "office_leader"
    CLERK = "clerk"
    AGENCY_STAFF = "agency_staff"
    FOCAL_POINT = "focal_point"
    ADMINISTRATOR = "administrator"
    AUDITOR = "auditor"
    # These two come with a mandate, and with no office.
    ADVISER = "adviser"
    SUBSTITUTE = "substitute"


class Permission(StrEnum):
    """One thing that may be done. Chairing is not here: it comes with the seat, for one session."""

    ANYONE = "anyone"
    SIGNED_IN = "signed_in"
    DOSSIER_READ = "dossier:read"
    DOSSIER_READ_ALL = "dossier:read_all"
    DOSSIER_WRITE = "dossier:write"
    DOSSIER_LODGE = "dossier:lodge"
    DOSSIER_ACCEPT = "dossier:accept"
    PAPER_READ = "paper:read"
    PAPER_ADD = "paper:add"
    PAPER_EXPORT = "paper:export"
    EDITION_APPROVE = "edition:approve"
    FILE_REMOVE = "file:remove"
    FILE_REMOVAL_APPROVE = "file_removal:approve"
    CONSULTATION_READ = "consultation:read"
    CONSULTATION_DRAFT = "consultation:draft"
    CONSULTATION_APPROVE = "consultation:approve"
    CONSULTATION_EXCEED = "consultation:exceed"
    BALLOT_CAST = "ballot:cast"
    BALLOT_ENTER = "ballot:enter"
    BALLOT_COMPARE = "ballot:compare"
    ANSWER_PROPOSE = "answer:propose"
    RESULT_READ = "result:read"
    RESULT_DECIDE = "result:decide"
    OPINION_READ = "opinion:read"
    OPINION_REPLY = "opinion:reply"
    MEETING_READ = "meeting:read"
    MEETING_READ_ALL = "meeting:read_all"
    MEETING_PREPARE = "meeting:prepare"
    MEETING_CONVENE = "meeting:convene"
    MEETING_CONDUCT = "meeting:conduct"
    ATTENDANCE_CONFIRM = "attendance:confirm"
    VOTE_CAST = "vote:cast"
    MANDATE_GIVE = "mandate:give"
    MANDATE_CONSENT = "mandate:consent"
    MANDATE_READ_ALL = "mandate:read_all"
    TASK_READ = "task:read"
    TASK_READ_ALL = "task:read_all"
    TASK_ASSIGN = "task:assign"
    TASK_REPORT = "task:report"
    DEVICE_ENROL = "device:enrol"
    DEVICE_CONFIRM = "device:confirm"
    PERSON_READ = "person:read"
    ACCOUNT_MANAGE = "account:manage"
    ACCOUNT_APPROVE = "account:approve"
    LEDGER_READ = "ledger:read"
    LOG_READ = "log:read"
    SETTINGS_CHANGE = "settings:change"
    DELIVERY_READ = "delivery:read"
    DELIVERY_RETRY = "delivery:retry"


class Right(StrEnum):
    """What a mandate lets its holder do for another."""

    ADVISE = "advise"
    SUBSTITUTE = "substitute"
    SIGN_FOR = "sign_for"


class ShownBy(StrEnum):
    """By what of this house somebody shows that it is they."""

    CODE = "code"
    PASSKEY = "passkey"
    # A passkey that is never copied to another device: WebAuthn's BE is 0.
    KEY = "key"


class Matter(StrEnum):
    """What a mandate is about: one thing, never everything."""

    DOSSIER = "dossier"
    CONSULTATION = "consultation"
    SESSION = "session"
    HANDOVER = "handover"


@dataclass(frozen=True)
class Mandate:
    """A mandate in force: for whom its holder stands, in which matter, with which right."""

    id: int
    right: Right
    matter: Matter
    matter_id: int
    # The office that gave it, as it was called then.
    principal: str
    principal_id: int


R = Role
EVERYBODY = frozenset(Role)
# Whoever holds such an office is a member, and holds that role beside their own.
GOVERNMENT = frozenset({R.PRIME_MINISTER, R.DEPUTY_PM, R.MEMBER})
OFFICE = frozenset({R.SECRETARY, R.SPECIALIST, R.OFFICE_LEADER})
AGENCY = frozenset({R.AGENCY_STAFF, R.FOCAL_POINT})
BY_MANDATE = frozenset({R.ADVISER, R.SUBSTITUTE})
READERS = GOVERNMENT | OFFICE | AGENCY | BY_MANDATE | frozenset({R.CLERK, R.AUDITOR})
ROLES_OF_RIGHTS = {Right.ADVISE: R.ADVISER, Right.SUBSTITUTE: R.SUBSTITUTE}
OF_OFFICES = tuple(each for each in Role if each not in BY_MANDATE)
# No mandate reaches a vote (rulebook: Who counts).
A_MEMBERS_OWN = frozenset({Permission.BALLOT_CAST, Permission.VOTE_CAST})

# A role not named beside a permission may not. Rows about objects are narrowed further by
# seat, dossier and agency in each room's access.py; nothing there widens them.
POLICY: dict[Permission, frozenset[Role]] = {
    Permission.SIGNED_IN: EVERYBODY,
    Permission.DOSSIER_READ: READERS,
    Permission.DOSSIER_READ_ALL: OFFICE | frozenset({R.AUDITOR}),
    Permission.DOSSIER_WRITE: frozenset({R.SECRETARY, R.SPECIALIST}),
    Permission.DOSSIER_LODGE: AGENCY,
    Permission.DOSSIER_ACCEPT: frozenset({R.SECRETARY, R.SPECIALIST}),
    Permission.PAPER_READ: READERS,
    Permission.PAPER_ADD: AGENCY | frozenset({R.SECRETARY, R.SPECIALIST}),
    Permission.PAPER_EXPORT: GOVERNMENT | OFFICE | AGENCY | frozenset({R.CLERK}),
    Permission.EDITION_APPROVE: frozenset({R.OFFICE_LEADER}),
    Permission.FILE_REMOVE: frozenset({R.OFFICE_LEADER}),
    Permission.FILE_REMOVAL_APPROVE: frozenset({R.ADMINISTRATOR}),
    Permission.CONSULTATION_READ: GOVERNMENT | OFFICE | frozenset({R.AUDITOR, R.ADVISER}),
    Permission.CONSULTATION_DRAFT: frozenset({R.SECRETARY, R.SPECIALIST}),
    Permission.CONSULTATION_APPROVE: frozenset({R.OFFICE_LEADER, R.PRIME_MINISTER}),
    Permission.CONSULTATION_EXCEED: frozenset({R.PRIME_MINISTER}),
    Permission.BALLOT_CAST: frozenset({R.MEMBER}),
    Permission.BALLOT_ENTER: frozenset({R.SECRETARY}),
    Permission.BALLOT_COMPARE: frozenset({R.SPECIALIST}),
    Permission.ANSWER_PROPOSE: frozenset({R.ADVISER}),
    Permission.RESULT_READ: GOVERNMENT | OFFICE | frozenset({R.AUDITOR}),
    Permission.RESULT_DECIDE: frozenset({R.PRIME_MINISTER, R.DEPUTY_PM}),
    Permission.OPINION_READ: GOVERNMENT | OFFICE | AGENCY | frozenset({R.AUDITOR}),
    Permission.OPINION_REPLY: AGENCY,
    Permission.MEETING_READ: GOVERNMENT | OFFICE | frozenset({R.CLERK, R.AUDITOR, R.SUBSTITUTE}),
    Permission.MEETING_READ_ALL: OFFICE | frozenset({R.CLERK, R.AUDITOR}),
    Permission.MEETING_PREPARE: frozenset({R.SECRETARY, R.SPECIALIST}),
    Permission.MEETING_CONVENE: frozenset({R.OFFICE_LEADER, R.PRIME_MINISTER}),
    Permission.MEETING_CONDUCT: frozenset({R.PRIME_MINISTER, R.DEPUTY_PM, R.SECRETARY}),
    Permission.ATTENDANCE_CONFIRM: frozenset({R.SECRETARY}),
    Permission.VOTE_CAST: frozenset({R.MEMBER}),
    Permission.MANDATE_GIVE: frozenset({R.MEMBER}),
    Permission.MANDATE_CONSENT: frozenset({R.PRIME_MINISTER}),
    Permission.MANDATE_READ_ALL: frozenset({R.OFFICE_LEADER, R.ADMINISTRATOR, R.AUDITOR}),
    Permission.TASK_READ: GOVERNMENT | OFFICE | AGENCY | frozenset({R.AUDITOR}),
    Permission.TASK_READ_ALL: GOVERNMENT | OFFICE | frozenset({R.AUDITOR}),
    Permission.TASK_ASSIGN: frozenset(
        {R.PRIME_MINISTER, R.DEPUTY_PM, R.OFFICE_LEADER, R.SPECIALIST}
    ),
    Permission.TASK_REPORT: AGENCY,
    Permission.DEVICE_ENROL: frozenset({R.MEMBER}),
    Permission.DEVICE_CONFIRM: frozenset({R.SECRETARY}),
    Permission.PERSON_READ: frozenset({R.ADMINISTRATOR, R.OFFICE_LEADER, R.AUDITOR}),
    Permission.ACCOUNT_MANAGE: frozenset({R.ADMINISTRATOR}),
    Permission.ACCOUNT_APPROVE: frozenset({R.OFFICE_LEADER}),
    Permission.LEDGER_READ: frozenset({R.AUDITOR, R.OFFICE_LEADER}),
    Permission.LOG_READ: frozenset({R.AUDITOR, R.OFFICE_LEADER, R.ADMINISTRATOR}),
    Permission.SETTINGS_CHANGE: frozenset({R.ADMINISTRATOR}),
    Permission.DELIVERY_READ: frozenset({R.ADMINISTRATOR, R.AUDITOR}),
    Permission.DELIVERY_RETRY: frozenset({R.ADMINISTRATOR}),
}


@dataclass(frozen=True)
class Actor:
    """Who acts, as the database knows them at this moment; never a copy made at sign-in."""

    id: int
    name: str
    office: str
    roles: frozenset[Role] = frozenset()
    agencies: frozenset[int] = frozenset()
    office_id: int | None = None
    login_id: int | None = None
    language: str = "vi"
    # Idle too long: known, and answered nothing until they have shown again who they are.
    is_locked: bool = False
    # By what they have shown of late that it is they.
    shown: ShownBy | None = None
    # Nothing is done as an administrator before that is shown (AC-11).
    administration_is_shut: bool = False
    # When this login is over, whoever is at it (SES-04).
    login_ends: datetime | None = None
    mandates: tuple[Mandate, ...] = ()

    def may(self, permission: Permission) -> bool:
        """Whether the policy lets one of this person's roles do it."""
        if permission is Permission.ANYONE:
            return True
        return bool(self.roles & POLICY[permission])

    def must(self, permission: Permission) -> None:
        if not self.may(permission):
            votes = self.mandates and permission in A_MEMBERS_OWN
            raise (NotDelegable if votes else Forbidden)(permission.value)
        if self.administration_is_shut and self._is_administration(permission):
            raise AdministrationShut(permission.value)

    def uses(self, permission: Permission) -> bool:
        """Whether this person may do it, for what others may do otherwise; as `must`, it is refused
        to an administrator who has first to show who they are."""
        if not self.may(permission):
            return False
        self.must(permission)
        return True

    def _is_administration(self, permission: Permission) -> bool:
        """Whether the administrator's role alone lets this person do it."""
        may = POLICY.get(permission, EVERYBODY)
        return may != EVERYBODY and not (self.roles - {Role.ADMINISTRATOR}) & may

    def mandate_for(self, right: Right, matter: Matter, matter_id: int) -> Mandate | None:
        """The mandate by which this person has a right in one matter, if they have."""
        for each in self.mandates:
            if (each.right, each.matter, each.matter_id) == (right, matter, matter_id):
                return each
        return None
