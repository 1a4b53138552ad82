"""An operator sees how the bank connection stands, and no secret; nobody edits it."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from oauth_connect.models import (
    BankRegistration,
    CallBudget,
    OauthAuthorization,
    PayerAccount,
    PayerConnection,
)

SECRETS = [
    "certificate_key_pem",
    "private_key_pem",
    "installation_token",
    "api_key",
    "session_token",
    "client_secret",
]
OF_A_PAYER = ["access_token", "private_key_pem", "installation_token", "session_token", "told_secret"]
CANARY = "canary-22f0"
IBAN = "NL73BUNQ0000000012"

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def pages() -> list[str]:
    now = timezone.now()
    registration = BankRegistration.objects.create(api_url="http://bank/", **dict.fromkeys(SECRETS, CANARY))
    authorization = OauthAuthorization.objects.create(
        reference="payment:1",
        state=f"{CANARY}-state",
        code=CANARY,
        created_at=now,
        expires_at=now + timedelta(hours=1),
    )
    budget = CallBudget.objects.create(endpoint="http://bank/ GET drafts")
    connection = PayerConnection.objects.create(
        authorization=authorization,
        created_at=now,
        kept_until=now + timedelta(days=90),
        **dict.fromkeys(OF_A_PAYER, CANARY),
    )
    PayerAccount.objects.create(connection=connection, account_id=1, iban=IBAN)
    found = []
    for row in (registration, authorization, budget, connection):
        listing = f"/admin/oauth_connect/{row._meta.model_name}/"
        found += [listing, f"{listing}{row.pk}/change/"]
    return found


def test_a_superuser_sees_every_page_and_no_secret(pages: list[str]) -> None:
    client = Client()
    client.force_login(User.objects.create_superuser("operator"))
    for page in pages:
        response = client.get(page)
        assert response.status_code == 200, page
        assert CANARY not in response.content.decode(), page
        assert IBAN not in response.content.decode(), page
    assert "NL73 •••• 0012" in response.content.decode()


def test_nothing_can_be_changed_added_or_deleted(pages: list[str]) -> None:
    client = Client()
    client.force_login(User.objects.create_superuser("operator"))
    for page in pages[1::2]:
        assert client.post(page, {"is_active": "", "reference": "x"}).status_code == 403
        assert client.post(page.replace("change", "delete"), {"post": "yes"}).status_code == 403
    for page in pages[::2]:
        assert client.get(f"{page}add/").status_code == 403
    assert BankRegistration.objects.get().is_active


def test_merchants_staff_do_not_see_the_connection(pages: list[str]) -> None:
    client = Client()
    client.force_login(User.objects.create_user("staff", is_staff=True))
    assert {client.get(page).status_code for page in pages} == {403}
