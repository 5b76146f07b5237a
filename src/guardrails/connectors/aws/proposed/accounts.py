"""The observed accounts while a change is put into them, each found by its id."""

from __future__ import annotations

from collections.abc import Iterable

from guardrails.connectors.aws.proposed.draft import Draft
from guardrails.connectors.aws.proposed.holders import Holders
from guardrails.connectors.aws.proposed.reach import Reach
from guardrails.connectors.aws.proposed.stores import Stores
from guardrails.model.observation import Observation

__all__ = ["AccountDraft", "Accounts"]


class AccountDraft:
    """One account: who is in it, what is stored there, and from where it is reached."""

    def __init__(self, draft: Draft, account: str, partition: str) -> None:
        self.draft = draft
        self.account = account
        self.partition = partition
        self.holders = Holders(draft, account, partition)
        self.stores = Stores(draft, account, partition)
        self.reach = Reach(draft, account)


class Accounts:
    """Every account of every observed system of AWS."""

    def __init__(self, observations: Iterable[Observation]) -> None:
        self._drafts = [Draft(observation) for observation in observations if observation.connector == "aws"]
        self._found: dict[str, AccountDraft] = {}

    def of(self, account: str, partition: str = "aws") -> AccountDraft | str:
        """The account, or why nothing can be put into it."""
        if account not in self._found:
            drafts = [draft for draft in self._drafts if account in draft.accounts]
            if len(drafts) != 1:
                return f"account {account} is in {len(drafts)} of the observations" if drafts else f"account {account} was not observed"
            self._found[account] = AccountDraft(drafts[0], account, partition)
        return self._found[account]

    def results(self) -> tuple[Observation, ...]:
        """The observations that something was put into."""
        touched = {id(one.draft): one.draft for one in self._found.values()}
        return tuple(draft.result() for draft in touched.values())
