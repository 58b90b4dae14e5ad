"""Starting from nothing: what is installed, where the sockets go, what a person is told if it cannot work."""

import importlib.util
import os
import pwd
import shutil
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from unittest.mock import Mock

import psycopg
import pytest

from coordination import environment, places, preparation
from coordination.embedded import PG_MAJOR, Postgres, Servers, check_data_folder
from coordination.places import Problem

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A short folder every account may walk into; pytest's own are closed, which root's servers mind."""
    folder = Path(tempfile.mkdtemp(prefix="tl-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


# ---------------------------------------------------------------------------------- what is installed already
@pytest.fixture
def manage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """manage.py, looking at a virtual environment and requirements of our own."""
    spec = importlib.util.spec_from_file_location("manage_under_test", ROOT / "manage.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "VENV", tmp_path / "venv")
    monkeypatch.setattr(module, "PYTHON", tmp_path / "venv/bin/python")
    monkeypatch.setattr(module, "STAMP", tmp_path / "venv/throughline.json")
    monkeypatch.setattr(module, "TOOLS", tmp_path / "tools")
    locks = {name: tmp_path / f"{name}.txt" for name in ("run", "dev")}
    for lock in locks.values():
        lock.write_text("one==1")
    monkeypatch.setattr(module, "LOCKS", locks)
    return module


def pretend_to_install(manage: ModuleType, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note which lock would be installed, and leave a Python behind."""
    installed: list[str] = []

    def way(lock: Path, **_: str) -> None:
        installed.append(lock.stem)
        manage.PYTHON.parent.mkdir(parents=True, exist_ok=True)
        manage.PYTHON.touch()

    monkeypatch.setattr(manage, "install_with_uv", way)
    return installed


def test_it_installs_once(manage: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    installed = pretend_to_install(manage, monkeypatch)
    manage.bootstrap("run")
    manage.bootstrap("run")
    assert installed == ["run"]


def test_the_dev_set_serves_both_commands(manage: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    installed = pretend_to_install(manage, monkeypatch)
    manage.bootstrap("dev")
    manage.bootstrap("run")
    manage.bootstrap("dev")
    assert installed == ["dev"]


def test_the_run_set_does_not_serve_tests(manage: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    installed = pretend_to_install(manage, monkeypatch)
    manage.bootstrap("run")
    manage.bootstrap("dev")
    assert installed == ["run", "dev"]


def test_changed_requirements_are_installed_and_the_dev_set_stays(
    manage: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = pretend_to_install(manage, monkeypatch)
    manage.bootstrap("dev")
    manage.LOCKS["run"].write_text("one==2")
    manage.bootstrap("run")
    assert installed == ["dev", "dev"]


def test_an_interrupted_install_is_done_again(manage: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    installed = pretend_to_install(manage, monkeypatch)
    manage.bootstrap("run")
    manage.STAMP.write_text("{")
    manage.bootstrap("run")
    assert installed == ["run", "run"]


def test_it_falls_back_to_pip_and_then_says_why(
    manage: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(lock: Path, **_: str) -> None:
        raise manage.CannotInstall("no network")

    monkeypatch.setattr(manage, "install_with_uv", fail)
    monkeypatch.setattr(manage, "install_with_pip", Mock(side_effect=fail))
    with pytest.raises(SystemExit, match=r"^Cannot install what Throughline needs: no network$"):
        manage.bootstrap("run")
    assert capsys.readouterr().out.count("Trying pip") == 1
    assert not manage.STAMP.exists()


# -------------------------------------------------------------------------------------------- where things go
def test_sockets_lie_beside_the_data() -> None:
    assert places.run_dir(Path("/srv/throughline/var")) == Path("/srv/throughline/var/run")


@pytest.mark.parametrize("folder", ["/srv/" + "long/" * 20, "/srv/two words", "/srv/a,b", "/srv/été"])
def test_a_path_no_socket_can_have_gets_a_short_one(folder: str) -> None:
    run = places.run_dir(Path(folder) / "var")
    assert run.parent == Path(tempfile.gettempdir())
    assert len(os.fsencode(run / places.SOCKET)) <= places.SOCKET_PATH_LIMIT
    assert run != places.run_dir(Path(folder) / "var2")


def test_a_prepared_short_folder_of_somebody_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "theirs").mkdir()
    (tmp_path / "run").symlink_to(tmp_path / "theirs")
    with pytest.raises(Problem, match="belongs to"):
        places.own_folder(tmp_path / "run", None)


def test_the_account_is_lent_only_by_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert places.lent_account() is None
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    lent = places.lent_account()
    assert lent
    assert lent.pw_uid != 0


def test_secrets_are_made_once_and_are_ours_alone(tmp_path: Path) -> None:
    first = environment.kept_secrets(tmp_path / "var" / "secrets.env")
    assert first == environment.kept_secrets(tmp_path / "var" / "secrets.env")
    assert len(set(first.values())) == 3
    assert all(len(value) >= 40 for value in first.values())
    assert (tmp_path / "var/secrets.env").stat().st_mode & 0o777 == 0o600


def test_nothing_is_filled_in_for_production(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*environment.SECRETS, "DEMO", "DATABASE_URL", "REDIS_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("THROUGHLINE_ENV", "production")
    environment.complete()
    assert not {*environment.SECRETS, "DEMO"} & set(os.environ)
    assert environment.servers_needed() is None


# ----------------------------------------------------------------------------------------- one clear sentence
def test_a_taken_port(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(
            Problem, match=rf"^Port {port} is taken by another program: .*--port {port + 1}\.$"
        ):
            preparation.free_port(port)


def test_a_port_that_is_none() -> None:
    with pytest.raises(Problem, match="70000 is not a port"):
        preparation.free_port(70000)


def test_a_second_up_in_the_same_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preparation, "VAR", tmp_path)
    with (
        preparation.only_one(8123),
        pytest.raises(
            Problem, match=rf"already running here: http://127.0.0.1:8123/ \(process {os.getpid()}\)"
        ),
        preparation.only_one(8124),
    ):
        pass
    with preparation.only_one(8124):
        pass


def test_a_data_folder_that_holds_no_database(tmp_path: Path) -> None:
    (tmp_path / "PG_VERSION").write_text(PG_MAJOR)
    with pytest.raises(Problem, match="is not a working database folder"):
        check_data_folder(tmp_path)


def test_a_data_folder_of_another_postgresql(tmp_path: Path) -> None:
    (tmp_path / "global").mkdir()
    (tmp_path / "global/pg_control").touch()
    (tmp_path / "PG_VERSION").write_text("16\n")
    with pytest.raises(Problem, match="was made by PostgreSQL 16"):
        check_data_folder(tmp_path)


def test_a_data_folder_of_another_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stranger = SimpleNamespace(pw_uid=4711, pw_gid=4711, pw_name="stranger")
    monkeypatch.setattr(os, "geteuid", lambda: 4711)
    with pytest.raises(Problem, match=rf"belongs to {pwd.getpwuid(os.getuid()).pw_name}, not to"):
        places.own_folder(tmp_path, stranger)  # type: ignore[arg-type]


def test_a_file_where_a_folder_belongs(tmp_path: Path) -> None:
    (tmp_path / "var").write_text("")
    with pytest.raises(Problem, match="is in the way"):
        places.own_home(tmp_path / "var", shared=False)


# ----------------------------------------------------------------------------------------- real servers start
def test_servers_start_with_two_roles_and_the_last_to_leave_stops_them(open_folder: Path) -> None:
    first, second = (Servers(open_folder, durable=False) for _ in range(2))
    with first:
        url = first.urls()["DATABASE_URL"]
        with second, psycopg.connect(url) as connection:
            row = connection.execute(
                "select current_user, rolsuper from pg_roles where rolname = current_user"
            ).fetchone()
            assert row == ("throughline_app", False)
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute("create table mine ()")
        assert all(part.is_up() for part in first.parts)
    assert not any(part.is_up() for part in first.parts)


def test_a_broken_data_folder_is_said_in_one_sentence(open_folder: Path) -> None:
    with Servers(open_folder, durable=False, valkey=False) as servers:
        data = servers.at.pg_data
    (data / "global/pg_control").write_bytes(b"scribble" * 1024)
    with pytest.raises(Problem, match=r"^PostgreSQL did not start: .*FATAL.*\(whole log: .*\)$"):
        Postgres(servers.at).start()
