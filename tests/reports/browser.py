"""A headless Chromium that a test holds on a pipe: no port, no driver, nothing beyond the standard library."""

from __future__ import annotations

import fcntl
import json
import os
import select
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
_FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-extensions", "--disable-sync", "--hide-scrollbars", "--remote-debugging-pipe",
)  # fmt: skip
_KEYS = {
    "Tab": (9, ""), "Enter": (13, "\r"), "ArrowDown": (40, ""), "ArrowUp": (38, ""), "Backspace": (8, ""), " ": (32, " "), "End": (35, ""),
}  # fmt: skip


def program() -> str | None:
    return next(filter(None, map(shutil.which, PROGRAMS)), None)


class Page:
    """One tab; what it asked for, said and showed is kept."""

    def __init__(self, write: int, read: int, seconds: float = 20) -> None:
        self._write, self._read, self._seconds = write, read, seconds
        self._left, self._number, self._session = b"", 0, ""
        self.requests: dict[str, str] = {}
        self.blocked: list[str] = []
        self.complaints: list[str] = []
        self.dialogs: list[str] = []
        self.loaded = False
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Runtime", "Log"):
            self.send(f"{domain}.enable")

    def send(self, method: str, **given: object) -> dict:
        self._number += 1
        message = {"id": self._number, "method": method, "params": given} | ({"sessionId": self._session} if self._session else {})
        os.write(self._write, json.dumps(message).encode() + b"\0")
        while (answer := self._next()).get("id") != self._number:
            self._note(answer)
        if "error" in answer:
            raise AssertionError(f"{method}: {answer['error']['message']}")
        return answer["result"]

    def _next(self) -> dict:
        until = time.monotonic() + self._seconds
        while b"\0" not in self._left:
            if not select.select([self._read], [], [], max(0, until - time.monotonic()))[0]:
                raise TimeoutError(f"the browser said nothing for {self._seconds} s")
            found = os.read(self._read, 1 << 20)
            if not found:
                raise EOFError("the browser has ended")
            self._left += found
        message, self._left = self._left.split(b"\0", 1)
        return json.loads(message)

    def _note(self, event: dict) -> None:
        said = event.get("params", {})
        match event.get("method"):
            case "Network.requestWillBeSent":
                self.requests[said["requestId"]] = said["request"]["url"]
            case "Network.loadingFailed" if said.get("blockedReason") == "csp":
                self.blocked.append(self.requests.pop(said["requestId"]))
            case "Page.javascriptDialogOpening":
                self.dialogs.append(said["message"])
            case "Log.entryAdded":
                self.complaints.append(said["entry"]["text"])
            case "Runtime.exceptionThrown":
                self.complaints.append(json.dumps(said["exceptionDetails"]))
            case "Runtime.consoleAPICalled":
                self.complaints.append(json.dumps(said["args"]))
            case "Page.loadEventFired":
                self.loaded = True

    def open(self, file: Path, fragment: str = "") -> None:
        for url in ("about:blank", f"{file.as_uri()}{fragment}"):  # another fragment alone loads nothing
            self.loaded = False
            self.send("Page.navigate", url=url)
            while not self.loaded:
                self._note(self._next())

    def ask(self, expression: str) -> object:
        answer = self.send("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise AssertionError(answer["exceptionDetails"])
        return answer["result"].get("value")

    def until(self, expression: str) -> object:
        for _ in range(200):
            if found := self.ask(expression):
                return found
            time.sleep(0.02)
        raise AssertionError(f"never so: {expression}")

    def press(self, *keys: str) -> None:
        for key in keys:
            code, text = _KEYS.get(key, (0, key))
            down = {"text": text} if text else {}
            self.send("Input.dispatchKeyEvent", type="keyDown", key=key, windowsVirtualKeyCode=code, **down)
            self.send("Input.dispatchKeyEvent", type="keyUp", key=key, windowsVirtualKeyCode=code)


@contextmanager
def browser() -> Iterator[Page]:
    """A page of a browser of its own, which nothing outlives."""
    (theirs_in, ours_out), (ours_in, theirs_out) = os.pipe(), os.pipe()
    with tempfile.TemporaryDirectory(prefix="guardrails-browser-", ignore_cleanup_errors=True) as room:
        process = _started(room, theirs_in, theirs_out)
        os.close(theirs_in)
        os.close(theirs_out)
        try:
            yield Page(ours_out, ours_in)
        finally:
            os.killpg(process, signal.SIGKILL)
            os.waitpid(process, 0)
            os.close(ours_out)
            os.close(ours_in)


def _started(room: str, theirs_in: int, theirs_out: int) -> int:
    """A process group of its own; Chromium reads commands on 3 and writes answers on 4."""
    path = program()
    high = [fcntl.fcntl(one, fcntl.F_DUPFD_CLOEXEC, 10) for one in (theirs_in, theirs_out)]  # so that none is lost to another
    quiet = [(os.POSIX_SPAWN_OPEN, one, os.devnull, os.O_WRONLY, 0) for one in (1, 2)]
    placed = [(os.POSIX_SPAWN_DUP2, one, to) for one, to in zip(high, (3, 4), strict=True)]
    try:
        return os.posix_spawn(path, [path, *_FLAGS, f"--user-data-dir={room}"], os.environ, file_actions=[*quiet, *placed], setpgroup=0)
    finally:
        for one in high:
            os.close(one)
