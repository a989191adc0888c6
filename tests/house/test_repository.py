"""Tests of what is tracked: mirrored tests, locks, and no file that names a machine or registry."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCKS = ("requirements.lock", "requirements-runtime.lock")
PACKAGES = ("solver", "scheduler", "api", "fixtures")
ADDRESS = re.compile(r"https?://")
REGISTRY = re.compile(
    r"\b(?:pypi\.org|pythonhosted\.org|npmjs\.org|yarnpkg\.com|crates\.io|ghcr\.io)\b"
)
MACHINE_PATH = re.compile(r"(?<![\w.~/-])/(?:work|home|root|Users|opt/(?:pypi|wheels))/")
UNMERGED = re.compile(r"^(?:<{7}|={7}|>{7})(?: |$)", re.MULTILINE)
THIS_FILE = "tests/house/test_repository.py"


def misplaced(text: str) -> list[str]:
    """Registry addresses and machine paths: both hold on one machine and break on the next."""
    return [found.group() for found in [*REGISTRY.finditer(text), *MACHINE_PATH.finditer(text)]]


def unmerged(text: str) -> list[str]:
    """What git leaves in a file where two changes met."""
    return [found.group() for found in UNMERGED.finditer(text)]


def unhashed(lock: str) -> list[str]:
    """Requirements of a lock that no hash follows."""
    entries = re.split(r"\n(?=[A-Za-z0-9])", re.sub(r"^#.*\n", "", lock, flags=re.MULTILINE))
    return [entry.split()[0] for entry in entries if entry and "--hash=sha256:" not in entry]


def tracked_files() -> list[str]:
    done = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        pytest.skip("not a git checkout: what is tracked cannot be told")
    return [name for name in done.stdout.split("\0") if name and (ROOT / name).is_file()]


def test_no_tracked_file_names_a_registry_or_a_machine_or_was_left_unmerged() -> None:
    rows = []
    for name in tracked_files():
        content = (ROOT / name).read_bytes()
        if b"\0" not in content and name != THIS_FILE:
            text = content.decode()
            rows += [f"{name}: {found}" for found in [*misplaced(text), *unmerged(text)]]
    assert not rows, "\n".join(rows)


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_holds_a_hash_for_everything_and_no_address(name: str) -> None:
    lock = (ROOT / name).read_text()
    assert unhashed(lock) == []
    assert not ADDRESS.search(lock)
    assert "uv.lock" not in tracked_files(), "uv.lock records the addresses it downloaded from"


def test_the_image_installs_what_the_tests_ran() -> None:
    whole, runtime = (pinned((ROOT / name).read_text()) for name in LOCKS)
    assert runtime
    assert runtime - whole == set()


def pinned(lock: str) -> set[str]:
    return set(re.findall(r"^[a-z][\w.-]*==\S+", lock, re.MULTILINE))


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_has_tests_of_its_own_name(package: str) -> None:
    has_code = any(path.name != "__init__.py" for path in (ROOT / package).rglob("*.py"))
    has_tests = any((ROOT / "tests" / package).rglob("test_*.py"))
    assert has_tests or not has_code, f"{package}/ has no tests under tests/{package}/"


def test_every_decision_has_a_number_of_its_own() -> None:
    pages = sorted((ROOT / "docs" / "decisions").glob("*.md"))[1:]
    titles = [page.read_text().split(".", 1)[0].removeprefix("# ") for page in pages]
    assert [int(page.name[:4]) for page in pages] == list(range(1, len(pages) + 1))
    assert [int(title) for title in titles] == list(range(1, len(pages) + 1))


def test_tests_are_no_packages() -> None:
    """A tests/solver/__init__.py would shadow `solver`."""
    assert list((ROOT / "tests").rglob("__init__.py")) == []


@pytest.mark.parametrize(
    "text",
    [
        "see https://pypi.org/simple",
        "index files.pythonhosted.org",
        "open /work/main",
        "'/home/a/b'",
    ],
)
def test_a_misplaced_address_is_seen(text: str) -> None:
    assert len(misplaced(text)) == 1


@pytest.mark.parametrize(
    "text", ["https://gem.wiki/homework/", "docs/work/plan", "../work/x", "rework/2", "/v1/alerts"]
)
def test_any_other_address_passes(text: str) -> None:
    assert misplaced(text) == []


def test_a_conflict_left_in_a_file_is_seen() -> None:
    text = "| a |\n<<<<<<< HEAD\n| b |\n=======\n| c |\n>>>>>>> 55fc79f (Measure)\n"
    assert unmerged(text) == ["<<<<<<< ", "=======", ">>>>>>> "]


def test_a_heading_underlined_is_no_conflict() -> None:
    assert unmerged("Title\n=====\n\nOther title\n===========\n") == []


def test_a_requirement_without_a_hash_is_seen() -> None:
    lock = "# made by hand\nabsl-py==2.5 \\\n    --hash=sha256:28\n    # via x\nalembic==1.20\n"
    assert unhashed(lock) == ["alembic==1.20"]
