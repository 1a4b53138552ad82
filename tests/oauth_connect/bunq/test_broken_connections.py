"""Whether a request that failed may be sent again: only if no byte of it left."""

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from oauth_connect.bunq.certificate import make_sandbox_certificate
from oauth_connect.bunq.client import BunqClient
from oauth_connect.bunq.errors import BunqError, NotSent, OutcomeUnknown
from oauth_connect.bunq.types import Access
from tests.oauth_connect.bunq import answers_of_bunq as bunq
from tests.oauth_connect.bunq import calls
from tests.oauth_connect.bunq.hostile_bank import Answer, Handler, HostileBank, Play, head
from tests.waiting import wait_until

CREATED = Answer({"Response": [{"Id": {"id": 70001}}]})
DRAFT = Answer({"Response": [bunq.draft()]})


def impatient(url: str, *, connect_timeout_s: float = 0.3, read_timeout_s: float = 0.3) -> BunqClient:
    return BunqClient(url, connect_timeout_s=connect_timeout_s, read_timeout_s=read_timeout_s)


def error_of(client: BunqClient, access: Access, name: str = "create_draft") -> BunqError:
    with pytest.raises(BunqError) as caught:
        calls.ALL[name](client, access)
    client.close()
    return caught.value


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port whose queue is full: it neither accepts nor refuses."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]
        for one in waiting:
            one.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def test_refused_connection_means_not_sent(access: Access) -> None:
    for name in calls.ALL:
        assert type(error_of(impatient(f"http://127.0.0.1:{free_port()}/v1/"), access, name)) is NotSent


def test_unknown_host_means_not_sent(access: Access) -> None:
    assert type(error_of(impatient("http://nowhere.invalid/v1/"), access)) is NotSent


def test_host_that_is_no_name_means_not_sent(access: Access) -> None:
    for url in (
        "http://a..b/v1/",
        "http://.example/v1/",
        f"http://{'a' * 300}/v1/",
        "http://127.0.0.1:99999/v1/",
    ):
        assert type(error_of(impatient(url), access)) is NotSent, url


def test_connection_that_is_not_accepted_in_time_means_not_sent(access: Access, silent_port: int) -> None:
    assert type(error_of(impatient(f"http://127.0.0.1:{silent_port}/v1/"), access)) is NotSent


def test_token_that_cannot_stand_in_a_header_means_not_sent(
    client: BunqClient, bank: HostileBank, our_key: str
) -> None:
    bank.will(CREATED)
    for token in ("a\r\nX-Evil: 1", "\u20ac", " leading"):
        broken = Access(private_key_pem=our_key, server_public_key_pem="", token=token)
        assert type(error_of(client, broken)) is NotSent
    assert bank.seen == []


def test_speaking_tls_to_a_plain_bank_means_not_sent(access: Access, bank: HostileBank) -> None:
    bank.will(CREATED)
    assert type(error_of(impatient(f"https://127.0.0.1:{bank.port}/v1/"), access)) is NotSent
    assert bank.seen == []


def test_certificate_that_nobody_vouches_for_means_not_sent(access: Access, tmp_path: Path) -> None:
    certificate, key = make_sandbox_certificate("Not the bank")
    (tmp_path / "cert.pem").write_text(certificate + key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert.pem")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        heard: list[bytes] = []

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                try:
                    with context.wrap_socket(connection, server_side=True) as secured:
                        heard.append(secured.recv(1024))
                except OSError:
                    return

        thread = threading.Thread(target=serve)
        thread.start()
        client = impatient(f"https://127.0.0.1:{listener.getsockname()[1]}/v1/", read_timeout_s=2)
        assert type(error_of(client, access)) is NotSent
        thread.join()
        assert b"".join(heard) == b""


def partly(raw: bytes, *, then: str) -> Play:
    """Answers with some bytes, then ends the connection in one way or another."""

    def play(handler: Handler) -> None:
        handler.write(raw)
        {"close": handler.hang_up, "reset": handler.reset, "silence": handler.wait_for_client_to_leave}[
            then
        ]()

    return play


BEGINNINGS = {
    "nothing": b"",
    "half a status line": b"HTTP/1.1 20",
    "half the headers": b"HTTP/1.1 200 OK\r\nContent-Le",
    "headers without the body": head(200, {"Content-Length": "100"}),
    "half the body": head(200, {"Content-Length": "100"}) + b'{"Response"',
    "half a chunk": head(200, {"Transfer-Encoding": "chunked"}) + b'b\r\n{"Resp',
    "no last chunk": head(200, {"Transfer-Encoding": "chunked"}) + b"2\r\n{}\r\n",
}


@pytest.mark.parametrize("then", ["close", "reset", "silence"])
@pytest.mark.parametrize("beginning", BEGINNINGS)
def test_answer_that_breaks_off_leaves_the_outcome_unknown(
    beginning: str, then: str, access: Access, bank: HostileBank
) -> None:
    bank.will(partly(BEGINNINGS[beginning], then=then))
    assert type(error_of(impatient(bank.api_url), access)) is OutcomeUnknown
    # On a busy machine the client may have given up before the bank came to reading.
    wait_until(lambda: len(bank.seen) >= 1)
    assert len(bank.seen) == 1


NONSENSE = {
    "not HTTP": b"220 mail.example ESMTP\r\n",
    "binary": bytes(range(256)) * 8,
    "no such version": b"HTTP/9.9 200 OK\r\n\r\n",
    "status is a word": b"HTTP/1.1 OK\r\n\r\n",
    "status is negative": b"HTTP/1.1 -20 OK\r\n\r\n",
    "status is huge": b"HTTP/1.1 99999 OK\r\n\r\n",
    "header without end": b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000,
    "thousands of headers": b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 5000 + b"\r\n",
    "two lengths": head(200, {"Content-Length": "5, 7"}) + b"{}",
    "length is a word": head(200, {"Content-Length": "many"}) + b"{}",
    "length is negative": head(200, {"Content-Length": "-1"}) + b"{}",
    "chunk size is a word": head(200, {"Transfer-Encoding": "chunked"}) + b"zz\r\n{}\r\n0\r\n\r\n",
    "chunk size is negative": head(200, {"Transfer-Encoding": "chunked"}) + b"-5\r\n{}\r\n0\r\n\r\n",
    "chunk size is huge": head(200, {"Transfer-Encoding": "chunked"}) + b"f" * 40 + b"\r\n{}\r\n",
    "endless interim answers": b"HTTP/1.1 100 Continue\r\n\r\n" * 3,
}


@pytest.mark.parametrize("what", NONSENSE)
def test_answer_that_is_no_http_leaves_the_outcome_unknown(
    what: str, access: Access, bank: HostileBank
) -> None:
    bank.will(partly(NONSENSE[what], then="close"))
    for name in ("create_draft", "read_draft"):
        assert type(error_of(impatient(bank.api_url), access, name)) is OutcomeUnknown


@pytest.mark.parametrize(
    "start",
    [
        b"",
        head(200, {"Content-Length": "1000"}),
        head(200, {"Transfer-Encoding": "chunked"}),
        head(200, {"Connection": "close"}),
    ],
    ids=["headers", "body", "chunks", "body without a length"],
)
def test_answer_that_drips_is_cut_off_when_the_time_is_over(
    start: bytes, access: Access, bank: HostileBank
) -> None:
    """Each byte comes well within the read timeout; only the bound on the whole ends it."""

    def drip(handler: Handler) -> None:
        handler.write(start)
        while not handler.close_connection and not bank.closing.wait(0.05):
            handler.write(b"1")

    bank.will(drip)
    started = time.monotonic()
    error = error_of(impatient(bank.api_url), access)
    assert type(error) is OutcomeUnknown
    assert "took too long" in str(error)
    assert time.monotonic() - started < 6


def test_slow_bank_is_waited_for_within_the_time(access: Access, bank: HostileBank) -> None:
    def slow(handler: Handler) -> None:
        bank.closing.wait(0.3)
        handler.give(CREATED)

    bank.will(slow)
    client = impatient(bank.api_url, read_timeout_s=5)
    assert calls.SIGNED["create_draft"](client, access) == 70001
    client.close()


def close_after(answer: Answer) -> Play:
    """Answers, then closes the kept connection without having said so."""

    def play(handler: Handler) -> None:
        handler.give(answer)
        handler.hang_up()

    return play


def drop(handler: Handler) -> None:
    """Takes the request, and closes instead of answering."""
    handler.hang_up()


def test_read_on_a_kept_connection_that_turns_out_closed_is_repeated_once(
    client: BunqClient, access: Access, bank: HostileBank
) -> None:
    bank.will(DRAFT, drop, DRAFT)
    client.read_draft(access, 9001, 70001)
    assert client.read_draft(access, 9001, 70001).id == 70001
    assert len(bank.seen) == 3


def test_read_is_not_repeated_twice(client: BunqClient, access: Access, bank: HostileBank) -> None:
    bank.will(DRAFT, drop)
    client.read_draft(access, 9001, 70001)
    assert type(error_of(client, access, "read_draft")) is OutcomeUnknown
    assert len(bank.seen) == 3


def test_read_on_a_new_connection_is_not_repeated(
    client: BunqClient, access: Access, bank: HostileBank
) -> None:
    bank.will(drop)
    assert type(error_of(client, access, "read_draft")) is OutcomeUnknown
    assert len(bank.seen) == 1


@pytest.mark.parametrize("name", ["create_draft", "cancel_draft", "create_session", "end_session"])
def test_write_on_a_kept_connection_that_turns_out_closed_is_never_repeated(
    name: str, client: BunqClient, access: Access, bank: HostileBank
) -> None:
    bank.will(DRAFT, drop)
    client.read_draft(access, 9001, 70001)
    assert type(error_of(client, access, name)) is OutcomeUnknown
    assert len(bank.seen) == 2


def test_read_that_timed_out_is_not_repeated(access: Access, bank: HostileBank) -> None:
    bank.will(DRAFT, Handler.wait_for_client_to_leave)
    client = impatient(bank.api_url, read_timeout_s=3)  # the first answer has to come on a busy machine, too
    client.read_draft(access, 9001, 70001)
    assert type(error_of(client, access, "read_draft")) is OutcomeUnknown
    assert len(bank.seen) == 2


def test_connection_closed_between_two_calls_is_noticed_before_sending(
    client: BunqClient, access: Access, bank: HostileBank
) -> None:
    bank.will(close_after(CREATED), CREATED)
    calls.SIGNED["create_draft"](client, access)
    wait_until(lambda: bank.ended == 1, what="the bank closed the connection")
    assert calls.SIGNED["create_draft"](client, access) == 70001
    assert len(bank.seen) == 2


def test_call_after_a_failure_works(client: BunqClient, access: Access, bank: HostileBank) -> None:
    for beginning in BEGINNINGS.values():
        bank.will(partly(beginning, then="close"), CREATED)
        with pytest.raises(OutcomeUnknown):
            calls.SIGNED["create_draft"](client, access)
        assert calls.SIGNED["create_draft"](client, access) == 70001


def test_late_answer_is_never_taken_for_the_answer_to_the_next_call(
    access: Access, bank: HostileBank
) -> None:
    release = threading.Event()

    def late(handler: Handler) -> None:
        release.wait(30)
        handler.give(Answer({"Response": [{"Id": {"id": 66666}}]}))

    client = impatient(bank.api_url, read_timeout_s=3)
    bank.will(late, CREATED)
    with pytest.raises(OutcomeUnknown):
        calls.SIGNED["create_draft"](client, access)
    release.set()
    assert calls.SIGNED["create_draft"](client, access) == 70001
    client.close()


def test_threads_do_not_share_connections_and_do_not_mix_answers(
    client: BunqClient, access: Access, bank: HostileBank
) -> None:
    def own_draft(handler: Handler) -> None:
        handler.give(Answer({"Response": [bunq.draft(id=int(handler.path.rsplit("/", 1)[1]))]}))

    bank.will(own_draft)
    failures: list[int] = []

    def read(draft_id: int) -> None:
        for _ in range(10):
            if client.read_draft(access, 9001, draft_id).id != draft_id:
                failures.append(draft_id)

    threads = [threading.Thread(target=read, args=(number,)) for number in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(bank.seen) == 80
    assert len({seen.connection for seen in bank.seen}) == 8


def test_closing_ends_the_kept_connections(client: BunqClient, access: Access, bank: HostileBank) -> None:
    ended = threading.Event()

    def watch(handler: Handler) -> None:
        handler.give(CREATED)
        handler.wait_for_client_to_leave()
        ended.set()

    bank.will(watch)
    calls.SIGNED["create_draft"](client, access)
    assert not ended.is_set()
    client.close()
    wait_until(ended.is_set, what="the connection was closed")
