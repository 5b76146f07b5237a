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
from guardrails.connectors.vault.proposed.draft import Namespace
from guardrails.connectors.vault.proposed.namespaces import Namespaces
from guardrails.connectors.vault.proposed.policies import carried_by, holders_of, named, write_policy
from guardrails.drift.people import below
from guardrails.drift.world import World
from guardrails.errors import AuthorError
from guardrails.iam.documents import parsed
from guardrails.model.facts import Policy, Principal
from guardrails.model.observation import Observation
from guardrails.model.reference import Ref
from guardrails.model.words import PrincipalForm
from guardrails.proposals.documents import with_own_policy
from guardrails.proposals.outcome import Outcome
from guardrails.proposals.terraform import read_plan
from guardrails.proposals.terraform.sources import sources_of, with_sources
from guardrails.proposals.terraform.whole import whole
from guardrails.vault.acl import ROOT
from guardrails.vault.errors import PolicyError

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


def with_plan(
    world: World, sources: Sources, files: tuple[Path, Path | None], accounts: Mapping[str, str], systems: Mapping[str, str]
) -> Outcome:
    """The accounts and the namespaces of Vault as they would be once a plan of Terraform is applied.

    The plan is given in JSON, and the file that it was made of where its sources are to be read.

    Raises:
        AuthorError: It is no plan, the file is of another one, or a system is named that is none of Vault.
    """
    path, plan_file = files
    seen = world.observations
    for name in systems.values():
        if name not in seen or seen[name].connector != "vault":
            raise AuthorError(f"--system {name} names no system of Vault", remedy="name one as the declaration calls it")
    plan = read_plan(sources.read(path), str(path))
    if plan_file is not None:
        plan = with_sources(plan, sources_of(sources.read(plan_file), str(plan_file)), str(plan_file))
    return whole(plan, (aws.part_of_plan(seen.values(), plan, accounts), vault.part_of_plan(seen.values(), plan, systems)))


def with_vault_policy(world: World, sources: Sources, path: Path, principal: str | None, systems: Mapping[str, str]) -> Outcome:
    """The server with what its policy of the name of the file would say, which may be a new one; and why nobody is judged by it.

    It is held by all who carry its name, and by the principal that is named as well.

    Raises:
        AuthorError: It is no policy, the principal cannot carry one, or it is not clear on which server it would be.
    """
    draft = _namespace(world, path, systems.get(""))
    holder = _principal(world, principal) if principal else None
    if named(draft, path.stem).name == ROOT:
        raise AuthorError(f"{path}: no server takes a policy that is called root", remedy="call the file as the policy")
    try:
        policy = write_policy(draft, path.stem, sources.text(path))
    except PolicyError as error:
        raise AuthorError(f"{path}: {error.message}", remedy="give a policy that the server would take") from error
    if holder and not carried_by(draft, policy, holder):
        raise AuthorError(f"{holder} carries no policies of {draft.system}", remedy="name a login, an entity or a group of that system")
    found = draft.result()
    after = world.seeing({**world.observations, found.system: found}, world.meanings)
    return _edited(found, _nobody(after, holders_of(draft, policy), str(policy)))


def _namespace(world: World, path: Path, name: str | None) -> Namespace:
    """Where the policy of a file would be: in the system that is named, in the one that has it, or in the only one that there is."""
    namespaces = Namespaces(world.observations.values())
    if name is not None:
        found = namespaces.system(name)
        if isinstance(found, str):
            raise AuthorError(f"--system {name}: {found}", remedy="name one as the declaration calls it")
        return found
    having = [draft for draft in namespaces.each() if draft.get(Policy, named(draft, path.stem))]
    possible = having or namespaces.each()
    if len(possible) != 1:
        said = f"{len(having)} systems have a policy" if having else f"there are {len(possible)} systems of Vault, and none has a policy"
        raise AuthorError(f"{said} called {path.stem}, so it is not clear who would hold {path}", remedy="say in which one, with --system")
    return possible[0]


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
