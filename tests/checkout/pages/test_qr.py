"""The QR code on the page is the authorization URL, with white around it, and small."""

import base64
import hashlib
import re

import numpy
import pytest
import qrcode
import zxingcpp
from django.test import Client
from PIL import Image, ImageDraw
from qrcode.util import lost_point

from checkout.qr import _MASK, QUIET_ZONE, qr_code
from tests.checkout.pages.states import order, payment, register

_RUN = re.compile(r"M(\d+) (\d+)h(\d+)v1H\d+z")


def drawn(size: int, path: str, scale: int = 4) -> Image.Image:
    """The picture as a browser would paint it."""
    picture = Image.new("L", (size * scale, size * scale), 255)
    pen = ImageDraw.Draw(picture)
    for x, y, length in (map(int, run) for run in _RUN.findall(path)):
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
    picture = re.search(r'<svg id="qr"[^>]*viewBox="0 0 (\d+) \d+".*?fill="#000" d="([^"]+)"', page)
    assert url
    assert picture
    assert read(drawn(int(picture[1]), picture[2])) == url[1].replace("&amp;", "&")


@pytest.mark.django_db
def test_there_is_white_around_it_whatever_the_colours_of_the_page(client: Client) -> None:
    code = qr_code("https://bank.example/auth?state=x")
    edge = numpy.asarray(drawn(code.size, code.path, scale=1))
    assert edge[:QUIET_ZONE].min() == edge[:, :QUIET_ZONE].min() == 255
    assert edge[-QUIET_ZONE:].min() == edge[:, -QUIET_ZONE:].min() == 255
    register()
    made = order()
    payment(made, "pending")
    assert '<path fill="#fff" d="M0 0h' in client.get(made.get_absolute_url()).content.decode()


def test_it_is_small_and_made_once() -> None:
    url = "https://oauth.bunq.example/auth?" + "a" * 220
    assert len(qr_code(url).path) < 15_000
    assert qr_code(url) is qr_code(url)


@pytest.mark.parametrize("number", range(5))
def test_its_mask_is_as_good_as_any_by_the_standards_own_measure(number: int) -> None:
    state = base64.urlsafe_b64encode(hashlib.sha256(bytes([number])).digest()).decode().rstrip("=")
    url = f"https://oauth.bunq.example/auth?response_type=code&client_id={'c0ffee42' * 8}&state={state}"
    penalties = []
    for mask in range(8):
        code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_L, mask_pattern=mask)
        code.add_data(url, optimize=0)
        code.make(fit=True)
        penalties.append(lost_point(code.modules))
    assert penalties[_MASK] <= 1.1 * min(penalties)
