"""A real browser without a window, spoken to over two pipes: no driver, no port, no package."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader, RawIOBase
from pathlib import Path
from typing import Any

VARIABLE = "VIDSTYLE_BROWSER"
"""Environment variable: the browser to take, of the Chromium family."""
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
FLAGS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run")

LAUNCH = """
import os, sys
ends = [int(end) for end in sys.argv[1:3]]
for place in range(2):
    while ends[place] < 5:
        ends[place] = os.dup(ends[place])
os.dup2(ends[0], 3)
os.dup2(ends[1], 4)
os.execvp(sys.argv[3], sys.argv[3:])
"""
"""Becomes the browser, which reads commands from descriptor 3 and writes replies to 4."""


def find_browser() -> str | None:
    """The browser of this machine."""
    return os.environ.get(VARIABLE) or next(filter(None, map(shutil.which, NAMES)), None)


class Page:
    """One page of the browser, and all that it complained about or asked for."""

    def __init__(self, commands: RawIOBase, replies: BufferedReader) -> None:
        self._commands, self._replies = commands, replies
        self._count = 0
        self._session: dict[str, str] = {}
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self._loaded = False
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self._session = {"sessionId": self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]}
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.ask(f"{domain}.enable")

    def ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        """The result of a command of the browser's protocol."""
        self._count += 1
        message = {"id": self._count, "method": method, "params": parameters, **self._session}
        self._commands.write(json.dumps(message).encode() + b"\0")
        while (reply := self._next()).get("id") != self._count:
            pass
        assert "error" not in reply, f"{method}: {reply['error']}"
        result: dict[str, Any] = reply["result"]
        return result

    def open(self, path: Path) -> None:
        """Show a file, from the disk."""
        self._loaded = False
        self.ask("Page.navigate", url=path.resolve().as_uri())
        while not self._loaded:
            self._next()

    def value(self, expression: str) -> Any:
        """What a script's expression is worth in the page."""
        reply = self.ask("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in reply, reply["exceptionDetails"]
        return reply["result"].get("value")

    def resize(self, width: int, height: int) -> None:
        """Give the window a size in pixels."""
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def mouse(self, kind: str, x: float, y: float) -> None:
        """Press, move or release the left button, or move without it."""
        button = {"button": "left", "buttons": 1, "clickCount": 1} if kind != "mouseMoved" else {}
        self.ask("Input.dispatchMouseEvent", type=kind, x=x, y=y, **button)

    def drag(self, start: tuple[float, float], stop: tuple[float, float]) -> None:
        """Press the left button at one place and release it at another."""
        self.mouse("mousePressed", *start)
        self.ask("Input.dispatchMouseEvent", type="mouseMoved", x=stop[0], y=stop[1], button="left", buttons=1)
        self.mouse("mouseReleased", *stop)

    def _next(self) -> dict[str, Any]:
        """The next message, noted if it is one of what went on."""
        text = bytearray()
        while (byte := self._replies.read(1)) != b"\0":
            assert byte, "the browser has gone"
            text += byte
        message: dict[str, Any] = json.loads(text)
        happened = message.get("params", {})
        match message.get("method"):
            case "Runtime.consoleAPICalled" | "Runtime.exceptionThrown" | "Log.entryAdded":
                self.complaints.append(json.dumps(happened))
            case "Network.requestWillBeSent":
                self.requests.append(happened["request"]["url"])
            case "Page.loadEventFired":
                self._loaded = True
        return message


@contextmanager
def browser(program: str, profile: Path) -> Iterator[Page]:
    """Within the block, a page of a browser whose own files go to the folder `profile`."""
    heard, commands = os.pipe()
    replies, said = os.pipe()
    launch = (sys.executable, "-S", "-c", LAUNCH, str(heard), str(said))
    words = (program, *FLAGS, "--remote-debugging-pipe", f"--user-data-dir={profile}", "about:blank")
    quiet = subprocess.DEVNULL
    process = subprocess.Popen((*launch, *words), pass_fds=(heard, said), stdout=quiet, stderr=quiet)
    for end in (heard, said):
        os.close(end)
    with os.fdopen(commands, "wb", 0) as to_browser, os.fdopen(replies, "rb") as from_browser:
        try:
            yield Page(to_browser, from_browser)
        finally:
            process.terminate()
            process.wait(30)
