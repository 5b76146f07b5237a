"""What somebody proposes, read into observations: whose policy it is, what it says, and what of it nobody can judge."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from guardrails.cli.sources import Sources
from guardrails.connectors.aws.iam import canonical
from guardrails.connectors.aws.proposed import terraform as aws
from guardrails.connectors.aws.proposed.wellformed import is_policy
from guardrails.connectors.ldap.amendments import amended
from guardrails.connectors.vault.proposed import terraform as vault
from guardrails.drift.people import below
from guardrails.drift.world import World
from guardrails.errors import AuthorError
from guardrails.iam.documents import parsed
from guardrails.model.facts import Policy, Principal
from guardrails.model.observation import Observation
from guardrails.model.reference import Ref
from guardrails.model.words import EdgeKind, PrincipalForm
from guardrails.proposals.documents import with_own_policy, with_text
from guardrails.proposals.outcome import Outcome
from guardrails.proposals.terraform import read_plan
from guardrails.proposals.terraform.whole import whole
from guardrails.vault.errors import PolicyError
from guardrails.vault.stored import stored

__all__ = ["with_iam_policy", "with_memberships", "with_plan", "with_vault_policy"]

_NOT_JUDGED = {PrincipalForm.GROUP, PrincipalForm.PROVIDER}


def with_iam_policy(world: World, sources: Sources, path: Path, principal: str) -> Outcome:
    """The account with the document as an inline policy of the principal, by the name of the file; and why nobody is judged by it.

    Raises:
        AuthorError: It is no policy document, or the principal is none or several.
    """
    holder = _principal(world, principal)
    text = sources.text(path)
    try:
        document = parsed(text)
    except json.JSONDecodeError as error:
        raise AuthorError(f"{path}:{error.lineno}:{error.colno}: not JSON: {error.msg}", remedy="give a policy document in JSON") from error
    except RecursionError:
        raise AuthorError(f"{path}: too deep", remedy="give a policy document in JSON") from None
    if not is_policy(document):
        why = "some part of it is not as AWS takes it" if isinstance(document, dict) and "Statement" in document else "it has no Statement"
        raise AuthorError(f"{path}: no policy document: {why}", remedy="give the document itself, with Version and Statement")
    observation = world.observations[holder.system]
    if observation.connector != "aws":
        raise AuthorError(f"{holder} is in no AWS account", remedy="name a user, group or role of AWS")
    return _edited(with_own_policy(observation, holder, path.stem, canonical(document)), _nobody(world, (holder,), str(holder)))


def with_plan(world: World, sources: Sources, path: Path, accounts: Mapping[str, str], systems: Mapping[str, str]) -> Outcome:
    """The accounts and the namespaces of Vault as they would be once a plan of Terraform is applied.

    Raises:
        AuthorError: It is no plan, or a system is named that is none of Vault.
    """
    seen = world.observations
    for name in systems.values():
        if name not in seen or seen[name].connector != "vault":
            raise AuthorError(f"--system {name} names no system of Vault", remedy="name one as the declaration calls it")
    plan = read_plan(sources.read(path), str(path))
    return whole(plan, (aws.part_of_plan(seen.values(), plan, accounts), vault.part_of_plan(seen.values(), plan, systems)))


def with_vault_policy(world: World, sources: Sources, path: Path) -> Outcome:
    """The server with what its policy of the name of the file would say; and why nobody is judged by it.

    Raises:
        AuthorError: It is no policy, or there is none or are several of that name.
    """
    found = [
        (observation, fact)
        for observation in world.observations.values()
        for fact in observation.facts
        if observation.connector == "vault" and isinstance(fact, Policy) and fact.ref.name == path.stem and fact.ref.kind == "policy"
    ]
    if len(found) != 1:
        said = "several policies are" if found else "no policy is"
        raise AuthorError(
            f"{said} called {path.stem} in what was observed, so it is not clear who would hold {path}",
            remedy="call the file as the policy that it replaces; a policy that nobody holds yet cannot be judged",
        )
    ((observation, policy),) = found
    try:
        engine, unblocked = _kept(policy)
        # when it ends does not stay: a policy that never ends gives more
        text = stored(sources.text(path), engine, name=path.stem, unblocked=frozenset(unblocked))
    except PolicyError as error:
        raise AuthorError(f"{path}: {error.message}", remedy="give a policy that the server would take") from error
    holders = tuple(e.source for e in observation.edges if e.kind is EdgeKind.IDENTITY_POLICY and e.target == policy.ref)
    return _edited(with_text(observation, policy.ref, text), _nobody(world, holders, str(policy.ref)))


def with_memberships(world: World, sources: Sources, path: Path) -> Outcome:
    """The directory with the changes of memberships that an LDIF file holds; and why nobody is judged by them.

    Raises:
        AuthorError: It changes anything else, or it is not clear in which directory.
    """
    directories = [observation for observation in world.observations.values() if observation.connector == "ldap"]
    if len(directories) != 1:
        raise AuthorError(f"{len(directories)} directories are declared, so it is not clear which {path} is of", remedy="declare the one")
    try:
        edited, moved = amended(sources.text(path), directories[0])
    except ValueError as error:
        raise AuthorError(
            f"{path}:{error}", remedy="give changes of member, uniqueMember, roleOccupant or memberUid of known groups"
        ) from None
    return _edited(edited, _nobody(world, moved, f"what {path.name} changes"))


def _edited(observation: Observation, untold: Iterator[str]) -> Outcome:
    return Outcome(edited=(observation,), untold=tuple(untold), evaluated=1)


def _kept(policy: Policy) -> tuple[str, str]:
    """What stays when a policy is written anew: whose server it is, and what its values may bring along."""
    said: Mapping[str, str] = json.loads(policy.text)
    return said["engine"], said.get("unblocked", "")


def _principal(world: World, name: str) -> Ref:
    found = sorted(fact.ref for fact in world.facts(Principal) if name in {str(fact.ref), fact.resource})
    if len(found) != 1:
        said = f"{len(found)} principals are" if found else "no principal is"
        raise AuthorError(
            f"{said} called {name} in what was observed", remedy="name one as reports do: aws@111122223333:role/ci, or its ARN"
        )
    return found[0]


def _nobody(world: World, holders: tuple[Ref, ...], what: str) -> Iterator[str]:
    """Why nothing is judged, unless somebody is: a group acts through its members, and what the provider made is the provider's."""
    concerned = {ref for holder in holders for ref in below(world.observations[holder.system].edges, holder)}
    forms = {fact.form for fact in world.facts(Principal) if fact.ref in concerned}
    if not forms - _NOT_JUDGED:
        yield f"nobody who is judged would hold {what}, and nothing evaluated never passes"
