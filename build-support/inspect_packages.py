"""Says what is packed in images or PEXes, under which licences, and what is known to be vulnerable in it.

    inspect_packages.py game-market/extractor:local dist/transformer.pex ...

Run with the folder of build-support/checkers first on PATH. An image is started, too. It leaves, below
dist/packages/<name>: requirements.txt, licences.tsv, sbom.cdx.json (CycloneDX; of an image with its
Debian packages) and audit.json (pip-audit). Debian's packages are scanned by the registry, not here.

Exit code: 0; 1 where a vulnerability is known, a licence is not one of those that may be shipped, or an image
does not start; 69 where nothing of that holds but the vulnerabilities can't be asked for.
"""

import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterable
from importlib.metadata import Distribution, distributions
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

OUTPUT = Path(__file__).resolve().parent.parent / "dist/packages"
SITE_PACKAGES = "/app/lib/python3.12/site-packages"  # images/Dockerfile
# What may be shipped beside code under Apache-2.0. LGPL: psycopg, which is imported and not changed.
MAY_BE_SHIPPED = re.compile(
    r"\b(0?BSD|MIT|Apache|ISC|PSF|Python Software|MPL|Mozilla|LGPL|Lesser|Artistic|Unlicense|Zlib)",
    re.IGNORECASE,
)
COPYLEFT = re.compile(r"\bA?GPL|(?<!Lesser )General Public|Affero", re.IGNORECASE)
A_CHOICE = re.compile(r" OR | / ")  # one of them is enough
EX_UNAVAILABLE = 69


def main(targets: list[str]) -> int:
    results = [inspect(target) for target in targets]
    return 1 if 1 in results else max(results, default=0)


def inspect(target: str) -> int:
    """0, 1 or 69 of one target; what is wrong it says itself."""
    name = re.sub(r".*/|:.*|\.pex$", "", target)
    folder = OUTPUT / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "audit.json").unlink(missing_ok=True)
    with TemporaryDirectory() as unpacked:
        debian: list[str] = []
        if target.endswith(".pex"):
            unpack_pex(Path(target), Path(unpacked))
        else:
            say(f"{name} starts: {run('docker', 'run', '--rm', target, '--version').strip()}")
            unpack_image(target, Path(unpacked))
            debian = list_debian(target)
        packages = find_packages(Path(unpacked))
        write(folder, name, packages, debian)
    say(f"{name}: {len(packages)} packages of Python, {len(debian)} of Debian: {folder}")
    refused = [one for one in packages.items() if not may_be_shipped(one[1][1])]
    for package, (version, licence) in refused:
        say(
            f"{name}: {package} {version} is under {licence!r}, which is not one of those that may be shipped"
        )
    audited = audit(name, folder)
    return 1 if refused else audited


def run(*command: str) -> str:
    """Its output; ends the program where it fails."""
    ended = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if ended.returncode != 0:
        say(f"`{' '.join(command)}` ended with {ended.returncode}, see above")
        sys.exit(1)
    return ended.stdout


def say(sentence: str) -> None:
    print(f"inspect_packages: {sentence}", flush=True)


def unpack_pex(pex: Path, folder: Path) -> None:
    """What its packages say of themselves."""
    with zipfile.ZipFile(pex) as archive:
        for member in archive.namelist():
            if member.endswith(".dist-info/METADATA"):
                archive.extract(member, folder)


def unpack_image(image: str, folder: Path) -> None:
    container = run("docker", "create", image).strip()
    run("docker", "cp", "--quiet", f"{container}:{SITE_PACKAGES}", str(folder))
    run("docker", "rm", container)


def list_debian(image: str) -> list[str]:
    """`package version` each."""
    words = ("--entrypoint", "dpkg-query", image, "-W", "-f", r"${Package} ${Version}\n")
    return run("docker", "run", "--rm", *words).splitlines()


def find_packages(folder: Path) -> dict[str, tuple[str, str]]:
    """Version and licence by name, sorted."""
    folders = sorted({str(found.parent) for found in folder.rglob("*.dist-info")})
    found = {one.name: (one.version, read_licence(one)) for one in distributions(path=folders)}
    return dict(sorted(found.items()))


def read_licence(package: Distribution) -> str:
    """As the package says it: an SPDX expression, its classifiers or a word of its own."""
    told = package.metadata
    classifiers = [c for c in told.get_all("Classifier") or [] if c.startswith("License :: ")]
    named = " / ".join(c.rpartition(" :: ")[2] for c in classifiers)
    own = (told.get("License") or "").strip().splitlines()
    return told.get("License-Expression") or named or (own[0] if own else "nothing that it says")


def may_be_shipped(licence: str) -> bool:
    if COPYLEFT.search(licence) and not A_CHOICE.search(licence):
        return False
    return bool(MAY_BE_SHIPPED.search(licence))


def write(
    folder: Path, name: str, packages: dict[str, tuple[str, str]], debian: Iterable[str]
) -> None:
    pins = [f"{package}=={version}" for package, (version, _) in packages.items()]
    (folder / "requirements.txt").write_text("\n".join(pins) + "\n")
    rows = [f"{package}\t{version}\t{licence}" for package, (version, licence) in packages.items()]
    (folder / "licences.tsv").write_text("\n".join(rows) + "\n")
    components = [of_python(package, *told) for package, told in packages.items()]
    components += [of_debian(*one.split(maxsplit=1)) for one in debian]
    write_sbom(folder / "sbom.cdx.json", name, components)


def of_python(name: str, version: str, licence: str) -> dict[str, str]:
    return {
        "purl": f"pkg:pypi/{name}@{version}",
        "name": name,
        "version": version,
        "licence": licence,
    }


def of_debian(name: str, version: str) -> dict[str, str]:
    return {"purl": f"pkg:deb/debian/{name}@{version}", "name": name, "version": version}


def write_sbom(file: Path, name: str, parts: list[dict[str, str]]) -> None:
    # Of build-support/checkers, and no dependency of the project's.
    from cyclonedx.contrib.license.factories import LicenseFactory  # type: ignore[import-not-found]  # pants: no-infer-dep
    from cyclonedx.model.bom import Bom  # type: ignore[import-not-found]  # pants: no-infer-dep
    from cyclonedx.model.component import Component, ComponentType  # type: ignore[import-not-found]  # pants: no-infer-dep
    from cyclonedx.output.json import JsonV1Dot6  # type: ignore[import-not-found]  # pants: no-infer-dep
    from packageurl import PackageURL  # type: ignore[import-not-found]  # pants: no-infer-dep

    licence = LicenseFactory().make_from_string
    bom = Bom()
    bom.metadata.component = Component(name=name, type=ComponentType.APPLICATION)
    for part in parts:
        url = PackageURL.from_string(part["purl"])
        licences = [licence(part["licence"])] if "licence" in part else []
        named = {"name": part["name"], "version": part["version"]}
        bom.components.add(Component(**named, purl=url, bom_ref=str(url), licenses=licences))
    bom.register_dependency(bom.metadata.component, bom.components)
    file.write_text(JsonV1Dot6(bom).output_as_string(indent=1))


def audit(name: str, folder: Path) -> int:
    """Asks PyPI what is known of the packages; 0, 1 or 69."""
    report = folder / "audit.json"
    options = ("--disable-pip", "--no-deps", "--progress-spinner=off", "--format=json")
    files = (f"--output={report}", f"--requirement={folder}/requirements.txt")
    ended = subprocess.run(["pip-audit", *options, *files], stderr=subprocess.PIPE, text=True)
    if not report.exists():
        last = (ended.stderr.strip().splitlines() or ["it said nothing"])[-1]
        say(
            f"{name}: NOT AUDITED, pip-audit could not ask what is known of its packages: {last[:300]}"
        )
        return EX_UNAVAILABLE
    packages = json.loads(report.read_text())["dependencies"]
    vulnerable = find_vulnerable(packages)
    for sentence in vulnerable:
        say(f"{name}: {sentence}")
    # pip-audit itself takes what nobody could tell of for what is well.
    unknown = [package["name"] for package in packages if "skip_reason" in package]
    if unknown:
        of_all = f"{len(unknown)} of {len(packages)}: {', '.join(unknown[:5])} ..."
        say(f"{name}: NOT AUDITED, PyPI told nothing of {of_all}")
    return 1 if vulnerable else EX_UNAVAILABLE if unknown else 0


def find_vulnerable(packages: list[dict[str, Any]]) -> list[str]:
    return [
        f"{package['name']} {package['version']}: {known['id']},"
        f" mended in {', '.join(known['fix_versions']) or 'none yet'}"
        for package in packages
        for known in package.get("vulns", [])
    ]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
