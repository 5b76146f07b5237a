"""From findings to sound changes, one after the other: each is tried on what would be seen after those before it.

What does not prove to be sound is held, with its reason. At the end everything is judged anew: what all the changes together would make of
the world. Should anything new be found there, they are tried once more, each with the whole world behind it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import reduce

from guardrails.controls import judged
from guardrails.drift import differences
from guardrails.drift.covers import Covers
from guardrails.drift.world import World
from guardrails.model.actions import Action, RemoveMember, RewritePolicy, involved
from guardrails.model.changes import GONE, MANAGED_BY, Change, Edit, Held, Image, Irreversible, edited
from guardrails.model.facts import Principal
from guardrails.model.findings import Finding
from guardrails.model.reference import Ref
from guardrails.model.words import Kind
from guardrails.model.written import Written, nowhere
from guardrails.plan.elsewhere import Elsewhere, Others
from guardrails.plan.kept import keeping
from guardrails.plan.lesser import AROUND
from guardrails.plan.lockout import Locked, unlocked
from guardrails.plan.proposal import Proposal, as_proposed, by_place, held, in_words, proposed
from guardrails.plan.proposals import proposals
from guardrails.plan.protection import NOBODY, Protected, managed, refusal
from guardrails.plan.soundness import InUse, Outcome, Unhelpful, Unsound, is_over, outcome, require_help
from guardrails.plan.stage import Meant, Stage
from guardrails.plan.standing import Consent, anything
from guardrails.plan.underneath import gaps_under
from guardrails.plan.used import NOTHING, Used
from guardrails.ports import Writer, undo_of

__all__ = ["Images", "Planning", "objects"]

_BY_PARTS = frozenset({Kind.TRUST_EXCESS, Kind.ASSET_SHARED, Kind.ACCESS_EXCESS})
"""Ended part by part, each on what is left of the one before."""
Images = Mapping[Ref, Image | str]
"""Objects as they are; a text where one could not be read, or is not there."""


def objects(world: World, findings: Iterable[Finding], writers: Mapping[str, Writer]) -> tuple[Ref, ...]:
    """The objects that may have to be written, to be read before planning."""
    covers, found = Covers(world), set()
    for finding in by_place(findings):
        for proposal in proposals(world, covers, finding):
            if isinstance(proposal, Proposal):
                try:
                    found.add(_touched(proposal.action, writers))
                except Unsound:
                    continue  # told when it is planned
                if isinstance(proposal.action, AROUND):
                    break  # all others write the same object, and cost time
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
    """What is planned for the findings of a world. `changes` and `held` hold what came of it."""

    def __init__(
        self,
        world: World,
        images: Images,
        writers: Mapping[str, Writer],
        meant: Meant,
        protected: Protected = NOBODY,
        *,
        consent: Consent = anything,
        used: Used = NOTHING,
        written: Written = nowhere,
    ) -> None:
        self._writers, self._meant, self._protected, self._consent, self._used = writers, meant, protected, consent, used
        self._world, self._read = world, images
        self._known = {name: {fact.ref: fact for fact in world.facts(Principal, name)} for name in writers}
        self._found = _ids(world)
        self._others = Others(world, writers, written, self._edits_of_others)
        self._begin(careful=False)

    def _begin(self, *, careful: bool) -> None:
        self._stage, self._images, self._careful = Stage.of(self._world, self._meant), dict(self._read), careful
        self._made: set[Action] = set()
        self._kept: dict[Action, Held] = {}
        self._open = dict(self._found)
        self.changes: list[Change] = []
        self.held: list[Held] = []

    def read(self, ref: Ref) -> Image | str:
        """An object as it was read; a text where it could not be."""
        return self._read.get(ref, f"{ref} was not read")

    def plan(self, findings: Iterable[Finding]) -> None:
        """Try everything that is proposed for some findings, in their order."""
        listed = tuple(findings)
        self._each(listed)
        if self.changes and not self._careful:
            self._open = _ids(self._stage.whole())
            if not self._open.keys() <= self._found.keys():
                self._begin(careful=True)
                self._each(listed)
        # what cannot be taken back waits until all else is done
        self.changes.sort(key=lambda change: isinstance(change.undo, Irreversible))
        told = {one.finding for one in self.held}
        ended = [finding for finding in listed if finding.id in self._open and finding.id not in told]
        self.held += [held(finding, "what guardrails can do does not end it", finding.difference.remedy) for finding in ended]

    def delete(self, due: Iterable[Proposal]) -> None:
        """Try to delete what was put out of use and is due; no finding of this world asks for it, and so none is left open."""
        for proposal in due:
            if refused := self._attempted(proposal.finding, proposal):
                self.held.append(refused)

    def _each(self, findings: Iterable[Finding]) -> None:
        most = self._world.declaration.applying.limits.changes
        for finding in by_place(findings):
            if len(self.changes) > most:
                # it is refused as it is, and trying costs time
                why = f"not tried: the plan makes more changes already than one plan may ({most})"
                self.held.append(held(finding, why, "plan fewer with --select or --target"))
                continue
            self.held += self._refused(finding)

    def _refused(self, finding: Finding) -> list[Held]:
        """Try what is proposed for a finding, and return what is held back of it."""
        self._kept = {}
        while True:
            before = len(self.changes), len(self._kept)
            # several entries of one policy, and several policies, go one after the other
            world = self._stage.now() if finding.difference.kind in _BY_PARTS else self._world
            refused = self._round(finding, world)
            if finding.difference.kind is not Kind.ACCESS_EXCESS:
                return refused
            if is_over(finding, self._beyond()):
                return [*self._kept.values()]  # one way of several was enough
            # what had nothing to do with the first excess may be what gives the next one
            if (len(self.changes), len(self._kept)) == before:
                return [*dict.fromkeys((*self._kept.values(), *refused))]

    def _beyond(self) -> Stage:
        """What would be seen without the memberships that are kept too: what else is too much is a case of its own."""
        return reduce(Stage.after, self._kept, self._stage)

    def _keeping(self, proposal: Proposal | Held) -> Proposal | Held:
        """Nobody of ours is to lose what is declared; who would is named."""
        return proposal if isinstance(proposal, Held) else keeping(self._stage, proposal)

    def _round(self, finding: Finding, world: World) -> list[Held]:
        """Try one proposal after the other; of access that is too much until one is made, for the next excess is a new case."""
        made, refused = len(self.changes), list[Held]()
        for proposal in map(self._keeping, proposals(world, self._stage.covers, finding)):
            if isinstance(proposal, Proposal) and isinstance(proposal.action, AROUND) and any(one.proposal for one in refused):
                break  # whoever manages what gives too much has been told the better change
            if one := self._tried(finding, proposal):
                refused.append(one)
            if finding.difference.kind is Kind.ACCESS_EXCESS and len(self.changes) > made:
                break
        return refused

    def _tried(self, finding: Finding, proposal: Proposal | Held) -> Held | None:
        if isinstance(proposal, Held):
            return proposal
        if proposal.action in self._made or is_over(finding, self._beyond()):
            return None
        return self._attempted(finding, proposal)

    def _attempted(self, finding: Finding, proposal: Proposal) -> Held | None:
        try:
            self._make(proposal)
        except Unhelpful:
            return None
        except Elsewhere as other:
            return proposed(finding, in_words(proposal.action), other.managed.by.name, other.proposal, other.patches)
        except Unsound as why:
            refused = held(finding, f"{in_words(proposal.action)}: {why}", finding.difference.remedy)
            if isinstance(why, InUse) and isinstance(proposal.action, RemoveMember):
                self._kept[proposal.action] = refused
            return refused
        return None

    def _make(self, proposal: Proposal) -> None:
        require_help(self._stage, proposal, self._beyond())
        if why := refusal(proposal.action, self._stage, self._protected):
            raise Unsound(why)
        self._require_ours(proposal)
        ref = _touched(proposal.action, self._writers)
        if gap := next(gaps_under(self._world, proposal.action), None):
            raise Unsound(f"not everything was seen there: {gap.message}")
        image, edits = self._edits(proposal.action, ref)
        came = self._outcome(proposal)
        used = self._used.told(proposal.action, self._stage, came.stage)
        if used and self._used.is_kept(proposal.finding):
            raise InUse("; ".join(used))
        change = self._change(replace(proposal, breaks=(*proposal.breaks, *used)), ref, came, image, edits)
        if why := self._consent(change, len(self.changes)):
            raise Unsound(why)
        if self._careful:
            self._judge(came.stage)
        self.changes.append(change)
        self._made.add(proposal.action)
        self._images[ref], self._stage = edited(image, edits), came.stage

    def _outcome(self, proposal: Proposal) -> Outcome:
        """What comes of it; of a key, with who can administer it then."""
        came = outcome(self._stage, proposal)
        try:
            open_to = unlocked(proposal.action, self._stage, came.stage, self._protected)
        except Locked as why:
            raise Unsound(str(why)) from None
        return replace(came, proof=f"{came.proof}; {open_to}") if open_to else came

    def _require_ours(self, proposal: Proposal) -> None:
        touched = None
        try:
            touched = _touched(proposal.action, self._writers)
        except Unsound:  # what cannot be written from here has a manager all the same
            if _is_of_others(proposal.action):
                raise
        image = self._images.get(touched) if touched else None
        self._others.require_none(proposal, self._stage, touched, image if isinstance(image, Image) else None, as_proposed(proposal.action))

    def _judge(self, stage: Stage) -> None:
        """Refuse what would make a new finding anywhere; it costs as much as a whole run."""
        found = _ids(stage.whole())
        for name, finding in found.items():
            if name not in self._open:
                raise Unsound(f"it would make {finding.control}: {finding.difference.message}")
        self._open = found

    def _edits(self, action: Action, ref: Ref) -> tuple[Image, tuple[Edit, ...]]:
        image = self._there(ref)
        if why := managed(self._world.declaration.applying, image):
            raise Unsound(why)
        return image, self._meant_by(action, ref, image)

    def _edits_of_others(self, action: Action, ref: Ref) -> tuple[Image, tuple[Edit, ...]]:
        """What something else writes is changed there as it would be here."""
        image = self._there(ref)
        image = Image.of({name: held for name, held in image.fields if name != MANAGED_BY}, image.token)
        return image, self._meant_by(action, ref, image)

    def _there(self, ref: Ref) -> Image:
        image = self._images.get(ref, f"{ref} was not read")
        if isinstance(image, str):
            raise Unsound(image)
        if image == GONE:
            raise Unsound(f"{ref} is not there any more")
        return image

    def _meant_by(self, action: Action, ref: Ref, image: Image) -> tuple[Edit, ...]:
        try:
            return self._writers[ref.system].edits(action, image, self._known[ref.system])
        except ValueError as error:
            raise Unsound(str(error)) from None

    def _change(self, proposal: Proposal, ref: Ref, came: Outcome, image: Image, edits: tuple[Edit, ...]) -> Change:
        about = involved(proposal.action)[0]
        person = self._stage.covers.person_of(about)
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
            undo=undo_of(self._writers[ref.system], proposal.action, image),
            control=proposal.finding.control,
            finding=proposal.finding.id,
            why=proposal.finding.difference.message,
        )


def _is_of_others(action: Action) -> bool:
    """Whether whoever manages the holder could do nothing about the policy either."""
    return isinstance(action, RewritePolicy) and not action.policy.id.startswith(f"{action.holder.id}/")


def _ids(world: World) -> dict[str, Finding]:
    return {finding.id: finding for finding in judged(differences(world))}
