"""Reads a road network from GMNS, TNTP or OpenStreetMap files: all of it, or every fault.

A directory is GMNS unless it holds no link.csv but a TNTP network; `*.tntp` is TNTP; `*.osm`,
`*.pbf` and their packed forms are OpenStreetMap.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from scheduler.domain.network import Network
from scheduler.domain.network_report import Findings, NetworkFormat, NetworkReport, report_on
from scheduler.errors import IntakeError, IntakeFault
from scheduler.intake.faults import Both, fault
from scheduler.intake.gmns import read_gmns
from scheduler.intake.network_places import in_wgs84
from scheduler.intake.network_settings import NetworkSettings
from scheduler.intake.osm import read_osm
from scheduler.intake.step import Step, Tell, tell_nobody
from scheduler.intake.tntp import read_tntp
from scheduler.texts import catalogue, said

OSM_ENDINGS = (".osm", ".osm.pbf", ".pbf", ".osm.gz", ".osm.bz2")


class ReadNetwork(NamedTuple):
    network: Network
    report: NetworkReport


def read_network(
    path: Path, given: NetworkSettings | None = None, tell: Tell = tell_nobody
) -> ReadNetwork:
    """Read and check a network.

    Parameters
    ----------
    given
        Units and conventions: they come before those of the directory's config.csv.
    tell
        Called before each step.

    Raises
    ------
    IntakeError
        With every fault of every file; nothing is returned then.
    """
    findings = Findings()
    found = _form_of(path)
    if found is None:
        raise IntakeError([fault(path.name, None, None, "", "network_format")])
    form, file = found
    tell(Step("reading", file.name, 0))
    read = {"gmns": read_gmns, "tntp": read_tntp, "osm": read_osm}[form]
    network = read(file, given, findings, lambda step, of, n: tell(Step(step, of, n)))
    if not network.links:
        raise IntakeError(
            [fault(file.name, None, None, "", "no_links"), *_why_none(file, findings)]
        )
    network = in_wgs84(network, "node.csv" if form == "gmns" else file.name, findings)
    tell(Step("components", file.name, len(network.links)))
    return ReadNetwork(network, report_on(network, form, findings))


def _why_none(file: Path, findings: Findings) -> Iterator[IntakeFault]:
    """Why everything was left out of a file of which nothing is left."""
    for row in findings.dropped():
        text = f"dropped.{row.reason}"
        text = text if text in catalogue() else f"fault.{row.reason}"
        why = Both(zh=said(text, "zh-CN"), en=said(text, "en"))
        examples = ", ".join(row.examples)
        yield fault(file.name, None, None, examples, "left_out", count=row.count, why=why)


def _form_of(path: Path) -> tuple[NetworkFormat, Path] | None:
    """The format of a path and the file or folder to read."""
    name = path.name.lower()
    if path.is_dir():
        nets = sorted(p for p in path.iterdir() if p.name.lower().endswith("_net.tntp"))
        if len(nets) == 1 and not (path / "link.csv").exists():
            return "tntp", nets[0]
        return "gmns", path
    if name.endswith(".tntp"):
        return "tntp", path
    if name.endswith(OSM_ENDINGS):
        return "osm", path
    return None
