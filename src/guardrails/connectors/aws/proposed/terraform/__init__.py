"""A plan of Terraform put into the observed accounts: what is made first, what hangs on it after, and what ends last."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from guardrails.connectors.aws.proposed.accounts import Accounts
from guardrails.connectors.aws.proposed.terraform import attachments, iam, network, storage
from guardrails.connectors.aws.proposed.terraform.context import Context, Handler, NotPlacedError, Said
from guardrails.connectors.aws.proposed.terraform.documents import Documents
from guardrails.connectors.aws.proposed.terraform.places import Places
from guardrails.connectors.aws.proposed.terraform.symbols import Symbols
from guardrails.model.observation import Observation
from guardrails.model.words import GapReason
from guardrails.proposals.concern import is_of_concern
from guardrails.proposals.outcome import Outcome
from guardrails.proposals.terraform import Action, Plan, Resource
from guardrails.proposals.values import Value

__all__ = ["with_plan"]

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
_MAKES: Mapping[str, Handler] = {
    **{name: one for name, one in (storage.MAKES | network.MAKES).items() if name not in _FIRST},
    **attachments.MAKES,
}
_ENDS: Mapping[str, Handler] = {**storage.ENDS, **network.ENDS, **attachments.ENDS}
_UNDERSTOOD = frozenset({*_FIRST, *_MAKES})
_BEGINS = frozenset({Action.CREATE, Action.UPDATE, Action.REPLACE})
_GOES = frozenset({Action.DELETE, Action.REPLACE})


def with_plan(observations: Iterable[Observation], plan: Plan, accounts: Mapping[str, str]) -> Outcome:
    """The observations as they would be once the plan is applied; `accounts` by configuration of the provider, empty for all others."""
    return _Applying(observations, plan, accounts).outcome()


class _Applying:
    def __init__(self, observations: Iterable[Observation], plan: Plan, accounts: Mapping[str, str]) -> None:
        self._plan = plan
        self._accounts = Accounts(observations)
        self._places = Places(plan, accounts)
        self._untold: dict[str, None] = {}
        self._assumed: dict[str, None] = {}
        known = {one.address: one for one in (*plan.prior, *plan.resources) if not one.is_deposed}
        self._symbols = Symbols(known, self._places.of, self._assumed.setdefault)
        self._documents = Documents(self._symbols, self._assumed.setdefault)
        self._contexts: dict[str, Context | None] = {}

    def outcome(self) -> Outcome:
        managed = [one for one in self._plan.resources if not one.is_data]
        mine = [one for one in managed if one.type in _UNDERSTOOD]
        self._apply([one for one in mine if one.action is not Action.NOTHING])
        others = [one for one in managed if one.type not in _UNDERSTOOD and one.action is not Action.NOTHING]
        concerning = [one for one in others if is_of_concern(one.type, {*_names(one.before), *_names(one.after)})]
        self._not_understood(concerning)
        evaluated = sum(self._placed(one) is not None for one in mine)
        self._about_plan(evaluated)
        return Outcome(
            edited=self._accounts.results(),
            untold=tuple(self._untold),
            assumed=tuple(self._assumed),
            notes=tuple(self._notes(mine)),
            evaluated=evaluated,
            ignored=len(others) - len(concerning),
        )

    def _apply(self, changing: list[Resource]) -> None:
        for one in changing:
            if one.action is Action.OTHER:
                self._tell(f"{one.address}: what is to become of it is not understood")
        for kind, one in _of_types(changing, _FIRST, _BEGINS):
            if one.action is Action.REPLACE and kind in _LAST:
                self._handle(_LAST[kind], one, was=True)
            self._handle(_FIRST[kind], one)
        for kind, one in _of_types(changing, _ENDS, _GOES | {Action.UPDATE}):
            self._handle(_ENDS[kind], one, was=True)
        for kind, one in _of_types(changing, _MAKES, _BEGINS):
            self._handle(_MAKES[kind], one)
        for kind, one in _of_types(changing, _LAST, frozenset({Action.DELETE})):
            self._handle(_LAST[kind], one, was=True)

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

    def _not_understood(self, found: list[Resource]) -> None:
        for one in found:
            why = f"{one.type} speaks of access, exposure or encryption, and is not understood"
            context = self._placed(one) if one.type.startswith("aws_") else None
            if context is not None:
                self._hole(context, one, why)
            elif not one.type.startswith("aws_"):
                self._tell(f"{one.address}: {why}")

    def _about_plan(self, evaluated: int) -> None:
        for kind, address in self._plan.deferred:
            if kind in _UNDERSTOOD or is_of_concern(kind, ()):
                self._tell(f"{address}: Terraform defers it to a later plan, so nothing is known of it")
        if self._plan.has_failed:
            self._tell("Terraform could not make the plan to its end")
        for one in self._plan.resources:
            if one.runs_programs:
                self._tell(f"{one.address}: it runs provisioners, and what they do is in no plan")
        for address in self._plan.invoked:
            self._tell(f"{address}: it is an action, and what it does is in no plan")
        if not evaluated:
            self._tell("no resource of the plan was evaluated, and nothing evaluated never passes")

    def _notes(self, mine: list[Resource]) -> Iterator[str]:
        counts = Counter(one.action.value for one in mine)
        yield f"Terraform {self._plan.version or 'of an unknown version'}: " + ", ".join(
            f"{n} {word}" for word, n in sorted(counts.items())
        )
        if self._plan.drifted:
            yield f"{self._plan.drifted} resources were changed outside of Terraform; what was observed counts"
        if not self._plan.is_complete:
            yield "Terraform says that another plan is needed after this one"
        yield from (f"{one.address}: it stays as it is, and Terraform knows it no longer" for one in mine if one.action is Action.FORGET)


def _of_types(changing: list[Resource], types: Mapping[str, Handler], actions: frozenset[Action]) -> Iterator[tuple[str, Resource]]:
    """The resources of some types that are to become something, in the order of the types."""
    for kind in types:
        yield from ((kind, one) for one in changing if one.type == kind and one.action in actions)


def _names(value: Value) -> Iterator[str]:
    """The names of attributes at any depth."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield name
            yield from _names(inner)
    elif isinstance(value, tuple):
        for inner in value:
            yield from _names(inner)
