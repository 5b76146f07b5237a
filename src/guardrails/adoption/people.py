"""Who the people are, when nobody has said it yet, and which accounts look like theirs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from guardrails.model.declaration import Declaration, PeopleSource
from guardrails.model.facts import Principal
from guardrails.model.observation import Observation
from guardrails.model.words import PrincipalForm

__all__ = ["hints", "sources"]

_DIRECTORY = "ldap"
_NAMES = ("uid", "mail")


def sources(declaration: Declaration, observations: Mapping[str, Observation]) -> tuple[PeopleSource, ...]:
    """The directories, each with the attribute that names most of its people; nothing when some are declared."""
    if declaration.sources:
        return ()
    found = []
    for system in declaration.systems:
        counts = Counter(key for one in _people(observations[system.name]) for key, _ in one.names if key in _NAMES)
        if system.connector == _DIRECTORY and counts:
            found.append(PeopleSource(system=system.name, name=max(_NAMES, key=lambda key: counts[key])))
    return tuple(found)


def hints(declaration: Declaration, observations: Mapping[str, Observation]) -> Iterator[str]:
    """Accounts that carry a person's name under a key by which nobody joins them: adopted, they would be nobody's."""
    names = {
        value
        for source in declaration.sources
        for one in _people(observations[source.system])
        for key, value in one.names
        if key == source.name
    }
    attribute = declaration.sources[0].name if declaration.sources else ""
    joined = {(join.system, join.key) for join in declaration.joins}
    for system in sorted(observations.keys() - {source.system for source in declaration.sources}):
        named = ((one.ref.kind, key) for one in _people(observations[system]) for key, value in one.names if value in names)
        counts = Counter((kind, key) for kind, key in named if (system, key) not in joined)
        for (kind, key), count in sorted(counts.items()):
            said = f"iam-{kind}: {key}" if key.startswith("tag/") else f"{key}: {attribute}"
            how = f"people: {{join: {{{system}: {{{said}}}}}}}"
            yield f"{count} accounts of {system} carry the name of a person; say whose they are, and adopt again from the beginning: {how}"


def _people(observation: Observation) -> Iterator[Principal]:
    return (fact for fact in observation.facts if isinstance(fact, Principal) and fact.form is PrincipalForm.USER)
