"""Who may do what: the whole policy on one screen (rulebook: Who may do what)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ecabinet.errors import Forbidden


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


class Permission(StrEnum):
    """One thing that may be done. Chairing is not here: it comes with the seat, for one session."""

    ANYONE = "anyone"
    SIGNED_IN = "signed_in"
    DOSSIER_READ = "dossier:read"
    DOSSIER_READ_ALL = "dossier:read_all"
    DOSSIER_WRITE = "dossier:write"
    PAPER_READ = "paper:read"
    CONSULTATION_READ = "consultation:read"
    CONSULTATION_DRAFT = "consultation:draft"
    CONSULTATION_APPROVE = "consultation:approve"
    BALLOT_CAST = "ballot:cast"
    RESULT_READ = "result:read"
    MEETING_READ = "meeting:read"
    MEETING_READ_ALL = "meeting:read_all"
    MEETING_PREPARE = "meeting:prepare"
    MEETING_CONVENE = "meeting:convene"
    MEETING_CONDUCT = "meeting:conduct"
    ATTENDANCE_CONFIRM = "attendance:confirm"
    VOTE_CAST = "vote:cast"
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


R = Role
EVERYBODY = frozenset(Role)
GOVERNMENT = frozenset({R.PRIME_MINISTER, R.DEPUTY_PM, R.MEMBER})
OFFICE = frozenset({R.SECRETARY, R.SPECIALIST, R.OFFICE_LEADER})
AGENCY = frozenset({R.AGENCY_STAFF, R.FOCAL_POINT})

# A role not named beside a permission may not. Rows about objects are narrowed further by
# seat, dossier and agency in each room's access.py; nothing there widens them.
POLICY: dict[Permission, frozenset[Role]] = {
    Permission.SIGNED_IN: EVERYBODY,
    Permission.DOSSIER_READ: GOVERNMENT | OFFICE | frozenset({R.CLERK, R.AUDITOR}),
    Permission.DOSSIER_READ_ALL: OFFICE | frozenset({R.AUDITOR}),
    Permission.DOSSIER_WRITE: frozenset({R.SECRETARY, R.SPECIALIST}),
    Permission.PAPER_READ: GOVERNMENT | OFFICE | frozenset({R.CLERK, R.AUDITOR}),
    Permission.CONSULTATION_READ: GOVERNMENT | OFFICE | frozenset({R.AUDITOR}),
    Permission.CONSULTATION_DRAFT: frozenset({R.SECRETARY, R.SPECIALIST}),
    Permission.CONSULTATION_APPROVE: frozenset({R.OFFICE_LEADER, R.PRIME_MINISTER}),
    Permission.BALLOT_CAST: frozenset({R.MEMBER}),
    Permission.RESULT_READ: GOVERNMENT | OFFICE | frozenset({R.AUDITOR}),
    Permission.MEETING_READ: GOVERNMENT | OFFICE | frozenset({R.CLERK, R.AUDITOR}),
    Permission.MEETING_READ_ALL: OFFICE | frozenset({R.CLERK, R.AUDITOR}),
    Permission.MEETING_PREPARE: frozenset({R.SECRETARY, R.SPECIALIST}),
    Permission.MEETING_CONVENE: frozenset({R.OFFICE_LEADER, R.PRIME_MINISTER}),
    Permission.MEETING_CONDUCT: frozenset({R.PRIME_MINISTER, R.DEPUTY_PM, R.SECRETARY}),
    Permission.ATTENDANCE_CONFIRM: frozenset({R.SECRETARY}),
    Permission.VOTE_CAST: frozenset({R.MEMBER}),
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
    # When this login is over, whoever is at it (SES-04).
    login_ends: datetime | None = None

    def may(self, permission: Permission) -> bool:
        """Whether the policy lets one of this person's roles do it."""
        if permission is Permission.ANYONE:
            return True
        return bool(self.roles & POLICY[permission])

    def must(self, permission: Permission) -> None:
        if not self.may(permission):
            raise Forbidden(permission.value)
