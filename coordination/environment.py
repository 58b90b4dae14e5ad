"""What a process needs around it before Django's settings are read: secrets, addresses, a way to start."""

import base64
import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from coordination.embedded import Servers, is_running
from coordination.places import ROOT, VAR, Problem, own_home, private

# Made once for a trial; in production they come from the environment and from nowhere else.
SECRETS: Mapping[str, Callable[[], str]] = {
    "SECRET_KEY": lambda: secrets.token_urlsafe(48),
    "AUDIT_KEY": lambda: secrets.token_hex(32),
    "FIELD_KEY": lambda: base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
}


def is_production() -> bool:
    return os.environ.get("THROUGHLINE_ENV") == "production"


def complete() -> None:
    """Fill in what a trial on this machine does not have to say. Nothing is filled in for production."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "coordination.settings")
    if is_production():
        return
    os.environ.setdefault("THROUGHLINE_ENV", "development")
    os.environ.setdefault("DEMO", "1")
    if missing := [name for name in SECRETS if not os.environ.get(name)]:
        kept = kept_secrets(VAR / "secrets.env")
        os.environ.update({name: kept[name] for name in missing})


def kept_secrets(path: Path) -> dict[str, str]:
    """The secrets of this folder, made at the first start and kept beside the data they protect."""
    own_home(path.parent, shared=False)
    try:
        lines = path.read_text().splitlines() if path.exists() else []
        kept = dict(line.split("=", 1) for line in lines if "=" in line)
        if missing := [name for name in SECRETS if not kept.get(name)]:
            kept |= {name: SECRETS[name]() for name in missing}
            fresh = path.with_suffix(".new")
            with open(fresh, "w", opener=private) as file:
                file.writelines(f"{name}={value}\n" for name, value in kept.items())
            fresh.replace(path)
    except OSError as error:
        raise Problem(f"Cannot use {path}: {error.strerror}.") from None
    return kept


def servers_needed() -> Servers | None:
    """Embedded servers for whatever address is not given."""
    postgres, valkey = not os.environ.get("DATABASE_URL"), not os.environ.get("REDIS_URL")
    if is_production() or not (postgres or valkey):
        return None
    return Servers(VAR, postgres=postgres, valkey=valkey)


@contextmanager
def throwaway_servers() -> Iterator[Servers]:
    """Servers of this process alone, empty at first, gone without a trace afterwards."""
    folder = VAR / "test"
    for left in folder.glob("*"):
        if left.name.isdigit() and not is_running(int(left.name)):
            discard(Servers(left))
    servers = Servers(folder / str(os.getpid()), durable=False)
    own_home(servers.var, shared=False)
    try:
        with servers:
            yield servers
    finally:
        discard(servers)


def discard(servers: Servers) -> None:
    """Also those of a run that was killed before it could tidy up."""
    for part in servers.parts:
        part.stop()
    for folder in (servers.at.data, servers.var):
        shutil.rmtree(folder, ignore_errors=True)


def as_owner(environment: Mapping[str, str]) -> dict[str, str]:
    """The same environment, signed in as the role that owns the tables: for migrations only."""
    return {**environment, "THROUGHLINE_AS_OWNER": "1"}


def with_root(environment: Mapping[str, str]) -> dict[str, str]:
    """Let a child find our packages from whatever folder it is started in."""
    path = [str(ROOT), *filter(None, [environment.get("PYTHONPATH")])]
    return {**environment, "PYTHONPATH": os.pathsep.join(path)}


def django(*words: str, owner: bool = False) -> subprocess.CompletedProcess[str]:
    """Run one Django command to its end, keeping what it says."""
    environment = with_root(as_owner(os.environ) if owner else os.environ)
    return subprocess.run(
        [sys.executable, "-m", "django", *words],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
