"""How long somebody waits for the HTML report: made, opened, and filtered in a headless Chromium."""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

sys.path.append(str(Path(__file__).parent.parent / "tests"))

from guardrails.reports.html import as_html
from reports.browser import Page, browser, program  # the tests' own, found by the path above
from reports.mass import mass

RUNS = 5
COUNTS = (100, 1_000, 10_000)
_PAINTED = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime / 1000"
_READY = "performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd / 1000"
_TIMED = "(() => {{ const begin = performance.now(); {0}; document.body.offsetHeight; return (performance.now() - begin) / 1000; }})()"
_FILTER = "const one = document.getElementById('filter-severity'); one.value = 'high'; one.dispatchEvent(new Event('change'))"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """Megabytes, CPU seconds to make, and seconds on the clock for the rest; `ready` is when the list can be used."""

    findings: int
    megabytes: float
    made: float
    painted: float
    ready: float
    filtered: float


def can_be_opened() -> bool:
    found = program() is not None
    if not found:
        print("no Chromium was found, so how long the HTML report takes is not measured; run scripts/setup.sh as root")
    return found


def measured(counts: Iterable[int] = COUNTS) -> Iterator[Opened]:
    with tempfile.TemporaryDirectory() as room, browser() as page:
        for count in counts:
            assessment = mass(count)
            begin = time.process_time()
            text = as_html(assessment)
            made = time.process_time() - begin
            file = Path(room) / f"{count}.html"
            file.write_text(text, encoding="utf-8")
            times = [_opened(page, file) for _ in range(RUNS + 1)][1:]
            painted, ready, filtered = map(statistics.median, zip(*times, strict=True))
            yield Opened(findings=count, megabytes=len(text.encode()) / 1e6, made=made, painted=painted, ready=ready, filtered=filtered)


def _opened(page: Page, file: Path) -> tuple[float, float, float]:
    page.open(file)
    painted = page.until(_PAINTED)
    return float(painted), float(page.ask(_READY)), float(page.ask(_TIMED.format(_FILTER)))


def shown(rows: Iterable[Opened]) -> Iterator[str]:
    yield "| findings | MB | made, CPU s | first paint, s | list to use, s | filtered, s |"
    yield "|---|---|---|---|---|---|"
    for row in rows:
        yield f"| {row.findings:,} | {row.megabytes:.2f} | {row.made:.2f} | {row.painted:.2f} | {row.ready:.2f} | {row.filtered:.3f} |"


if __name__ == "__main__":
    print(*shown(measured()), sep="\n")
