"""VS Code as a person meets it in a browser: code-server, and the browser to look at it with.

Both are installed from lock files into the user's cache folder, once for each version of them.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import threading
import zipfile
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil
from filelock import FileLock
from platformdirs import user_cache_path

from tools.node import NODE, NPM, install, node

HERE = Path(__file__).resolve().parent
CACHE = user_cache_path("pilotfish-tests")
#: The browsers of distributions and vendors, by the name of their program.
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
START_SECONDS = 60.0


def _package(name: str) -> Path:
    """The folder in the cache where the packages of ``tests/e2e/NAME`` are; installs them."""
    source, folder = HERE / name, CACHE / name
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / ".lock"):
        for file in ("package.json", "package-lock.json"):
            shutil.copy(source / file, folder / file)
        install(folder, "--engine-strict=false")
    return folder / "node_modules"


def code_server() -> Path:
    """The script that starts code-server.

    The editor inside has a list of packages of its own. Its native ones are not built and not
    missed: without them there is no terminal and nothing is written to log files.
    """
    home = _package("code-server") / "code-server"
    inside = home / "lib" / "vscode"
    with FileLock(CACHE / "code-server" / ".lock"):
        done = inside / "node_modules" / ".pilotfish-installed"
        if not done.exists():
            options = ["--omit=dev", "--ignore-scripts", "--no-audit"]
            node(NPM, "install", "--no-package-lock", "--no-fund", *options, cwd=inside)
            done.touch()
    return home / "out" / "node" / "entry.js"


def browser() -> tuple[str, dict[str, str]]:
    """A Chromium and its environment: the machine's own, else one from a package.

    The package brings the libraries that a machine without a desktop may lack.
    """
    for name in BROWSERS:
        if found := shutil.which(name):
            return found, dict(os.environ)
    modules = _package("chromium")
    unpacked = CACHE / "chromium" / "unpacked"
    script = (
        "const { default: chromium, inflate } = await import('@sparticuz/chromium');"
        "await inflate('node_modules/@sparticuz/chromium/bin/al2023.tar.br');"
        "console.log(await chromium.executablePath());"
    )
    unpacked.mkdir(exist_ok=True)
    with FileLock(CACHE / "chromium" / ".lock"):
        done = node(
            "--input-type=module", "-e", script, cwd=modules.parent, extra={"TMPDIR": str(unpacked)}
        )
    libraries = str(unpacked / "al2023" / "lib")
    return done.stdout.strip().splitlines()[-1], {**os.environ, "LD_LIBRARY_PATH": libraries}


#: Lists the tests of one file in the Test Explorer, as an extension that runs tests does.
_EXPLORER = """
const vscode = require('vscode');
exports.activate = (context) => {
  const controller = vscode.tests.createTestController('few', 'Few tests');
  context.subscriptions.push(controller);
  controller.createRunProfile('Run', vscode.TestRunProfileKind.Run, () => {}, true);
  vscode.workspace.findFiles('test_given.py').then(async ([uri]) => {
    const text = (await vscode.workspace.openTextDocument(uri)).getText();
    text.split('\\n').forEach((line, row) => {
      const name = /^def (test_\\w+)/.exec(line);
      if (!name) return;
      const item = controller.createTestItem(name[1], name[1], uri);
      item.range = new vscode.Range(row, 0, row, line.length);
      controller.items.add(item);
    });
  });
};
"""
_MANIFEST = """<?xml version="1.0" encoding="utf-8"?>
<PackageManifest Version="2.0.0" xmlns="http://schemas.microsoft.com/developer/vsx-schema/2011">
<Metadata><Identity Language="en-US" Id="few-tests" Version="1.0.0" Publisher="tests"/>
<DisplayName>Few tests</DisplayName><Description>Few tests</Description></Metadata>
<Installation><InstallationTarget Id="Microsoft.VisualStudio.Code"/></Installation>
<Dependencies/><Assets><Asset Type="Microsoft.VisualStudio.Code.Manifest"
Path="extension/package.json" Addressable="true"/></Assets></PackageManifest>
"""
_TYPES = """<?xml version="1.0" encoding="utf-8"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
<Default Extension=".json" ContentType="application/json"/>
<Default Extension=".js" ContentType="application/javascript"/>
<Default Extension=".vsixmanifest" ContentType="text/xml"/></Types>
"""


def explorer_of_tests(target: Path) -> Path:
    """An extension that fills the Test Explorer, packed into ``target``."""
    package = {
        "name": "few-tests",
        "publisher": "tests",
        "version": "1.0.0",
        "engines": {"vscode": "^1.91.0"},
        "main": "./extension.js",
        "activationEvents": ["onStartupFinished"],
        "capabilities": {"untrustedWorkspaces": {"supported": True}},
    }
    with zipfile.ZipFile(target, "w") as packed:
        packed.writestr("extension.vsixmanifest", _MANIFEST)
        packed.writestr("[Content_Types].xml", _TYPES)
        packed.writestr("extension/package.json", json.dumps(package))
        packed.writestr("extension/extension.js", _EXPLORER)
    return target


class CodeServer:
    """A running code-server that serves one person; it ends with the ``with`` block."""

    def __init__(
        self, home: Path, extensions: Iterable[Path], env: dict[str, str], settings: str = "{}"
    ) -> None:
        self.settings = home / "data" / "User" / "settings.json"
        self.settings.parent.mkdir(parents=True)
        self.settings.write_text(settings)
        (home / "config.yaml").write_text("auth: none\n")
        common = [
            str(NODE), str(code_server()),
            "--config", str(home / "config.yaml"),
            "--user-data-dir", str(home / "data"),
            "--extensions-dir", str(home / "extensions"),
        ]  # fmt: skip
        env = {
            **env,
            "PATH": f"{env['PATH']}{os.pathsep}{NODE.parent}",
            # What it would ask a shell for is said here, and it asks no shop for extensions.
            "VSCODE_CLI": "1",
            "EXTENSIONS_GALLERY": "{}",
        }
        for extension in extensions:
            subprocess.run(
                [*common, "--install-extension", str(extension)],
                env=env, check=True, capture_output=True, text=True,
            )  # fmt: skip
        self._process = subprocess.Popen(
            [*common, "--bind-addr", "127.0.0.1:0", "--disable-telemetry",
             "--disable-update-check", "--disable-getting-started-override"],
            env=env, cwd=home, text=True, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        self.pid = self._process.pid
        self.log: list[str] = []
        self._address: str | None = None
        self._listening = threading.Event()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        self._listening.wait(START_SECONDS)
        if self._address is None:
            self.close()
            raise AssertionError("code-server does not listen:\n" + "".join(self.log))

    @property
    def address(self) -> str:
        """Where it listens, as a URL."""
        assert self._address is not None
        return self._address

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.log.append(line)
            if found := re.search(r"HTTP server listening on (http://\S+)", line):
                self._address = found[1].rstrip("/")
                self._listening.set()
        self._listening.set()

    def close(self) -> None:
        """End it and everything that it started."""
        try:
            parent = psutil.Process(self._process.pid)
            family = [*parent.children(recursive=True), parent]
        except psutil.NoSuchProcess:
            family = []
        self._process.terminate()
        _, alive = psutil.wait_procs(family, timeout=10)
        for process in alive:
            process.kill()
        self._process.wait()
        self._reader.join()
        assert self._process.stdout is not None
        self._process.stdout.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
