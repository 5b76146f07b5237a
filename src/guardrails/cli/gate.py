"""`guardrails gate`: what a proposed change of documents would do, before it is made."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from functools import partial, reduce
from pathlib import Path
from typing import Any

import click

from guardrails import declare, workflow
from guardrails.cli.attesting import Verdict, keep
from guardrails.cli.change import Proposed
from guardrails.cli.host import Host, read_host
from guardrails.cli.kept import snapshot_text
from guardrails.cli.options import account_of, declaration_argument, host_option, output_option, progress, system_of
from guardrails.cli.proposed import with_iam_policy, with_memberships, with_plan, with_vault_policy
from guardrails.cli.revisions import revisions
from guardrails.cli.sources import Sources, digest_of_folder
from guardrails.cli.stack import with_stack
from guardrails.cli.verdict import Told, as_json, as_text
from guardrails.drift.world import World
from guardrails.errors import AuthorError
from guardrails.model.facts import Gap
from guardrails.model.snapshot import load_observations
from guardrails.model.words import GapReason
from guardrails.proposals.judgement import judge
from guardrails.proposals.outcome import Outcome

__all__ = ["command"]

_FILE = click.Path(path_type=Path)
_SKEW = timedelta(minutes=5)
"""By how much clocks may differ."""


@click.command("gate")
@declaration_argument
@click.option("--from", "snapshot", type=_FILE, required=True, help="What `observe --out` kept; nothing is contacted.")
@click.option("--iam-policy", "iam", type=_FILE, help="An inline policy that --principal would have, by the name of the file.")
@click.option(
    "--principal",
    metavar="REF",
    help="Who would have it: aws@111122223333:role/ci, its ARN, or for a policy of Vault vault:role/approle/ci.",
)
@click.option("--vault-policy", "vault", type=_FILE, help="What the policy of that name (NAME.hcl) would say; it may be a new one.")
@click.option("--ldif", type=_FILE, help="Changes of memberships in the directory, as for ldapmodify.")
@click.option("--declaration", "between", metavar="BASE..HEAD", help="The declaration in two revisions of its git repository.")
@click.option("--terraform", type=_FILE, help="A plan, as `terraform show -json` writes it.")
@click.option("--plan-file", type=_FILE, help="What `terraform plan -out` wrote: the words around references stand there alone.")
@click.option("--cloudformation", type=_FILE, help="A template of CloudFormation, in YAML or JSON.")
@click.option("--deployed", metavar="FILE|none", help="The template that is deployed, of which something may go; none for a new stack.")
@click.option("--stack-resources", "resources", type=_FILE, help="What `aws cloudformation describe-stack-resources` writes.")
@click.option("--stack", "now", type=_FILE, help="What `aws cloudformation describe-stacks` writes: the parameters that it has.")
@click.option("--parameter", "parameters", multiple=True, metavar="NAME=VALUE", help="A parameter of the template. May be given again.")
@click.option("--region", default="", help="The region of the stack.")
@click.option(
    "--account", "accounts", multiple=True, metavar="[PROVIDER=]ID", help="The account, of a stack or where the plan does not tell it."
)
@click.option(
    "--system",
    "systems",
    multiple=True,
    metavar="[PROVIDER=]NAME",
    help="The declared system of Vault, of a policy or where the plan does not tell it.",
)
@click.option("--attest", type=_FILE, help="Write what was judged, and how, as an in-toto statement.")
@click.option("--attest-key", type=_FILE, help="Have ssh-keygen sign that with this key, into FILE.sig.")
@host_option
@output_option
def command(
    declaration: Path,
    *,
    snapshot: Path,
    between: str | None,
    accounts: tuple[str, ...],
    systems: tuple[str, ...],
    attest: Path | None,
    attest_key: Path | None,
    host: Path,
    output: str,
    **parts: Any,  # noqa: ANN401  # click gives each by its name
) -> int:
    """Judge a change before it is made: what is new or worse blocks, what is there anyway is told.

    Exit 0: nothing new, nothing worse. 1: something is. 3: it cannot be told.
    """
    named = dict(map(system_of, systems))
    proposed, sources = Proposed(**parts, accounts=dict(map(account_of, accounts)), systems=named), Sources()
    edits = _checked(proposed, sources, between, attest, attest_key)
    known = read_host(host)
    with ExitStack() as stack:
        was, will = stack.enter_context(revisions(declaration, between)) if between else (declaration, declaration)
        now, seen = datetime.now(UTC), Sources({snapshot: snapshot_text(snapshot, known.keys).encode()})
        _differing(was, will, between, edits)
        before = _world(was, seen.text(snapshot), known, now)
        after = _world(will, seen.text(snapshot), known, now) if between else before
        outcomes: list[Outcome] = []
        for edit in edits:
            outcomes.append(edit(after))
            after = reduce(workflow.with_observation, outcomes[-1].edited, after)
        judgement = judge(before, after, (*_stale(before, now), *(why for one in outcomes for why in one.untold)))
        grounds = {"declaration-before": digest_of_folder(was), "declaration": digest_of_folder(will), **_named(seen, "observation")}
        subjects, about = proposed.subjects(sources), proposed.about(sources)
        if between:
            subjects |= {"declaration": grounds["declaration"]}
            about |= {"declaration-before": grounds["declaration-before"]}
        keep(Verdict(subjects, judgement, grounds, about, now), known, attest, attest_key)
    click.echo((as_json if output == "json" else as_text)(judgement, Told.of(outcomes)))
    if judgement.untold:
        progress("the change was not judged as a whole")
    return judgement.exit_code


def _checked(
    proposed: Proposed, sources: Sources, between: str | None, attest: Path | None, attest_key: Path | None
) -> tuple[Callable[[World], Outcome], ...]:
    """The parts of the change.

    Raises:
        AuthorError: There are none, or something is lacking that belongs to what was given.
    """
    if (proposed.principal is None and proposed.iam) or (proposed.principal and not (proposed.iam or proposed.vault)):
        raise AuthorError("--iam-policy and --principal belong together", remedy="say which document, and whose it would be")
    if proposed.plan_file and not proposed.terraform:
        raise AuthorError("--plan-file belongs to --terraform", remedy="give what terraform show -json writes of it as well")
    if attest_key and not attest:
        raise AuthorError("--attest-key signs what --attest writes", remedy="name the file with --attest FILE")
    edits = tuple(_edits(proposed, sources))
    if not (edits or between):
        raise AuthorError("no change is proposed, and nothing evaluated never passes", remedy="name one, such as --vault-policy NAME.hcl")
    return edits


def _differing(was: Path, will: Path, between: str | None, edits: tuple[Callable[[World], Outcome], ...]) -> None:
    """Raises where the two revisions declare the same: that would pass, and look as if the change of a declaration had."""
    if between and not edits and digest_of_folder(was) == digest_of_folder(will):
        raise AuthorError(
            f"--declaration {between}: both declare the same", remedy="name the revision before the change, and the one with it"
        )


def _named(sources: Sources, name: str) -> dict[str, str]:
    """One file under a name that says what it is."""
    return dict.fromkeys((name,), *sources.digests().values())


def _world(path: Path, snapshot: str, pinned: Host, now: datetime) -> World:
    found = declare.load(path)
    workflow.checked(found)
    approval = workflow.approval(found, pinned.anchor, found.clock.day(now))
    return workflow.side_by_side(found, workflow.aged(found, load_observations(snapshot), now), now, approval)


def _edits(proposed: Proposed, sources: Sources) -> Iterator[Callable[[World], Outcome]]:
    """What each part of the change does to the world that the part before leaves behind."""
    if proposed.terraform:
        yield partial(
            with_plan, sources=sources, files=(proposed.terraform, proposed.plan_file), accounts=proposed.accounts, systems=proposed.systems
        )
    if proposed.cloudformation:
        yield partial(
            with_stack,
            sources=sources,
            path=proposed.cloudformation,
            deployed=proposed.deployed,
            resources=proposed.resources,
            now=proposed.now,
            parameters=proposed.parameters,
            region=proposed.region,
            accounts=proposed.accounts,
        )
    if proposed.iam and proposed.principal:
        yield partial(with_iam_policy, sources=sources, path=proposed.iam, principal=proposed.principal)
    if proposed.vault:
        principal = None if proposed.iam else proposed.principal
        yield partial(with_vault_policy, sources=sources, path=proposed.vault, principal=principal, systems=proposed.systems)
    if proposed.ldif:
        yield partial(with_memberships, sources=sources, path=proposed.ldif)


def _stale(world: World, now: datetime) -> Iterator[str]:
    """What was seen too long ago cannot let a change pass, nor what is yet to be seen: that would never be too old."""
    for system, seen in world.observations.items():
        if seen.taken_at > now + _SKEW:
            yield f"{system} was observed {seen.taken_at:%Y-%m-%d %H:%M} UTC, which is yet to come"
    old: list[Gap] = [gap for gap in world.gaps() if gap.reason is GapReason.STALE]
    yield from (gap.message for gap in old)
