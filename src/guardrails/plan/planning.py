"""From findings to sound changes, one after the other: each is tried on the world as it would be after those before it.

What does not prove to be sound is held, with its reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from guardrails.drift.covers import Covers
from guardrails.drift.world import World
from guardrails.model.changes import Action, Change, DetachPolicy, Edit, Held, Image, RemoveMember, Restore, edited
from guardrails.model.facts import Principal
from guardrails.model.findings import Finding
from guardrails.model.reference import Ref
from guardrails.model.words import Kind
from guardrails.plan.after import Meant, involved
from guardrails.plan.proposals import Proposal, held, proposals
from guardrails.plan.protection import NOBODY, Protected, refusal
from guardrails.plan.soundness import Outcome, Stage, Unsound, outcome
from guardrails.plan.underneath import gaps_under
from guardrails.ports import Writer

__all__ = ["Images", "Planning", "objects"]

Images = Mapping[Ref, Image | str]
"""Objects as they are; a text where one could not be read, or is not there."""


def objects(world: World, findings: Iterable[Finding], writers: Mapping[str, Writer]) -> tuple[Ref, ...]:
    """The objects that may have to be written, to be read before planning."""
    covers, found = Covers(world), set()
    for finding in findings:
        for proposal in proposals(world, covers, finding):
            if isinstance(proposal, Proposal):
                try:
                    found.add(_touched(proposal.action, writers))
                except Unsound:
                    continue  # told when it is planned
    return tuple(sorted(found))


def _touched(action: Action, writers: Mapping[str, Writer]) -> Ref:
    system = involved(action)[0].system
    if system not in writers:
        raise Unsound(f"guardrails cannot change {system} yet")
    try:
        return writers[system].touched(action)
    except ValueError as error:
        raise Unsound(str(error)) from None


class Planning:
    """One pass over the findings. `changes` and `held` hold what came of it; `stage` the world as it would be."""

    def __init__(self, world: World, images: Images, writers: Mapping[str, Writer], meant: Meant, protected: Protected = NOBODY) -> None:
        self._writers, self._meant, self._protected = writers, meant, protected
        self._images = dict(images)
        self.stage = Stage.of(world)
        self.changes: list[Change] = []
        self.held: list[Held] = []

    def plan(self, findings: Iterable[Finding]) -> None:
        """Try everything that is proposed for some findings, in their order."""
        for finding in findings:
            self._plan(finding)

    def _plan(self, finding: Finding) -> None:
        refused: list[Held] = []
        # a leaver also leaves every group, when nothing is open to them any more
        goes_on = finding.difference.kind is Kind.LEAVER
        for proposal in proposals(self.stage.world, Covers(self.stage.world), finding):
            if isinstance(proposal, Held):
                refused.append(proposal)
            elif goes_on or finding.id in self.stage.findings:
                try:
                    self._make(proposal)
                except Unsound as why:
                    refused.append(held(finding, f"{_named(proposal.action)}: {why}", finding.difference.remedy))
        if goes_on or finding.id in self.stage.findings:
            self.held += refused
        if not refused and finding.id in self.stage.findings:
            self.held.append(held(finding, "what guardrails can do does not end it", finding.difference.remedy))

    def _make(self, proposal: Proposal) -> None:
        if why := refusal(proposal.action, self.stage.world, self._protected):
            raise Unsound(why)
        ref = _touched(proposal.action, self._writers)
        if gap := next(gaps_under(self.stage.world, proposal.action), None):
            raise Unsound(f"not everything was seen there: {gap.message}")
        image, edits = self._edits(proposal.action, ref)
        came = outcome(self.stage, proposal, self._meant)
        change = self._change(proposal, ref, came, image, edits)
        self.changes.append(change)
        self._images[ref] = edited(image, edits)
        self.stage = came.stage

    def _edits(self, action: Action, ref: Ref) -> tuple[Image, tuple[Edit, ...]]:
        image = self._images.get(ref, f"{ref} was not read")
        if isinstance(image, str):
            raise Unsound(image)
        try:
            return image, self._writers[ref.system].edits(action, image, self._known(ref.system))
        except ValueError as error:
            raise Unsound(str(error)) from None

    def _known(self, system: str) -> Mapping[Ref, Principal]:
        return {principal.ref: principal for principal in self.stage.world.facts(Principal, system)}

    def _change(self, proposal: Proposal, ref: Ref, came: Outcome, image: Image, edits: tuple[Edit, ...]) -> Change:
        about = involved(proposal.action)[0]
        person = Covers(self.stage.world).person_of(about)
        return Change(
            action=proposal.action,
            ref=ref,
            before=image.fingerprint,
            after=edited(image, edits).fingerprint,
            edits=edits,
            effect=came.effect,
            proof=came.proof,
            breaks=proposal.breaks,
            subject=f"person:{person.name}" if person else str(about),
            cas=self._writers[ref.system].cas(ref, image),
            undo=Restore(),
            control=proposal.finding.control,
            finding=proposal.finding.id,
            why=proposal.finding.difference.message,
        )


def _named(action: Action) -> str:
    match action:
        case RemoveMember():
            return f"{action.member} out of {action.group}"
        case DetachPolicy():
            return f"{action.policy} off {action.holder}"
        case _:
            return str(involved(action)[0])
