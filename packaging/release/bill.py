"""The lists of a release, in CycloneDX (ECMA-424): bill.py VERSION DIRECTORY.

`intercomd-VERSION.cdx.json` names what the packages contain and need (SBOM). `intercomd-VERSION.vex.json` says which
known faults of the SIP library affect a station (VEX); its source is packaging/pjsua2/advisories.tsv.
"""

import csv
import os
import sys
import tomllib
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cyclonedx.model import HashAlgorithm, HashType, Property, XsUri
from cyclonedx.model.bom import Bom, BomMetaData
from cyclonedx.model.component import (
    Component,
    ComponentScope,
    ComponentType,
    Diff,
    Patch,
    PatchClassification,
    Pedigree,
)
from cyclonedx.model.impact_analysis import ImpactAnalysisJustification, ImpactAnalysisState
from cyclonedx.model.license import DisjunctiveLicense
from cyclonedx.model.vulnerability import BomTarget, Vulnerability, VulnerabilityAnalysis, VulnerabilitySource
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

ROOT = Path(__file__).resolve().parents[2]
PJSUA2 = ROOT / "packaging/pjsua2"
UPSTREAM = "https://github.com/pjsip/pjproject/commit/"
STATES = {
    "applied": VulnerabilityAnalysis(state=ImpactAnalysisState.RESOLVED_WITH_PEDIGREE),
    "not reachable": VulnerabilityAnalysis(
        state=ImpactAnalysisState.NOT_AFFECTED, justification=ImpactAnalysisJustification.CODE_NOT_REACHABLE
    ),
    "open": VulnerabilityAnalysis(state=ImpactAnalysisState.EXPLOITABLE),
}


def lock() -> dict[str, str]:
    """The fields of source.lock: which pjproject the packages are built from."""
    lines = (PJSUA2 / "source.lock").read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def bill(version: str) -> Bom:
    """Return the parts of a release. Those that have a scope come from Debian, and our packages do not contain them."""
    project = described()
    product = station(version)
    parts = [library(), *needed(project["dependencies"], *project["optional-dependencies"].items())]
    made = Bom(components=parts, metadata=metadata(product), serial_number=identity(version, "bill"))
    made.register_dependency(product, parts)
    return made


def described() -> dict[str, Any]:
    """The product as pyproject.toml describes it."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def station(version: str) -> Component:
    """The product itself."""
    project = described()
    return Component(
        name=project["name"], version=version, type=ComponentType.APPLICATION, bom_ref=project["name"],
        licenses=[DisjunctiveLicense(id=project["license"])], description=project["description"],
    )  # fmt: skip


def library() -> Component:
    """The SIP library with our patches, which python3-pjsua2 has."""
    source = lock()
    series = (PJSUA2 / "patches/series").read_text(encoding="utf-8").splitlines()
    paths = [f"packaging/pjsua2/patches/{line}" for line in series if line and not line.startswith("#")]
    return Component(
        name="pjproject", version=source["version"], type=ComponentType.LIBRARY, bom_ref="pjproject",
        purl=PackageURL("github", "pjsip", "pjproject", source["version"]),
        licenses=[DisjunctiveLicense(id="GPL-2.0-or-later")],
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=source["sha256"])],
        pedigree=Pedigree(
            patches=[Patch(type=PatchClassification.UNOFFICIAL, diff=Diff(url=XsUri(path))) for path in paths]
        ),
    )  # fmt: skip


def needed(always: list[str], *optional: tuple[str, list[str]]) -> Iterator[Component]:
    """The Python packages that Debian provides; `optional` by the part of the product that needs them."""
    for part, requirements in [("", always), *((name, each) for name, each in optional if name != "dev")]:
        for requirement in requirements:
            name, _, least = requirement.partition(">=")
            yield Component(
                name=name, type=ComponentType.LIBRARY, bom_ref=name, purl=PackageURL("pypi", None, name),
                scope=ComponentScope.OPTIONAL if part else ComponentScope.REQUIRED,
                properties=[Property(name="intercomd:at-least", value=least)],
            )  # fmt: skip


def faults(version: str) -> Bom:
    """Return the known faults of the SIP library since the version that we build, and what each means to a station."""
    product, part = station(version), library()
    made = Bom(components=[part], metadata=metadata(product), serial_number=identity(version, "faults"))
    made.register_dependency(product, [part])
    with (PJSUA2 / "advisories.tsv").open(encoding="utf-8", newline="") as file:
        rows = (line.removeprefix("# ") for line in file if "\t" in line)  # the others are prose
        for row in csv.DictReader(rows, delimiter="\t"):
            analysis = STATES[row["state"]]
            made.vulnerabilities.add(
                Vulnerability(
                    id=row["commit"],
                    bom_ref=row["commit"],
                    description=row["fault"],
                    source=VulnerabilitySource(name="pjproject", url=XsUri(UPSTREAM + row["commit"])),
                    affects=[BomTarget(ref="pjproject")],
                    analysis=VulnerabilityAnalysis(
                        state=analysis.state, justification=analysis.justification, detail=row["note"]
                    ),
                    recommendation=f"mended by {row['patch']}" if row["state"] == "applied" else None,
                )
            )
    return made


def metadata(of: Component) -> BomMetaData:
    """The time is that of the commit, so that the same commit gives the same lists."""
    when = datetime.fromtimestamp(int(os.environ["SOURCE_DATE_EPOCH"]), UTC)
    return BomMetaData(component=of, timestamp=when)


def identity(version: str, kind: str) -> uuid.UUID:
    """Return a serial number that is the same each time the list of this kind is made for this version."""
    return uuid.uuid5(uuid.NAMESPACE_URL, f"intercomd {version} {kind}")


def main() -> None:
    """Write both lists."""
    version, into = sys.argv[1], Path(sys.argv[2])
    for kind, made in (("cdx", bill(version)), ("vex", faults(version))):
        text = JsonV1Dot6(made).output_as_string(indent=2)
        (into / f"intercomd-{version}.{kind}.json").write_text(f"{text}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
