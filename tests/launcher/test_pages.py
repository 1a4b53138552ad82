"""The rehearsal reads pages as a browser without JavaScript does."""

import pytest

from launcher.rehearsal.pages import read_page

HTML = """<!doctype html><title>Not text</title><script>var a = "<p>no</p>"</script>
<article data-state="waiting"><p>Amount  &euro;12,50</p>
<dl><dt>From <dd>S. <b>Hopper</b></dd></dl></article>
<a href="/orders/abc/">Your <b>order</b></a>
<form action="pay" method="post"><input type="hidden" name="csrf" value="x1"><input name="iban">
<input type="checkbox" name="remember" value="yes"><input type="radio" name="how" value="a">
<input type="radio" name="how" value="b" checked>
<select name="lang"><option value="en">English<option value="nl" selected>Dutch</select>
<textarea name="note"></textarea><button name="finish" value="stay" id="f1">Close <i>now</i></button>
<button name="finish" value="return">Go back</button></form>
<form action="/search"><input name="q"></form>"""


def test_reads_text_links_and_forms() -> None:
    page = read_page("http://shop.test/orders/abc/", 200, HTML)
    assert page.text.startswith("Amount €12,50 From S. Hopper Your order")
    assert "Not text" not in page.text
    assert page.link_to("/orders/") == "http://shop.test/orders/abc/"
    assert page.state == "waiting"
    assert page.facts == {"From": "S. Hopper"}
    form, button = page.form_with("return")
    assert form.action == "http://shop.test/orders/abc/pay"
    assert form.values == {"csrf": "x1", "iban": "", "how": "b", "lang": "nl", "note": ""}
    assert button is not None
    assert (button.name, button.value, button.text) == ("finish", "return", "Go back")


def test_reads_what_a_page_says_first_and_what_it_marks() -> None:
    page = read_page(
        "http://shop.test/",
        200,
        """<h1 id="headline">Paid. <b>Thank</b> you!</h1><p class="lead">All <strong>done</strong>.</p><p>More.</p>
        <ul><li data-standing="missed"><span>1 May</span> Missed</li><li data-standing="paid">Paid</li></ul>
        <p class="refund" data-refund="sent">All went back.</p>""",
    )
    assert page.words() == "Paid. Thank you! | All done ."
    assert page.marks("instalment") == ["missed", "paid"]
    assert [said.text for said in page.said if said.kind == "refund"] == ["All went back."]


def test_finds_a_form_by_its_field_and_a_button_by_its_text() -> None:
    page = read_page("http://shop.test/", 200, HTML)
    assert page.form_with("q")[0].method == "get"
    found = page.form_with("close now")[1]
    assert found is not None
    assert found.id == "f1"


def test_says_which_page_lacks_what_was_looked_for() -> None:
    page = read_page("http://shop.test/", 200, HTML)
    with pytest.raises(LookupError, match=r"no form with 'accept' on http://shop\.test/"):
        page.form_with("accept")
    with pytest.raises(LookupError, match="no link"):
        page.link_to("/receipt")
