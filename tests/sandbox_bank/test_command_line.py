"""Starting, stopping and starting again."""

import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from tests.banks import ROOT, SandboxBank
from tests.sandbox_bank.provider import Provider


def run(*words: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "sandbox_bank", *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


def test_a_taken_port_is_one_line_and_leaves_no_folder(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ended = run("--port", str(port), "--data", str(tmp_path / "bank"))
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == f"sandbox bank: cannot use 127.0.0.1:{port}: Address already in use\n"
    assert not (tmp_path / "bank").exists()


@pytest.mark.parametrize("words", [["--limits", "GET=3"], ["--port", "70000"], ["--port", "x"]])
def test_words_that_make_no_sense_are_said_so(tmp_path: Path, words: list[str]) -> None:
    ended = run("--data", str(tmp_path / "bank"), *words)
    assert ended.returncode == 2
    assert "error: " in ended.stderr


def test_without_the_option_there_is_no_back_door(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sandbox_bank", "--port", "0", "--data", str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        ready = process.stdout.readline()
        try:
            assert ready.startswith("sandbox bank ready on http://127.0.0.1:")
            assert "(limits strict)" in ready
            url = ready.split()[4]
            assert requests.get(f"{url}/_control/state", timeout=10).status_code == 404
            assert "closed" in requests.get(url, timeout=10).text
        finally:
            process.terminate()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_a_bank_that_was_stopped_anyhow_remembers_everything(tmp_path: Path, how: signal.Signals) -> None:
    bank = SandboxBank(tmp_path).start()
    provider = Provider(bank).register().connect()
    try:
        draft = provider.place()
        bank.advance_clock(1000)
        before = bank.state()
        bank.stop(how)
        provider.http.close()
        bank.start()
        after = bank.state()
        assert provider.read(draft)["status"] == "PENDING"
        assert (after["people"], after["drafts"]) == (before["people"], before["drafts"])
        assert after["now"] > before["now"]
    finally:
        bank.stop()
        provider.close()


def test_the_data_folder_is_for_its_owner_alone_and_the_seed_comes_once(tmp_path: Path) -> None:
    data = tmp_path / "bank"
    with SandboxBank(data) as bank:
        people = {person["name"]: person["accounts"] for person in bank.state()["people"]}
    assert people["S. Hopper"][0]["iban"] == "NL73BUNQ0000000012"
    assert people["S. Hopper"][1]["iban"] == "NL49BUNQ0000000056"
    assert people["Demo Shop BV"][0]["iban"] == "NL61BUNQ0000000034"
    assert people["P. Penniless"][0]["balance"] == "3.50"
    assert len(people["A. Lovelace"]) == 3
    assert (data / "secret_key").stat().st_mode & 0o077 == 0
    with SandboxBank(data) as bank:
        assert len(bank.state()["people"]) == len(people)
