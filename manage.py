#!/usr/bin/env python3
"""The one entry point. On a machine with nothing but python3 and pip:

    python3 manage.py up      set everything up and serve it
    python3 manage.py test    set everything up and run every test
    python3 manage.py setup   only install

Until the hand-over at its end this file uses the standard library only: it makes a virtual environment from
the hashed requirements and starts itself again inside it.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

if os.name == "nt":
    sys.exit("Throughline runs on Linux and macOS. On Windows start it inside WSL2, or with docker compose.")

import fcntl

ROOT = Path(__file__).resolve().parent
VENV = Path(os.environ.get("THROUGHLINE_VENV") or ROOT / ".venv").absolute()
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "throughline.json"
TOOLS = ROOT / ".tools"
UV = "uv==0.13.9"
OLDEST, NEWEST = (3, 11), (3, 14)
LOCKS = {"run": ROOT / "requirements-run.txt", "dev": ROOT / "requirements-dev.txt"}
DEV_COMMANDS = {"test", "lint", "prove"}


class CannotInstall(Exception):
    """Why, in a few words."""


# ---------------------------------------------------------------------------------- what is installed already
def digests() -> dict[str, str]:
    return {name: hashlib.sha256(lock.read_bytes()).hexdigest() for name, lock in LOCKS.items()}


def stamp() -> dict[str, str]:
    """What was last installed to the end: {"set": "run" or "dev", "run": digest, "dev": digest}."""
    try:
        return dict(json.loads(STAMP.read_text()))
    except (OSError, ValueError, TypeError):
        return {}


def is_installed(need: str) -> bool:
    """The dev set holds the run set at the same pins, so one environment serves both."""
    have, want = stamp(), digests()
    return PYTHON.exists() and have.get(need) == want[need] and (need == "run" or have.get("set") == "dev")


# ------------------------------------------------------------------------------------------------- installing
def bootstrap(need: str) -> None:
    """Install once, even when two terminals ask at the same time."""
    if is_installed(need):
        return
    try:
        TOOLS.mkdir(exist_ok=True)
        with (TOOLS / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not is_installed(need):
                install("dev" if "dev" in (need, stamp().get("set")) else "run")
    except CannotInstall as reason:
        sys.exit(f"Cannot install what Throughline needs: {reason}")
    except OSError as error:
        sys.exit(f"Cannot install what Throughline needs: {error.filename}: {error.strerror}")


def install(chosen: str) -> None:
    print(f"Installing what Throughline needs into {VENV} ...", flush=True)
    if STAMP.exists():
        STAMP.unlink()
    try:
        install_with_uv(LOCKS[chosen])
    except CannotInstall as reason:
        print(f"uv could not do it ({reason}). Trying pip, which is slower ...", flush=True)
        install_with_pip(LOCKS[chosen])
    STAMP.write_text(json.dumps({**digests(), "set": chosen}))


def install_with_uv(lock: Path) -> None:
    uv, env = find_uv(), {**os.environ, "VIRTUAL_ENV": str(VENV)}
    if not os.access(Path.home(), os.W_OK):
        env.setdefault("UV_CACHE_DIR", str(TOOLS / "cache"))
    if not PYTHON.exists():
        python = sys.executable if OLDEST <= sys.version_info[:2] <= NEWEST else ">=3.11,<3.15"
        run([uv, "venv", "--quiet", "--clear", "--python", python, VENV], env)
    options = ["--quiet", "--require-hashes", "--compile-bytecode", "--python", str(PYTHON)]
    try:
        run([uv, "pip", "sync", *options, lock], env)
    except CannotInstall:
        # Behind a proxy with a certificate of its own, which the system knows and uv does not.
        run([uv, "pip", "sync", *options, lock], {**env, "UV_SYSTEM_CERTS": "1"})


def find_uv() -> str:
    found = shutil.which("uv") or shutil.which("uv", path=str(TOOLS / "bin"))
    if found:
        return found
    # --target is allowed even where a distribution keeps pip away from its own Python.
    options = ["--quiet", "--disable-pip-version-check", "--no-warn-script-location"]
    run([sys.executable, "-m", "pip", "install", *options, "--upgrade", "--target", TOOLS, UV])
    return str(TOOLS / "bin" / "uv")


def install_with_pip(lock: Path) -> None:
    if not OLDEST <= sys.version_info[:2] <= NEWEST:
        raise CannotInstall("it runs on Python 3.11 to 3.14, this is {}.{}".format(*sys.version_info[:2]))
    if not PYTHON.exists():
        # Without pip inside: Debian keeps the module that would put it there in a package of its own.
        run([sys.executable, "-m", "venv", "--clear", "--without-pip", VENV])
    options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--require-hashes"]
    run([sys.executable, "-m", "pip", "--python", PYTHON, "install", *options, "-r", lock])


def run(command: list[str | Path], env: dict[str, str] | None = None) -> None:
    words = [str(part) for part in command]
    try:
        done = subprocess.run(
            words, env=env, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False
        )
    except OSError as error:
        raise CannotInstall(f"{words[0]}: {error.strerror}") from None
    if done.returncode != 0:
        lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        raise CannotInstall(lines[-1] if lines else f"{words[0]} ended with {done.returncode}")


# -------------------------------------------------------------------------------------------------- hand-over
def main() -> None:
    command = sys.argv[1] if len(sys.argv) > 1 else "help"
    bootstrap("dev" if command in DEV_COMMANDS else "run")
    if command == "setup":
        return
    if Path(sys.prefix).resolve() != VENV.resolve():
        os.execv(str(PYTHON), [str(PYTHON), str(ROOT / "manage.py"), *sys.argv[1:]])  # noqa: S606
    # Only here, inside the virtual environment, is there anything to import.
    from coordination.commands import run_command

    sys.exit(run_command(command, sys.argv))


if __name__ == "__main__":
    main()
