"""Tests that a skipped test fails the run under CI and is only reported elsewhere."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
SKIPS = {
    "test_body.py": "import pytest\ndef test_it():\n    pytest.skip('no body')\n",
    "test_mark.py": (
        "import pytest\n@pytest.mark.skip(reason='no mark')\ndef test_it():\n    pass\n"
    ),
    "test_module.py": "import pytest\npytest.skip('no module', allow_module_level=True)\n",
    "test_fixture.py": (
        "import pytest\n@pytest.fixture\ndef server():\n    pytest.skip('no server')\n"
        "def test_it(server):\n    pass\n"
    ),
}
CONTAINERS = "import pytest\ndef test_it():\n    pytest.skip('compose: no engine')\n"


def run_pytest(folder: Path, files: dict[str, str], ci: str) -> subprocess.CompletedProcess[str]:
    for name, text in {**files, "conftest.py": (ROOT / "conftest.py").read_text()}.items():
        (folder / name).write_text(text)
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--continue-on-collection-errors"],
        cwd=folder,
        env={**os.environ, "CI": ci, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_kind_of_skip_fails_the_run_under_ci(tmp_path: Path) -> None:
    done = run_pytest(tmp_path, SKIPS, ci="true")
    assert done.returncode == 1
    for reason in ("no body", "no mark", "no module", "no server"):
        assert f"was skipped, which CI does not allow: {reason}" in done.stdout


def test_elsewhere_a_skip_is_reported_and_passes(tmp_path: Path) -> None:
    done = run_pytest(tmp_path, {"test_fixture.py": SKIPS["test_fixture.py"]}, ci="")
    assert (done.returncode, "1 skipped" in done.stdout) == (0, True)


def test_the_containers_alone_may_be_skipped_under_ci(tmp_path: Path) -> None:
    done = run_pytest(tmp_path, {"test_compose.py": CONTAINERS}, ci="true")
    assert (done.returncode, "1 skipped" in done.stdout) == (0, True)
