"""Writes docs/rights.md: the least policies for the readers, generated from reading real servers. `--check` compares instead of writing."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from textwrap import wrap

from pytest_socket import enable_socket

from guardrails import declare, workflow
from guardrails.connectors.discovery import find

ROOT = Path(__file__).parent.parent
TARGET = ROOT / "docs/rights.md"
WIDTH = 130
MADE_UP = re.compile(r"(?<=::)(?!123456789012)\d{12}(?=:)")
"""The number that the server gave to the second account, another one each time."""

OPENING = """\
# Rights of the reader

<!-- written by scripts/reader_rights.py from what reading asked real servers for; change it there -->

The least that reading takes, in each system's own words. What stands here was generated from the calls that
were really made to small systems with one object of each kind. For yours, with its names and mounts, print it:

```sh
guardrails connectors check DECLARATION --system aws --policy
```

Rights that were refused are in it too. What lies behind them was not asked for yet, so apply it and print it again until
`guardrails connectors check DECLARATION` names no missing right. Only the policy goes to stdout, so that it can be redirected.

Tests hold every one of them on servers, both ways: with exactly these rights everything is seen, and for each right that is taken
away a gap names it.
"""
TITLES = {
    "aws": ("AWS", "json"),
    "ldap": ("LDAP", "text"),
    "netbox": ("NetBox", "json"),
    "vault": ("Vault and OpenBao", "text"),
}
NOTES = """
aws: With an organization there are three documents: the policy of the identity that guardrails has, the policy of the role
that it assumes in each account, and whom that role trusts. For one account alone there is one policy.
`sts:GetCallerIdentity` takes no right. The server of the tests refuses as AWS does, but for the encryption of buckets, the ownership of
their objects and public access blocks, which what stands before it refuses.

aws: `iam:GenerateServiceLastAccessedDetails` and `iam:GetServiceLastAccessedDetails` are needed only with `read: {last-used: N}`. The
first makes a report and changes nothing. That server does not know them: what stands before it in the tests refuses them as AWS does.

ldap: Rules for the `olcDatabase` entry of OpenLDAP, to stand before its own. With `access` for `olcAccess:` and `limits` for
`olcLimits:` they are lines of `slapd.conf`. The rules that name `pwd...` are for servers with the ppolicy overlay only; a
server without the schema of an attribute refuses the rule until that attribute is taken out.

ldap: Active Directory shows all of these to every account that logs in, unless somebody changed that. In 389, allow `read,
search, compare` on the same attributes and on `nsUniqueId` and `nsAccountLock` in an ACI of each base. Neither is tested.

ldap: A directory hides attributes without a word. What an entry must have is missed and told; what it need not have is
[not](not-yet.md).

netbox: The body of a `POST` to `/api/users/permissions/`; then give the permission to the reader's user or group. Its token
needs no `write_enabled`. Tested with recorded answers of a real NetBox.

vault: Mounts of auth methods become `+`, those of secrets are named: `+/keys/+` would show the secret `keys/x` of another
engine too. `sys/audit`, `sys/config/cors`, the list of tokens and that of leases take `sudo` even for reading. A namespace
does not need `sys/audit`, `sys/config/...`, `sys/key-status` and `sys/rotate/config`: it is not asked there.

vault: Only one request is neither a GET nor a LIST: what a token is, by its accessor, is asked by a POST that changes nothing; no answer
holds a token. With `read: {tokens: none}` neither right is needed, and a gap says so. `read: {secret-ids: look-up}` takes
`update` on `auth/+/role/+/secret-id-accessor/lookup` too.

vault: Vault has no `sys/policies/detailed/acl`: there `list` on `sys/policies/acl/` and `read` on `sys/policies/acl/*` stand in place
of it, and so they may for an OpenBao.
"""


def page() -> str:
    """The whole page."""
    sys.path.insert(0, str(ROOT / "tests"))
    enable_socket()
    return "".join([OPENING, *(line for name in TITLES for line in _section(name))])


def _section(name: str) -> Iterator[str]:
    from connectors.reader_worlds import WORLDS  # noqa: PLC0415  # the tests' own, found by the path above

    with WORLDS[name]() as world, world(None) as settings:
        usual = settings.replace(", secret-ids: look-up", "")  # what is read when a declaration says nothing
        (system,) = declare.loads([("f.yaml", f"guardrails: 1\nsystems: {{s: {{{usual}}}}}\n".encode())]).systems
        _, seen = workflow.read(system, datetime.now(UTC))
    policy = find(name).reader_policy((MADE_UP.sub("555566667777", right.name) for right in seen.rights), seen.identity)
    title, language = TITLES[name]
    yield f"\n## {title}\n"
    for note in NOTES.strip().split("\n\n"):
        of, _, text = note.partition(": ")
        if of == name:
            yield "\n" + "\n".join(wrap(text, WIDTH, break_on_hyphens=False)) + "\n"
    yield f"\n```{language}\n{policy}```\n"


if __name__ == "__main__":
    told = page()
    if "--check" in sys.argv:
        sys.exit(0 if TARGET.read_text() == told else f"{TARGET.name} is stale: run scripts/reader_rights.py")
    TARGET.write_text(told)
    print(f"{TARGET.name}: {len(told.splitlines())} lines")
