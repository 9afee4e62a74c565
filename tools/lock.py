"""Lock the dependencies with hashes: ``python -m tools.lock`` writes ``requirements/*.txt``.

Versions come from ``constraints.txt``; the hashes from the package index. No file names an index,
so each machine asks its own. ``--sbom WHEEL TARGET`` lists what a built wheel is installed with, as
CycloneDX JSON.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
import uuid
import zipfile
from collections.abc import Iterator
from email.parser import Parser
from hashlib import sha256
from pathlib import Path

from uv import find_uv_bin

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "requirements"
#: Each lock, with the extras that it holds: for development and CI; for an installation with and
#: without a model, as the extension and the action make them; and what builds the wheel.
LOCKS: dict[str, tuple[str, ...] | None] = {
    "dev": ("model", "dev"),
    "model": ("model",),
    "base": (),
    "build": None,
}

_PIN = re.compile(r"^(?P<name>[\w.-]+)==(?P<version>[^\s;\\]+)(?P<marker> ;[^\\]+)?", re.MULTILINE)


def write(name: str) -> None:
    """Write one lock. Raises ``subprocess.CalledProcessError`` where no index answers."""
    options = ["--universal", "--python-version", "3.11", "--generate-hashes", "--no-config"]
    quiet = ["--quiet", "--no-emit-index-url", "--no-header", "--no-annotate"]
    extras = LOCKS[name]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    built = "\n".join(project["build-system"]["requires"])
    wanted = [word for extra in extras or () for word in ("--extra", extra)]
    source = "-" if extras is None else "pyproject.toml"
    target = ["-c", "constraints.txt", "-o", str(FOLDER / f"{name}.txt"), source]
    command = [find_uv_bin(), "pip", "compile", *options, *quiet, *wanted, *target]
    subprocess.run(command, cwd=ROOT, input=built, text=True, stdout=subprocess.DEVNULL, check=True)


def pins(text: str) -> Iterator[tuple[str, str, list[str]]]:
    """Name, version and SHA-256 hashes of each requirement of a lock."""
    for block in re.split(r"\n(?=[\w])", text):
        pin = _PIN.match(block)
        if pin:
            yield pin["name"], pin["version"], re.findall(r"--hash=sha256:(\w+)", block)


def _normal(name: str) -> str:
    """A name as package URLs have it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def sbom(wheel: Path, lock: str) -> dict[str, object]:
    """CycloneDX 1.6: the wheel, and the components of ``lock`` that it is installed with."""
    with zipfile.ZipFile(wheel) as archive:
        (place,) = (n for n in archive.namelist() if n.endswith(".dist-info/METADATA"))
        metadata = Parser().parsestr(archive.read(place).decode("utf-8"))
    digest = sha256(wheel.read_bytes()).hexdigest()
    own = f"pkg:pypi/{metadata['Name']}@{metadata['Version']}"
    components: list[dict[str, object]] = [
        {
            "type": "library",
            "bom-ref": f"pkg:pypi/{_normal(name)}@{version}",
            "name": name,
            "version": version,
            "purl": f"pkg:pypi/{_normal(name)}@{version}",
            # One hash for each file of the release: which one pip takes depends on the machine.
            "properties": [{"name": "pilotfish:sha256", "value": each} for each in hashes],
        }
        for name, version, hashes in pins(lock)
    ]
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        # From the content, so that the same wheel gives the same document.
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, own + digest + lock)}",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": own,
                "name": metadata["Name"],
                "version": metadata["Version"],
                "purl": own,
                "licenses": [{"expression": metadata["License-Expression"]}],
                "hashes": [{"alg": "SHA-256", "content": digest}],
            }
        },
        "components": components,
        "dependencies": [{"ref": own, "dependsOn": [each["bom-ref"] for each in components]}],
    }


def main(words: list[str]) -> int:
    """Write the locks, or the SBOM of a wheel."""
    if words[:1] == ["--sbom"]:
        wheel, target = map(Path, words[1:3])
        document = sbom(wheel, (FOLDER / "model.txt").read_text(encoding="utf-8"))
        target.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
        return 0
    FOLDER.mkdir(exist_ok=True)
    for name in LOCKS:
        write(name)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
