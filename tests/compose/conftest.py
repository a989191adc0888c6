"""A container engine for the run: the machine's own, or one started by hand where root may."""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CACHE = Path(tempfile.gettempdir()) / "cuofeng-compose"
PROGRAMS = {
    "dockerd": "docker.io",
    "docker-compose": "docker-compose",
    "debootstrap": "debootstrap",
}
PUBLIC_PYTHON, OWN_PYTHON = "python:3.11-slim", "cuofeng-test/python"
PUBLIC_POSTGRES, OWN_POSTGRES = "postgres:16", "cuofeng-test/postgres"
CERTIFICATES = "etc/ssl/certs/ca-certificates.crt"
NO_NETWORK_OF_ITS_OWN = (
    "--iptables=false --ip6tables=false --ip-masq=false --ip-forward=false --bridge=none"
)


@dataclass(frozen=True)
class Engine:
    """Where the engine listens; every command runs in the repository."""

    environment: Mapping[str, str]

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=ROOT,
            env=dict(self.environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def docker(self, *arguments: str) -> str:
        done = self.run("docker", *arguments)
        assert done.returncode == 0, f"docker {' '.join(arguments)}:\n{done.stdout}{done.stderr}"
        return done.stdout.strip()

    def answers(self) -> bool:
        return shutil.which("docker") is not None and self.run("docker", "info").returncode == 0

    def has(self, image: str) -> bool:
        return self.run("docker", "image", "inspect", image).returncode == 0

    def pulls(self, image: str) -> bool:
        return self.has(image) or self.run("docker", "pull", "--quiet", image).returncode == 0


def say(text: str) -> None:
    """For `pytest -s`: what takes minutes is told before it starts."""
    print(f"\n-- {text}", flush=True)


def _install_missing_programs() -> None:
    packages = [package for name, package in PROGRAMS.items() if not shutil.which(name)]
    if not packages:
        return
    if not shutil.which("apt-get"):
        pytest.skip(f"compose: no container engine answers; install {', '.join(packages)}")
    say(f"installing {', '.join(packages)}")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "-q", "-y", "--no-install-recommends", *packages]
    for command in (["apt-get", "update", "-q"], install):
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"compose: {' '.join(command)} failed: {done.stderr.strip()[-300:]}")


def _wait_for(engine: Engine, daemon: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(150):
        if engine.answers():
            return
        if daemon.poll() is not None:
            break
        time.sleep(0.2)
    pytest.skip(f"compose: dockerd does not start here: {log.read_text()[-500:]}")


def _stop_left(daemon: int) -> None:
    say("stopping the dockerd that a run which was broken off left")
    os.kill(daemon, signal.SIGTERM)
    for _ in range(300):
        if not Path(f"/proc/{daemon}").exists():
            return
        time.sleep(0.2)
    pytest.fail(f"the dockerd of process {daemon} does not end")


def _started_by_hand() -> Iterator[Engine]:
    if os.geteuid() != 0:
        pytest.skip("compose: no container engine answers, and only root can start one")
    _install_missing_programs()
    folder = CACHE / "docker"
    folder.mkdir(parents=True, exist_ok=True)
    address, log = f"unix://{folder}/docker.sock", folder / "log"
    places = ["--data-root", f"{folder}/data", "--exec-root", f"{folder}/exec"]
    places += ["--pidfile", f"{folder}/pid", "--host", address]
    engine = Engine({**os.environ, "DOCKER_HOST": address})
    if engine.answers():
        _stop_left(int((folder / "pid").read_text()))
    say(f"starting dockerd in {folder}, which keeps its images for the next run")
    with log.open("wb") as output:
        daemon = subprocess.Popen(
            ["dockerd", *places, *NO_NETWORK_OF_ITS_OWN.split()],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_for(engine, daemon, log)
        yield engine
    finally:
        daemon.send_signal(signal.SIGTERM)
        daemon.wait(60)
        subprocess.run(["umount", folder / "exec/netns/default"], capture_output=True, check=False)


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    machines_own = Engine(os.environ)
    if machines_own.answers():
        yield machines_own
    else:
        yield from _started_by_hand()


def _debian() -> Path:
    """A minimal Debian with Python, which trusts the certificates that this machine trusts."""
    root = CACHE / "rootfs"
    if not root.exists():
        if os.geteuid() != 0 or not shutil.which("debootstrap"):
            pytest.skip("compose: no registry answers, and debootstrap (as root) is not at hand")
        say("building a base image with debootstrap, about two minutes")
        partial = CACHE / "rootfs.partial"
        shutil.rmtree(partial, ignore_errors=True)
        packages = "--include=python3,python3-venv,python3-pip,ca-certificates"
        command = ["debootstrap", "--variant=minbase", packages, "bookworm", str(partial)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"compose: debootstrap failed: {done.stdout.strip()[-300:]}")
        shutil.copy(f"/{CERTIFICATES}", partial / CERTIFICATES)
        partial.rename(root)
    return root


@pytest.fixture(scope="session")
def python_image(engine: Engine) -> str:
    if engine.pulls(PUBLIC_PYTHON):
        return PUBLIC_PYTHON
    if not engine.has(OWN_PYTHON):
        archive = CACHE / "rootfs.tar"
        subprocess.run(["tar", "-C", _debian(), "-cf", archive, "."], check=True)
        trust = f"ENV PIP_CERT=/{CERTIFICATES}"
        engine.docker("import", "--change", trust, str(archive), OWN_PYTHON)
        archive.unlink()
    return OWN_PYTHON


@pytest.fixture(scope="session")
def postgres_image(engine: Engine, python_image: str) -> str:
    if engine.pulls(PUBLIC_POSTGRES):
        return PUBLIC_POSTGRES
    say("building a PostgreSQL image from Debian's packages")
    base = f"BASE={python_image}"
    folder = "tests/compose/postgres"
    engine.docker(
        "build", "--quiet", "--network", "host", "--build-arg", base, "--tag", OWN_POSTGRES, folder
    )
    return OWN_POSTGRES


@dataclass(frozen=True)
class Stack:
    """The project's compose file on an engine, under a name and on a port of its own."""

    engine: Engine
    command: tuple[str, ...]
    port: int

    def compose(self, *arguments: str) -> str:
        done = self.try_compose(*arguments)
        assert done.returncode == 0, f"{' '.join(arguments)}:\n{done.stdout}{done.stderr}"
        return done.stdout.strip()

    def try_compose(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.engine.run(*self.command, *arguments)

    def without(self, variable: str) -> "Stack":
        kept = {name: text for name, text in self.engine.environment.items() if name != variable}
        return replace(self, engine=Engine(kept))


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@pytest.fixture(scope="session")
def stack(engine: Engine, python_image: str, postgres_image: str) -> Iterator[Stack]:
    """The compose file ready to be used and nothing of it running; all of it is removed after."""
    port = _free_port()
    settings = {
        "BASE": python_image,
        "COMPOSE_PROJECT_NAME": "cuofeng-test",
        "CUOFENG_IMAGE": "cuofeng-test/app",
        "CUOFENG_PORT": str(port),
        "POSTGRES_IMAGE": postgres_image,
        "POSTGRES_PASSWORD": secrets.token_hex(16),
    }
    by_plugin = engine.run("docker", "compose", "version").returncode == 0
    command = ("docker", "compose") if by_plugin else ("docker-compose",)
    files = ("-f", "docker-compose.yml", "-f", "tests/compose/host-network.yml")
    stack = Stack(Engine({**engine.environment, **settings}), (*command, *files), port)
    remove_all = ("down", "--volumes", "--remove-orphans", "--timeout", "10")
    stack.compose(*remove_all)  # what a run that was broken off left
    try:
        say("building the application's image")
        stack.compose("build", "api")
        yield stack
    finally:
        stack.try_compose(*remove_all)
