import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import inspect_packages
import pytest

# pip-audit's report of `packages`, or none where it has no word with PyPI.
FAKE_AUDIT = """#!{python}
import sys
report = {report!r}
for word in sys.argv:
    if word.startswith("--output=") and report:
        open(word.removeprefix("--output="), "w").write(report)
print("Connection refused", file=sys.stderr)
"""
GOOD = [{"name": "click", "version": "8.1", "vulns": []}]
VULNERABLE = [
    {"name": "click", "version": "8.1", "vulns": [{"id": "CVE-1", "fix_versions": ["8.2"]}]}
]
UNKNOWN = [{"name": "click", "skip_reason": "Dependency not found on PyPI"}]


def write_pex(folder: Path, licence: str = "License-Expression: BSD-3-Clause") -> str:
    told = f"Metadata-Version: 2.4\nName: click\nVersion: 8.1\n{licence}\n"
    with zipfile.ZipFile(folder / "stage.pex", "w") as archive:
        archive.writestr(".deps/click-8.1-py3-none-any.whl/click-8.1.dist-info/METADATA", told)
    return str(folder / "stage.pex")


def answer(folder: Path, packages: object) -> dict[str, str]:
    """The variables with which pip-audit is one that says this."""
    program = folder / "bin/pip-audit"
    program.parent.mkdir(exist_ok=True)
    report = json.dumps({"dependencies": packages}) if packages else ""
    program.write_text(FAKE_AUDIT.format(python=sys.executable, report=report))
    program.chmod(0o755)
    return {"PATH": f"{program.parent}:{os.environ['PATH']}"}


@pytest.fixture
def output(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder, without the SBOM: its library is none of the project's."""
    monkeypatch.setattr(inspect_packages, "OUTPUT", tmp_path / "out")
    monkeypatch.setattr(inspect_packages, "write_sbom", lambda *_: None)
    return tmp_path / "out/stage"


@pytest.mark.parametrize(
    ("packages", "code", "sentence"),
    [
        (GOOD, 0, ""),
        (VULNERABLE, 1, "click 8.1: CVE-1, mended in 8.2"),
        (UNKNOWN, 69, "NOT AUDITED, PyPI told nothing of 1 of 1: click"),
        (None, 69, "NOT AUDITED, pip-audit could not ask what is known"),
    ],
)
def test_what_is_known_of_packages_decides_and_what_nobody_told_is_not_well(
    output: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    packages: object,
    code: int,
    sentence: str,
) -> None:
    monkeypatch.setenv("PATH", answer(tmp_path, packages)["PATH"])
    assert inspect_packages.main([write_pex(tmp_path)]) == code
    assert sentence in capsys.readouterr().out
    assert (output / "requirements.txt").read_text() == "click==8.1\n"
    assert (output / "licences.tsv").read_text() == "click\t8.1\tBSD-3-Clause\n"


def test_a_licence_that_may_not_be_shipped_is_a_failure(
    output: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("PATH", answer(tmp_path, GOOD)["PATH"])
    affero = "Classifier: License :: OSI Approved :: GNU Affero General Public License v3"
    assert inspect_packages.main([write_pex(tmp_path, affero)]) == 1
    assert "click 8.1 is under 'GNU Affero" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("licence", "may"),
    [
        ("MIT", True),
        ("Apache Software License", True),
        ("LGPL-3.0-only", True),
        ("GNU Library or Lesser General Public License (LGPL)", True),
        ("Artistic License / GNU General Public License (GPL)", True),
        ("MIT OR GPL-2.0-only", True),
        ("MIT AND GPL-2.0-only", False),
        ("GPL-3.0-or-later", False),
        ("GNU General Public License v3", False),
        ("Proprietary", False),
        ("nothing that it says", False),
    ],
)
def test_licences(licence: str, may: bool) -> None:
    assert inspect_packages.may_be_shipped(licence) is may


def test_the_list_of_parts_is_one_that_others_read(tmp_path: Path) -> None:
    checkers = Path(inspect_packages.__file__).with_name("checkers")
    found = subprocess.run([checkers], stdout=subprocess.PIPE, text=True)
    if found.returncode == 69:
        pytest.skip("the checkers could not be installed: no SBOM is written here")
    python = Path(found.stdout.strip()) / "python"
    parts = [
        inspect_packages.of_python("click", "8.1", "BSD-3-Clause"),
        inspect_packages.of_debian("libc6", "2.36-9+deb12u9"),
    ]
    file = tmp_path / "sbom.json"
    script = (
        "import sys, json; from pathlib import Path; import inspect_packages as i;"
        "i.write_sbom(Path(sys.argv[1]), 'stage', json.loads(sys.argv[2]))"
    )
    folder = Path(inspect_packages.__file__).parent
    command = [str(python), "-W", "error", "-c", script, str(file), json.dumps(parts)]
    subprocess.run(command, cwd=folder, check=True)
    told = json.loads(file.read_text())
    assert (told["bomFormat"], told["specVersion"]) == ("CycloneDX", "1.6")
    assert sorted(part["purl"] for part in told["components"]) == [
        "pkg:deb/debian/libc6@2.36-9%2Bdeb12u9",
        "pkg:pypi/click@8.1",
    ]
    licences = [one for part in told["components"] for one in part.get("licenses", [])]
    assert licences == [{"license": {"id": "BSD-3-Clause"}}]
