"""A page as somebody without JavaScript meets it: its text, its links and its forms."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin

_SILENT = frozenset({"script", "style", "svg", "template", "title"})
_FIELDS = frozenset({"input", "select", "textarea"})
# What a page says in its own words, by the attribute that marks it.
_SAID = {"data-standing": "instalment", "data-refund": "refund"}


@dataclass
class Button:
    """`facts` are the page's facts as they stand above the button: the last one of each name."""

    text: str
    name: str = ""
    value: str = ""
    id: str = ""
    facts: dict[str, str] = field(default_factory=dict)


@dataclass
class Form:
    """`values` are what the browser would send unasked: hidden fields, preset texts, checked boxes."""

    action: str
    method: str
    id: str = ""
    values: dict[str, str] = field(default_factory=dict)
    names: list[str] = field(default_factory=list)
    buttons: list[Button] = field(default_factory=list)

    def button(self, wanted: str) -> Button | None:
        """The button whose name, id, value or text is, or whose text contains, what is wanted."""
        for button in self.buttons:
            if wanted in {button.name, button.id, button.value}:
                return button
        return next((button for button in self.buttons if wanted.lower() in button.text.lower()), None)


@dataclass
class Link:
    href: str
    text: str = ""
    id: str = ""


@dataclass
class Said:
    """A heading, a leading sentence, an instalment or a refund, as the page tells it; `mark` is how it marks it."""

    kind: str
    mark: str = ""
    text: str = ""


@dataclass
class Page:
    url: str
    status: int
    text: str = ""
    state: str = ""  # what the page says in `data-state`
    said: list[Said] = field(default_factory=list)
    facts: dict[str, str] = field(default_factory=dict)  # its description lists
    links: list[Link] = field(default_factory=list)
    forms: list[Form] = field(default_factory=list)

    def form_with(self, wanted: str) -> tuple[Form, Button | None]:
        """The form that has such a button, such a field, or an action that ends so; LookupError if none."""
        for form in self.forms:
            if (button := form.button(wanted)) is not None:
                return form, button
        for form in self.forms:
            if wanted in form.names or form.action.rstrip("/").endswith(wanted):
                return form, (form.buttons[0] if form.buttons else None)
        raise LookupError(f"no form with {wanted!r} on {self.url} ({self.excerpt()})")

    def buttons_named(self, prefix: str) -> list[Button]:
        return [button for form in self.forms for button in form.buttons if button.name.startswith(prefix)]

    def link_to(self, part: str) -> str:
        """The address of the first link whose id is `part`, or whose address contains it; LookupError if none."""
        for link in self.links:
            if part == link.id or part in link.href:
                return link.href
        raise LookupError(f"no link to {part!r} on {self.url} ({self.excerpt()})")

    def link_like(self, pattern: str) -> str:
        """The address of the first link that matches the regular expression; LookupError if none."""
        for link in self.links:
            if re.search(pattern, link.href):
                return link.href
        raise LookupError(f"no link like {pattern!r} on {self.url} ({self.excerpt()})")

    def words(self) -> str:
        """What somebody reads first: the heading, then the leading sentences."""
        headline = next((said.text for said in self.said if said.kind == "headline"), "")
        leads = " ".join(said.text for said in self.said if said.kind == "lead")
        return f"{headline} | {leads}" if leads else headline

    def marks(self, kind: str) -> list[str]:
        return [said.mark for said in self.said if said.kind == kind]

    def excerpt(self) -> str:
        return self.text[:300]


class _Reader(HTMLParser):
    def __init__(self, page: Page) -> None:
        super().__init__(convert_charrefs=True)
        self.page = page
        self._words: list[str] = []
        self._silent = 0
        self._form: Form | None = None
        self._link: Link | None = None
        self._button: Button | None = None
        self._select = ""
        self._term: list[str] | None = None
        self._fact: list[str] | None = None
        self._said: tuple[str, Said] | None = None  # the tag that ends it

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.page.state = self.page.state or given.get("data-state", "")
        self._perhaps_said(tag, given)
        if tag in _SILENT:
            self._silent += 1
        elif tag == "dt":
            self._term, self._fact = [], None
        elif tag == "dd":
            self._fact = []
        elif tag == "a" and "href" in given:
            self._link = Link(urljoin(self.page.url, given["href"]), id=given.get("id", ""))
            self.page.links.append(self._link)
        elif tag == "form":
            action = urljoin(self.page.url, given.get("action", ""))
            self._form = Form(action, given.get("method", "get").lower(), id=given.get("id", ""))
            self.page.forms.append(self._form)
        elif self._form is not None:
            self._part_of_form(self._form, tag, given)

    def _perhaps_said(self, tag: str, given: dict[str, str]) -> None:
        marked = next((name for name in _SAID if name in given), "")
        if marked:
            said = Said(_SAID[marked], given[marked])
        elif tag == "h1":
            said = Said("headline")
        elif tag == "p" and "lead" in given.get("class", "").split():
            said = Said("lead")
        else:
            return
        self._said = (tag, said)
        self.page.said.append(said)

    def _part_of_form(self, form: Form, tag: str, given: dict[str, str]) -> None:
        name, value, kind = given.get("name", ""), given.get("value", ""), given.get("type", "text").lower()
        if tag == "button" or (tag == "input" and kind == "submit"):
            text, above = (value if tag == "input" else ""), dict(self.page.facts)
            self._button = Button(text, name, value, given.get("id", ""), above)
            form.buttons.append(self._button)
        elif tag == "option" and self._select and (self._select not in form.values or "selected" in given):
            form.values[self._select] = value
        elif tag in _FIELDS and name:
            form.names.append(name)
            if tag == "select":
                self._select = name
            elif kind not in {"checkbox", "radio"} or "checked" in given:
                form.values[name] = value

    def handle_endtag(self, tag: str) -> None:
        if self._said is not None and self._said[0] == tag:
            self._said = None
        if tag in _SILENT:
            self._silent -= 1
        elif tag == "dd" and self._term and self._fact is not None:
            self.page.facts[" ".join(self._term)] = " ".join(self._fact)
            self._term = self._fact = None
        elif tag == "a":
            self._link = None
        elif tag == "button":
            self._button = None
        elif tag == "select":
            self._select = ""
        elif tag == "form":
            self._form = None

    def handle_data(self, data: str) -> None:
        words = " ".join(data.split())
        if not words or self._silent:
            return
        self._words.append(words)
        described = self._term if self._fact is None else self._fact
        if described is not None:
            described.append(words)
        for holder in (self._link, self._button, self._said and self._said[1]):
            if holder is not None:
                holder.text = f"{holder.text} {words}".strip()

    def finish(self) -> Page:
        self.close()
        self.page.text = " ".join(self._words)
        return self.page


def read_page(url: str, status: int, html: str) -> Page:
    reader = _Reader(Page(url, status))
    reader.feed(html)
    return reader.finish()
