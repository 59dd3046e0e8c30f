"""The embedded servers: started together, refused in one line, never left behind."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import psycopg
import pytest

from local import embedded, ports
from local.processes import CannotStart, stop_orphans


@pytest.fixture
def wanted(tmp_path: Path) -> embedded.Servers:
    # A path longer than a Unix socket's may be: VAR_DIR can stand anywhere.
    return embedded.Servers(
        var_dir=tmp_path / ("deep" * 25),
        postgres_port=ports.free_port(),
        redis_port=ports.free_port(),
        durable=False,
    )


def test_both_servers_answer_and_are_gone_afterwards(wanted: embedded.Servers) -> None:
    with embedded.running(wanted) as addresses:
        with psycopg.connect(addresses["DATABASE_URL"]) as connection:
            version = connection.execute("SHOW server_version").fetchone()
        answered = [ports.answers(wanted.postgres_port), ports.answers(wanted.redis_port)]

    assert version is not None
    assert version[0].startswith("18")
    assert answered == [True, True]
    assert not ports.answers(wanted.postgres_port)
    assert not ports.answers(wanted.redis_port)
    assert list((wanted.var_dir / "log").glob("*.pid")) == []


def test_the_second_start_finds_the_data_of_the_first(wanted: embedded.Servers) -> None:
    with (
        embedded.running(wanted) as addresses,
        psycopg.connect(addresses["DATABASE_URL"], autocommit=True) as connection,
    ):
        connection.execute("CREATE TABLE kept AS SELECT 7 AS it")

    with (
        embedded.running(wanted) as addresses,
        psycopg.connect(addresses["DATABASE_URL"]) as connection,
    ):
        assert connection.execute("SELECT it FROM kept").fetchone() == (7,)


def test_a_start_beside_a_running_one_is_refused_in_one_line(wanted: embedded.Servers) -> None:
    with (
        embedded.running(wanted),
        pytest.raises(
            CannotStart, match=rf"runs already in .* \(process {os.getpid()}\)"
        ) as refusal,
        embedded.running(wanted),
    ):
        pass

    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("busy", "setting", "part"),
    [
        ("postgres_port", "EMBEDDED_POSTGRES_PORT", "PostgreSQL"),
        ("redis_port", "EMBEDDED_REDIS_PORT", "Redis"),
    ],
)
def test_a_busy_port_is_named_with_its_setting_before_anything_starts(
    wanted: embedded.Servers, busy: str, setting: str, part: str
) -> None:
    port = getattr(wanted, busy)
    with (
        socket.create_server((ports.HOST, port)),
        pytest.raises(CannotStart, match=rf"port {port} .*{part}.*{setting}") as refusal,
        embedded.running(wanted),
    ):
        pass

    assert "\n" not in str(refusal.value)
    assert not (wanted.var_dir / "postgres").exists()


def test_two_parts_on_one_port_are_refused() -> None:
    web = ports.Port(number=ports.free_port(), setting="WEB_PORT", part="web")
    flower = ports.Port(number=web.number, setting="FLOWER_PORT", part="Flower")

    with pytest.raises(CannotStart, match="FLOWER_PORT and WEB_PORT are both"):
        ports.refuse_busy([web, flower])


def test_servers_that_the_user_named_are_not_started(tmp_path: Path) -> None:
    given = {"DATABASE_URL": "postgresql://db/byline", "REDIS_HOST": "redis.example"}
    wanted = embedded.Servers.from_environment(given, project=tmp_path)

    with embedded.running(wanted) as addresses:
        assert addresses == {}

    assert sorted(each.name for each in wanted.var_dir.iterdir()) == ["running.lock"]


def test_a_port_that_is_no_number_is_named(tmp_path: Path) -> None:
    with pytest.raises(CannotStart, match="EMBEDDED_REDIS_PORT is 'many'"):
        embedded.Servers.from_environment({"EMBEDDED_REDIS_PORT": "many"}, project=tmp_path)


def test_a_server_that_cannot_start_is_told_with_its_log(wanted: embedded.Servers) -> None:
    with embedded.running(wanted):
        pass
    (wanted.var_dir / "postgres" / "PG_VERSION").write_text("9\n")

    with (
        pytest.raises(CannotStart, match=r"PostgreSQL ended .*postgres\.log.*(?s:.*)9"),
        embedded.running(wanted),
    ):
        pass


def test_the_next_start_stops_what_a_killed_one_left(wanted: embedded.Servers) -> None:
    program = (
        "import sys, time; from pathlib import Path; from local import embedded\n"
        f"wanted = embedded.Servers(var_dir=Path({str(wanted.var_dir)!r}), durable=False, "
        f"postgres_port={wanted.postgres_port}, redis_port={wanted.redis_port})\n"
        "with embedded.running(wanted): print('up', flush=True); time.sleep(600)\n"
    )
    starter = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
    assert starter.stdout is not None
    with starter.stdout as said:
        assert said.readline() == b"up\n"
    orphan = psutil.Process(int((wanted.var_dir / "log" / "postgres.pid").read_text().split()[0]))
    starter.send_signal(signal.SIGKILL)
    starter.wait()
    assert orphan.is_running()

    with embedded.running(wanted):
        assert not orphan.is_running()


def test_a_number_that_belongs_to_another_process_now_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "web.pid").write_text(f"{os.getpid()} 12345.0")

    assert stop_orphans(tmp_path) == []
    assert not (tmp_path / "web.pid").exists()
