"""Settings that all tests share: profiles, and no network but loopback where a test says that it needs a server."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings
from pytest_socket import disable_socket, enable_socket, socket_allow_hosts
from xdist.scheduler import LoadScopeScheduling

from connectors.aws_models import models_read_once
from staged import UNTRIED

_CASES = int(os.environ.get("GUARDRAILS_DEEP_CASES", "2000"))
_SLOW = [HealthCheck.too_slow]
settings.register_profile("fast", max_examples=60, deadline=None, suppress_health_check=_SLOW)
settings.register_profile("ci", max_examples=150, deadline=None, suppress_health_check=_SLOW)
settings.register_profile("deep", max_examples=_CASES, deadline=None, suppress_health_check=_SLOW)
settings.load_profile("ci" if os.environ.get("CI") == "true" else "fast")
os.umask(0o022)  # a host file that the group could change is refused, and tests write many


@pytest.fixture(autouse=True)
def _network(request: pytest.FixtureRequest):
    """No sockets, unless the test is marked `server`: then loopback only."""
    if request.node.get_closest_marker("server"):
        enable_socket()
        socket_allow_hosts(["127.0.0.1", "localhost", "::1"], allow_unix_socket=True)
    else:
        disable_socket(allow_unix_socket=True)
    yield
    enable_socket()


@pytest.fixture(scope="session", autouse=True)
def _models():
    """The models of AWS's services are read once for each worker; the real commands, each in a process of its own, read theirs."""
    with models_read_once():
        yield


_WHOLE = ("_live.py", "_browser.py", "_faults.py", "_faults_listed.py", "_differential.py", "_killed.py", "_canaries.py", "_enforced.py")


class _Shared(LoadScopeScheduling):
    """Gives tests to workers one by one, but a file of a live server whole to one, so that the server, or the browser, is started once.

    The scheduler begins with the files of the most tests, so that none of them is left for one worker at the end.
    """

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return file if file.endswith(_WHOLE) else nodeid


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object):
    # xdist's own groups go by a name that pytest 9.2 does not look at any more
    return _Shared(config, log)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter):
    """What was not tried stands last, where it is read."""
    reasons = {str(report.longrepr[-1]) for report in terminalreporter.stats.get("skipped", ()) if isinstance(report.longrepr, tuple)}
    untried = sorted(reason.removeprefix("Skipped: ") for reason in reasons if UNTRIED in reason)
    if untried:
        terminalreporter.section("SERVERS THAT WERE NOT TRIED", red=True, bold=True)
        for reason in untried:
            terminalreporter.line(reason, red=True)
