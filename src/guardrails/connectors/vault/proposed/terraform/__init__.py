"""A plan of Terraform put into the observed namespaces: what is made first, what hangs on it after, and what ends last."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from guardrails.connectors.vault.proposed.draft import Namespace
from guardrails.connectors.vault.proposed.namespaces import Namespaces
from guardrails.connectors.vault.proposed.terraform import attachments, identities, logins, mounts, policies
from guardrails.connectors.vault.proposed.terraform.context import Context, Handler, NotPlacedError, Said
from guardrails.connectors.vault.proposed.terraform.documents import Documents
from guardrails.connectors.vault.proposed.terraform.places import Places
from guardrails.connectors.vault.proposed.terraform.symbols import Symbols
from guardrails.model.observation import Observation
from guardrails.model.words import GapReason
from guardrails.proposals.terraform import Action, Plan, Resource
from guardrails.proposals.terraform.order import Order
from guardrails.proposals.terraform.sources import spelled
from guardrails.proposals.terraform.symbols import addressed
from guardrails.proposals.terraform.whole import Part, managed, not_understood

__all__ = ["part_of_plan"]

_PREFIX = "vault_"
_ORDER: Order[Handler] = Order(
    first={
        "vault_auth_backend": mounts.make_method,
        "vault_mount": mounts.make_mount,
        "vault_policy": policies.make_policy,
        "vault_identity_entity": identities.make_entity,
        "vault_identity_group": identities.make_group,
    },
    ends={**attachments.ENDS, **logins.ENDS},
    makes={**logins.MAKES, **attachments.MAKES},
    last={
        "vault_identity_group": identities.drop_group,
        "vault_identity_entity": identities.drop_entity,
        "vault_policy": policies.drop_policy,
        "vault_mount": mounts.drop_mount,
        "vault_auth_backend": mounts.drop_method,
    },
    ends_first=True,
)
_SECRETS = frozenset({"vault_generic_secret", "vault_kv_secret", "vault_kv_secret_v2", "vault_kv_secret_backend_v2"})
"""What is about nothing that is judged where it is written into a mount that only keeps secrets. Elsewhere it may be anything."""


def part_of_plan(observations: Iterable[Observation], plan: Plan, systems: Mapping[str, str]) -> Part:
    """What the resources of Vault come to; `systems` by configuration of the provider, empty for all others."""
    return _Applying(observations, plan, systems).part()


class _Applying:
    def __init__(self, observations: Iterable[Observation], plan: Plan, systems: Mapping[str, str]) -> None:
        self._plan = plan = spelled(plan, Symbols(addressed(plan), str))
        self._namespaces = Namespaces(observations)
        self._places = Places(plan, self._namespaces, systems)
        self._untold: dict[str, None] = {}
        self._assumed: dict[str, None] = {}
        self._symbols = Symbols(addressed(plan), self._assumed.setdefault)
        self._documents = Documents(self._symbols)

    def part(self) -> Part:
        found = managed(self._plan, _PREFIX)
        mine = [one for one in found if one.type in _ORDER.understood]
        self._apply([one for one in mine if one.action is not Action.NOTHING])
        others = [one for one in found if one.type not in _ORDER.understood and one.action is not Action.NOTHING]
        ignored = sum(self._is_ignored(one) for one in others)
        evaluated = sum(self._placed(one) is not None for one in mine)
        return Part(
            prefix=_PREFIX,
            understood=_ORDER.understood,
            edited=self._namespaces.results(),
            untold=tuple(self._untold),
            assumed=tuple(self._assumed),
            evaluated=evaluated,
            ignored=ignored,
            is_strict=True,
        )

    def _apply(self, changing: list[Resource]) -> None:
        for one in changing:
            if one.action is Action.OTHER:
                self._untold[f"{one.address}: what is to become of it is not understood"] = None
        for handler, one, was in _ORDER.steps(changing):
            context = self._placed(one)
            if context is None:
                continue
            try:
                handler(context, Said(one, self._symbols.alone, was=was))
            except NotPlacedError as error:
                _hole(context.draft, one, str(error))

    def _is_ignored(self, one: Resource) -> bool:
        """Whether something that is not understood is about nothing that is judged; else it is told."""
        context = self._placed(one)
        if context is None:
            return False
        sides = (False,) if one.action is Action.CREATE else (True,) if one.action is Action.DELETE else (True, False)
        if one.type in _SECRETS and all(mounts.keeps_secrets(context, Said(one, self._symbols.alone, was=was)) for was in sides):
            return True
        _hole(context.draft, one, not_understood(one))
        return False

    def _placed(self, resource: Resource) -> Context | None:
        """Where it is put; told when that is not known."""
        found = self._places.of(resource)
        if isinstance(found, str):
            if resource.action is not Action.NOTHING:
                self._untold[f"{resource.address}: {found}"] = None
            return None
        self._namespaces.touch(found)
        return Context(found, self._documents, self._assumed.setdefault)


def _hole(draft: Namespace, resource: Resource, why: str) -> None:
    """A gap that stands for the resource, so that it can be accepted as a known one for a time."""
    subject = draft.ref(draft.realm, resource.type, resource.address, resource.address)
    draft.gap(draft.realm, resource.type, f"{resource.address}: {why}", subject, GapReason.UNSUPPORTED)
