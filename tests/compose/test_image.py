"""Tests that the image holds what runs and no more, and that no secret is assumed."""

import pytest

pytestmark = [pytest.mark.compose, pytest.mark.timeout(1800)]


def in_image(stack, *command: str) -> str:
    read_only = ("--rm", "--read-only", "--cap-drop", "ALL", "--network", "none")
    return stack.engine.docker("run", *read_only, "cuofeng-test/app", *command)


def test_the_program_runs_as_nobody_of_note_on_a_read_only_disk(stack) -> None:
    assert in_image(stack, "id", "-u") == "10001"
    assert (
        in_image(stack, "sh", "-c", "touch /opt/cuofeng/x 2>/dev/null || echo barred") == "barred"
    )


def test_the_packages_are_installed_with_their_data(stack) -> None:
    program = (
        "import api, scheduler, solver, pathlib, fixtures; "
        "print(*sorted(p.name for p in pathlib.Path(fixtures.__path__[0]).iterdir()))"
    )
    assert "liaoning" in in_image(stack, "python3", "-c", program).split()


def test_the_tools_of_the_tests_stay_out(stack) -> None:
    installed = in_image(stack, "python3", "-m", "pip", "list", "--format", "freeze").lower()
    assert "ortools==" in installed
    assert "pytest==" not in installed
    assert "playwright==" not in installed


def test_nothing_starts_without_a_password(stack) -> None:
    """Compose itself refuses, and names what is to be set."""
    done = stack.without("POSTGRES_PASSWORD").try_compose("config")
    assert done.returncode != 0
    assert "POSTGRES_PASSWORD" in done.stderr
