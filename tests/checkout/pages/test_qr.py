"""The QR picture is the authorization URL, with white around it, and small."""

import io
import re

import numpy
import pytest
import zxingcpp
from django.test import Client
from PIL import Image, ImageDraw

from checkout.views.qr import QUIET_ZONE, qr_svg
from tests.checkout.pages.states import order, payment, register

_RUN = re.compile(r"M(\d+) (\d+)h(\d+)v1H\d+z")


def drawn(svg: str, scale: int = 4) -> Image.Image:
    """The picture as a browser would paint it."""
    size = int(re.search(r'viewBox="0 0 (\d+)', svg)[1])  # type: ignore[index]  # a missing one fails the test
    picture = Image.new("L", (size * scale, size * scale), 255)
    pen = ImageDraw.Draw(picture)
    for x, y, length in (map(int, run) for run in _RUN.findall(svg)):
        pen.rectangle((x * scale, y * scale, (x + length) * scale - 1, (y + 1) * scale - 1), fill=0)
    return picture


def read(picture: Image.Image) -> str:
    found = zxingcpp.read_barcodes(numpy.asarray(picture))
    assert len(found) == 1
    return str(found[0].text)


@pytest.mark.django_db
def test_an_independent_reader_finds_the_authorization_url(client: Client) -> None:
    register()
    made = order()
    payment(made, "pending")
    page = client.get(made.get_absolute_url()).content.decode()
    url = re.search(r'id="open-bunq"[^>]*href="([^"]+)"', page)
    picture = re.search(r'id="qr" src="([^"]+)"', page)
    assert url
    assert picture
    answer = client.get(picture[1])
    assert answer["Content-Type"] == "image/svg+xml"
    assert "no-store" in answer["Cache-Control"]
    assert read(drawn(answer.content.decode())) == url[1].replace("&amp;", "&")


def test_there_is_white_around_it_also_on_a_dark_page() -> None:
    picture = drawn(qr_svg("https://bank.example/auth?state=x"), scale=1)
    edge = numpy.asarray(picture)
    assert edge[:QUIET_ZONE].min() == edge[:, :QUIET_ZONE].min() == 255
    assert edge[-QUIET_ZONE:].min() == edge[:, -QUIET_ZONE:].min() == 255
    assert 'fill="#fff"' in qr_svg("x")


def test_it_is_small_and_made_once() -> None:
    url = "https://oauth.bunq.example/auth?" + "a" * 220
    assert len(io.BytesIO(qr_svg(url).encode()).getvalue()) < 15_000
    assert qr_svg(url) is qr_svg(url)
