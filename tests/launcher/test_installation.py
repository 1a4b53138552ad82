"""A whole installation starts from an empty folder, survives its parts, and leaves nothing behind."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from launcher.installation import Installation, answers
from launcher.processes import ROOT, LauncherError, free_ports
from launcher.rehearsal.people import order_in_demo_shop
from launcher.rehearsal.visitor import Visitor
from tests.launcher.test_processes import is_alive
from tests.waiting import wait_until

pytestmark = pytest.mark.slow


def test_shop_admin_and_bank_answer(kassa: Installation) -> None:
    for url in (kassa.shop_url, kassa.admin_url, f"{kassa.bank_url}/", f"{kassa.url}/healthz"):
        assert answers(url), url


def test_the_printed_login_opens_the_admin(kassa: Installation) -> None:
    with requests.Session() as http:
        http.trust_env = False
        page = http.get(kassa.admin_url, timeout=20)
        login = {
            "username": "admin",
            "password": kassa.secrets.admin_password,
            "csrfmiddlewaretoken": http.cookies["csrftoken"],
        }
        inside = http.post(page.url, data=login, headers={"Referer": page.url}, timeout=20)
        assert inside.url == kassa.admin_url
        assert "Log out" in inside.text


def test_secrets_and_logs_stay_in_the_folder(kassa: Installation) -> None:
    assert (kassa.folder / "secrets.json").stat().st_mode & 0o777 == 0o600
    for log in (kassa.folder / "logs").iterdir():
        written = log.read_text()
        assert kassa.secrets.secret_key not in written
        assert kassa.secrets.encryption_key not in written


def test_a_killed_shop_can_be_started_again(kassa: Installation) -> None:
    kassa.web.kill()
    assert not answers(f"{kassa.url}/healthz")
    assert kassa.dead() is kassa.web
    kassa.web.start()
    kassa.wait_until_ready()
    assert kassa.dead() is None


def test_a_second_one_in_the_same_folder_is_told_so(kassa: Installation) -> None:
    with pytest.raises(LauncherError, match="another Kassa is running"), Installation(kassa.folder):
        raise AssertionError("it started")
    assert answers(f"{kassa.url}/healthz")


def test_a_taken_port_is_a_clear_message_before_anything_starts(tmp_path: Path) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        done = subprocess.run(
            [sys.executable, "-m", "launcher", "demo"],
            cwd=ROOT,
            env={**os.environ, "PORT": str(port), "DATA": str(tmp_path)},
            capture_output=True,
            text=True,
            timeout=60,
        )
    assert done.returncode == 1
    assert f"port {port} is taken by another program" in done.stderr
    assert not (tmp_path / "logs").exists()


class Demo:
    """`make demo` without make, in a folder of its own; may be started again."""

    def __init__(self, folder: Path) -> None:
        self.port, self.bank_port = free_ports(2)
        self.folder, self.output = folder, folder / "output"

    def start(self) -> None:
        ports = {"PORT": str(self.port), "BANK_PORT": str(self.bank_port), "DATA": str(self.folder)}
        with self.output.open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "launcher", "demo"],
                cwd=ROOT,
                env={**os.environ, **ports},
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        self.wait_until_ready()

    def wait_until_ready(self) -> None:
        wait_until(
            lambda: "Kassa is ready" in self.output.read_text(), timeout_s=300, what="the demo is ready"
        )

    def children(self) -> list[int]:
        """All processes below it, by their parents in /proc."""
        parents = {}
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                parents[int(stat.parent.name)] = int(stat.read_text().rsplit(")", 1)[1].split()[1])
            except (FileNotFoundError, ProcessLookupError):
                continue
        found, level = [], [self.process.pid]
        while level:
            level = [pid for pid, parent in parents.items() if parent in level]
            found += level
        return found

    def end(self, how: signal.Signals) -> int:
        self.process.send_signal(how)
        return self.process.wait(90)


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    made = Demo(tmp_path)
    made.start()
    yield made
    made.process.kill()
    made.process.wait()


def test_demo_says_what_it_does_and_where_things_are(demo: Demo) -> None:
    said = demo.output.read_text()
    assert "preparing the database" in said
    for address in (
        f"127.0.0.1:{demo.port}/shop/",
        f"127.0.0.1:{demo.port}/admin/",
        f"127.0.0.1:{demo.bank_port}/",
    ):
        assert address in said
    children = demo.children()
    assert len(children) >= 3

    # Killed without a chance to tidy up, it leaves nothing behind.
    demo.end(signal.SIGKILL)
    wait_until(lambda: not any(is_alive(pid) for pid in children), timeout_s=30)


def test_ctrl_c_stops_all_of_it_and_a_second_run_finds_the_old_orders(demo: Demo) -> None:
    with Visitor() as visitor:
        order = order_in_demo_shop(visitor, f"http://127.0.0.1:{demo.port}")
    children = demo.children()
    assert demo.end(signal.SIGINT) == 0
    assert not any(is_alive(pid) for pid in children)

    demo.start()
    with Visitor() as visitor:
        assert visitor.open(order).state == "form"
    assert demo.end(signal.SIGTERM) == 0
