"""Makes the database of the staged NetBox, and the dump that tests start from: `tests/connectors/recorded/netbox-VERSION.dump`."""

from __future__ import annotations

from pathlib import Path

from stages import HOME, program

from guardrails.testing.netbox import write_seed

if __name__ == "__main__":
    netbox = program("netbox", "netbox")
    if netbox is None:
        raise SystemExit("seed: NetBox is not there; it needs Python 3.12 or newer")
    print(write_seed(netbox, Path(HOME / "tests/connectors/recorded")))
