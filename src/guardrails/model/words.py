"""The closed vocabularies: verdicts, severities, states and kinds.

The values are what stands in JSON and in the declaration; they never change meaning.
"""

from __future__ import annotations

from enum import Enum, IntEnum

__all__ = [
    "AtRest",
    "CredentialForm",
    "Custody",
    "Direction",
    "EdgeKind",
    "GapReason",
    "Kind",
    "PrincipalForm",
    "RecordForm",
    "Severity",
    "State",
    "Transit",
    "Verdict",
]


class Verdict(Enum):
    """The four answers there are, everywhere."""

    OK = "ok"
    VIOLATION = "violation"
    UNDECIDED = "undecided"
    UNKNOWN = "unknown"


class Severity(IntEnum):
    """How soon somebody must act; ordered."""

    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4

    @property
    def label(self) -> str:
        """The lower-case word used in reports."""
        return self.name.lower()


class State(Enum):
    """Whether a principal, credential or key can be used now."""

    ACTIVE = "active"
    DISABLED = "disabled"
    UNKNOWN = "unknown"


class PrincipalForm(Enum):
    """What a principal is in its system."""

    USER = "user"
    ROLE = "role"
    GROUP = "group"
    MACHINE = "machine"
    PROVIDER = "provider"
    """Made and run by the provider itself, such as a service-linked role; known by path and trust, never by name."""


class CredentialForm(Enum):
    """What proves that somebody is a principal."""

    ACCESS_KEY = "access-key"
    PASSWORD = "password"  # noqa: S105  # a kind of credential, not one
    TOKEN = "token"  # noqa: S105  # likewise
    SECRET_ID = "secret-id"  # noqa: S105  # likewise
    CERTIFICATE = "certificate"
    SSH_KEY = "ssh-key"


class EdgeKind(Enum):
    """How two objects hang together."""

    MEMBER = "member"
    ALIAS = "alias"
    IDENTITY_POLICY = "identity-policy"
    VERSION = "version"
    """Of a policy: another version of it, which is not in force."""
    BOUNDARY = "boundary"
    TRUST_POLICY = "trust-policy"
    RESOURCE_POLICY = "resource-policy"
    GRANT = "grant"
    """Of a key or bucket: what it gives to somebody beside its policy."""
    USES_KEY = "uses-key"
    APPLIES_TO = "applies-to"
    SERVICE_CONTROL = "service-control"
    """Of an account or unit: what may be allowed to whoever is below it at most."""
    RESOURCE_CONTROL = "resource-control"
    """Likewise, what is denied to everybody on the resources below it."""
    ASSIGNED = "assigned"
    """Of somebody: what they may become."""


class GapReason(Enum):
    """Why something was not seen."""

    DENIED = "denied"
    UNREACHABLE = "unreachable"
    INCOMPLETE = "incomplete"
    THROTTLED = "throttled"
    MALFORMED = "malformed"
    EMPTY = "empty"
    UNSUPPORTED = "unsupported"
    NOT_READ = "not-read"
    STALE = "stale"


class Custody(Enum):
    """Who holds a key, from the provider alone to hardware of one's own."""

    PROVIDER = "provider"
    SERVICE_MANAGED = "service-managed"
    CUSTOMER = "customer"
    CUSTOMER_HSM = "customer-hsm"


class AtRest(IntEnum):
    """Encryption at rest, ordered from weakest to strongest."""

    NONE = 0
    SERVICE = 1
    SERVICE_KEY = 2
    CUSTOMER_KEY = 3
    CUSTOMER_HSM = 4

    @property
    def label(self) -> str:
        """The word used in the declaration, such as `customer-key`."""
        return self.name.lower().replace("_", "-")


class Transit(IntEnum):
    """Encryption on the way, ordered from weakest to strongest."""

    OPTIONAL = 0
    TLS = 1
    TLS1_2 = 2
    TLS1_3 = 3

    @property
    def label(self) -> str:
        """The word used in the declaration, such as `tls1.2`."""
        return self.name.lower().replace("_", ".")


class Direction(Enum):
    """Which way a network rule lets traffic pass."""

    IN = "in"
    OUT = "out"


class RecordForm(Enum):
    """What an inventory record describes."""

    PREFIX = "prefix"
    RANGE = "range"
    ADDRESS = "address"


class Kind(Enum):
    """What is different between what is declared and what is so; each kind has exactly one control."""

    ACCESS_EXCESS = "access-excess"
    ACCESS_MISSING = "access-missing"
    ACCESS_ESCALATION = "access-escalation"
    ACCESS_NEXT_LOGIN = "access-next-login"
    POLICY_DENIES_NOTHING = "policy-denies-nothing"
    POLICY_RULE_DEAD = "policy-rule-dead"
    LOGIN_OPEN = "login-open"
    POLICY_ABSENT = "policy-absent"
    PRINCIPAL_UNDECLARED = "principal-undeclared"
    TRUST_EXCESS = "trust-excess"
    TRUST_WITHOUT_EXTERNAL_ID = "trust-without-external-id"
    ASSET_SHARED = "asset-shared"
    LEAVER = "leaver"
    ACCOUNT_OF_NOBODY = "account-of-nobody"
    CREDENTIAL_FORBIDDEN = "credential-forbidden"
    CREDENTIAL_OLD = "credential-old"
    CREDENTIAL_LIVES = "credential-lives"
    TOKEN_ENDLESS = "token-endless"  # noqa: S105  # a kind of difference
    EXPOSURE_EXCESS = "exposure-excess"
    EXPOSURE_MISSING = "exposure-missing"
    EXPOSURE_UNDECLARED = "exposure-undeclared"
    NETWORK_EXPIRED = "network-expired"
    NETWORK_GUARD = "network-guard"
    ADDRESS_UNKNOWN_TO_INVENTORY = "address-unknown-to-inventory"
    AT_REST_WEAK = "at-rest-weak"
    KEY_NOT_ROTATED = "key-not-rotated"
    TRANSIT_WEAK = "transit-weak"
    KEY_UNUSABLE = "key-unusable"
    KEY_SHARED = "key-shared"
    KEY_LEAVES = "key-leaves"
    ISSUING_OPEN = "issuing-open"
    DEFAULT_WEAK = "default-weak"
    LOGIN_IN_THE_CLEAR = "login-in-the-clear"
    ASSET_UNDECLARED = "asset-undeclared"
    ASSET_NOT_ACCEPTED = "asset-not-accepted"
    EXCEPTION_EXPIRED = "exception-expired"
    EXCEPTION_NOT_APPROVED = "exception-not-approved"
    VENDOR_LAPSED = "vendor-lapsed"
    CLASS_OVERLAP = "class-overlap"
    REVIEW_OVERDUE = "review-overdue"
    AUDIT_WEAK = "audit-weak"
    CHANGE_UNCONTROLLED = "change-uncontrolled"
    DECLARED_ABSENT = "declared-absent"
    EVIDENCE_GAP = "evidence-gap"
    SECTION_UNEVALUATED = "section-unevaluated"
    SYSTEM_EMPTY = "system-empty"
