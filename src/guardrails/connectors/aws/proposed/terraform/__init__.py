"""A plan of Terraform put into the observed accounts: what is made first, what hangs on it after, and what ends last."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from guardrails.connectors.aws.proposed.accounts import Accounts
from guardrails.connectors.aws.proposed.terraform import attachments, iam, network, storage
from guardrails.connectors.aws.proposed.terraform.context import Context, Handler, NotPlacedError, Said
from guardrails.connectors.aws.proposed.terraform.documents import Documents
from guardrails.connectors.aws.proposed.terraform.places import Places
from guardrails.connectors.aws.proposed.terraform.symbols import Symbols
from guardrails.model.observation import Observation
from guardrails.model.words import GapReason
from guardrails.proposals.outcome import Outcome
from guardrails.proposals.terraform import Action, Plan, Resource
from guardrails.proposals.terraform.order import Order
from guardrails.proposals.terraform.sources import spelled
from guardrails.proposals.terraform.symbols import addressed
from guardrails.proposals.terraform.whole import Part, concerns, managed, not_understood, whole

__all__ = ["part_of_plan", "with_plan"]

_OBJECTS: Mapping[str, Handler] = {
    "aws_iam_policy": iam.make_policy,
    "aws_iam_group": iam.make_group,
    "aws_iam_user": iam.make_user,
    "aws_iam_role": iam.make_role,
}
_STORED = {name: one for name, one in storage.MAKES.items() if name in storage.LAST}
_REACHED = {name: one for name, one in network.MAKES.items() if name in network.LAST}
_FIRST: Mapping[str, Handler] = {
    "aws_kms_key": storage.MAKES["aws_kms_key"],
    "aws_kms_external_key": storage.MAKES["aws_kms_external_key"],
    "aws_kms_alias": storage.MAKES["aws_kms_alias"],
    **_REACHED,
    **_OBJECTS,
    **_STORED,
}
"""What others hang on, in the order in which it is made."""
_LAST: Mapping[str, Handler] = {
    **network.LAST,
    **storage.LAST,
    "aws_iam_role": iam.end_role,
    "aws_iam_user": iam.end_user,
    "aws_iam_group": iam.end_group,
    "aws_iam_policy": iam.end_policy,
}
_ORDER: Order[Handler] = Order(
    first=_FIRST,
    ends={**storage.ENDS, **network.ENDS, **attachments.ENDS},
    makes={**{name: one for name, one in (storage.MAKES | network.MAKES).items() if name not in _FIRST}, **attachments.MAKES},
    last=_LAST,
)
_PREFIX = "aws_"


def with_plan(observations: Iterable[Observation], plan: Plan, accounts: Mapping[str, str]) -> Outcome:
    """The observations as they would be once a plan is applied that is about AWS alone."""
    return whole(plan, (part_of_plan(observations, plan, accounts),))


def part_of_plan(observations: Iterable[Observation], plan: Plan, accounts: Mapping[str, str]) -> Part:
    """What the resources of AWS come to; `accounts` by configuration of the provider, empty for all others."""
    return _Applying(observations, plan, accounts).part()


class _Applying:
    def __init__(self, observations: Iterable[Observation], plan: Plan, accounts: Mapping[str, str]) -> None:
        self._accounts = Accounts(observations)
        self._places = Places(plan, accounts)
        self._plan = plan = spelled(plan, Symbols(addressed(plan), self._places.of, str))
        self._untold: dict[str, None] = {}
        self._assumed: dict[str, None] = {}
        self._symbols = Symbols(addressed(plan), self._places.of, self._assumed.setdefault)
        self._documents = Documents(self._symbols, self._assumed.setdefault)
        self._contexts: dict[str, Context | None] = {}

    def part(self) -> Part:
        found = managed(self._plan, _PREFIX)
        mine = [one for one in found if one.type in _ORDER.understood]
        self._apply([one for one in mine if one.action is not Action.NOTHING])
        others = [one for one in found if one.type not in _ORDER.understood and one.action is not Action.NOTHING]
        concerning = [one for one in others if concerns(one)]
        for one in concerning:
            if context := self._placed(one):
                self._hole(context, one, not_understood(one))
        evaluated = sum(self._placed(one) is not None for one in mine)
        return Part(
            prefix=_PREFIX,
            understood=_ORDER.understood,
            edited=self._accounts.results(),
            untold=tuple(self._untold),
            assumed=tuple(self._assumed),
            evaluated=evaluated,
            ignored=len(others) - len(concerning),
        )

    def _apply(self, changing: list[Resource]) -> None:
        for one in changing:
            if one.action is Action.OTHER:
                self._tell(f"{one.address}: what is to become of it is not understood")
        for handler, one, was in _ORDER.steps(changing):
            self._handle(handler, one, was=was)

    def _handle(self, handler: Handler, resource: Resource, *, was: bool = False) -> None:
        context = self._placed(resource)
        if context is None:
            return
        try:
            handler(context, Said(resource, context, was=was))
        except NotPlacedError as error:
            self._hole(context, resource, str(error))

    def _hole(self, context: Context, resource: Resource, why: str) -> None:
        """A gap that stands for the resource, so that it can be accepted as a known one for a time."""
        subject = context.draft.ref(context.place.account, resource.type, resource.address, resource.address)
        context.draft.gap(context.place.account, resource.type, f"{resource.address}: {why}", subject, GapReason.UNSUPPORTED)

    def _placed(self, resource: Resource) -> Context | None:
        """Where it is put; told when that is not known."""
        place = self._places.of(resource)
        found = place if isinstance(place, str) else self._accounts.of(place.account, place.partition)
        if isinstance(place, str) or isinstance(found, str):
            self._tell(f"{resource.address}: {found}" if resource.action is not Action.NOTHING else "")
            return None
        key = f"{place.account} {place.region}"
        if key not in self._contexts:
            self._contexts[key] = Context(
                found.draft, place, found.holders, found.stores, found.reach, self._symbols, self._documents, self._places
            )
        return self._contexts[key]

    def _tell(self, text: str) -> None:
        if text:
            self._untold.setdefault(text)
