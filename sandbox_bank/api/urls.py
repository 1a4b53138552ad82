"""Every path of the API, without trailing slashes as bunq has it."""

from django.urls import path

from sandbox_bank.api import (
    accounts,
    callback_urls,
    credentials,
    devices,
    draft_payments,
    drafts,
    funds,
    installations,
    notification_failures,
    notification_filters,
    oauth_clients,
    sandbox_users,
    schedules,
    sessions,
    users,
)
from sandbox_bank.api.token import token

_CLIENT = "user/<int:user_id>/oauth-client"
_DRAFT = "user/<int:user_id>/payment-service-provider-draft-payment"
_ACCOUNT = "user/<int:user_id>/monetary-account"
_ONE_ACCOUNT = f"{_ACCOUNT}/<int:account_id>"
_SCHEDULE = f"{_ONE_ACCOUNT}/schedule"
_FILTER = "notification-filter-url"
_CREDENTIAL = "payment-service-provider-credential"

urlpatterns = [
    path("token", token),
    path("installation", installations.Installations.as_view()),
    path(_CREDENTIAL, credentials.Credentials.as_view()),
    path(f"{_CREDENTIAL}/<int:credential_id>", credentials.OneCredential.as_view()),
    path("device-server", devices.Devices.as_view()),
    path("device-server/<int:device_id>", devices.OneDevice.as_view()),
    path("session-server", sessions.Sessions.as_view()),
    path("session/<int:session_id>", sessions.CurrentSession.as_view()),
    path("user", users.Users.as_view()),
    path("user/<int:user_id>", users.OneUser.as_view()),
    path(_CLIENT, oauth_clients.OauthClients.as_view()),
    path(f"{_CLIENT}/<int:client_id>", oauth_clients.OneOauthClient.as_view()),
    path(f"{_CLIENT}/<int:client_id>/callback-url", callback_urls.CallbackUrls.as_view()),
    path(f"{_CLIENT}/<int:client_id>/callback-url/<int:url_id>", callback_urls.OneCallbackUrl.as_view()),
    path(_DRAFT, drafts.Drafts.as_view()),
    path(f"{_DRAFT}/<int:draft_id>", drafts.OneDraft.as_view()),
    path(_ACCOUNT, accounts.Accounts.as_view()),
    path(f"{_ACCOUNT}-bank", accounts.BankAccounts.as_view()),
    path(_ONE_ACCOUNT, accounts.OneAccount.as_view()),
    path(f"{_ONE_ACCOUNT}/request-inquiry", sandbox_users.RequestInquiries.as_view()),
    path(f"{_ONE_ACCOUNT}/draft-payment", draft_payments.DraftPayments.as_view()),
    path(f"{_ONE_ACCOUNT}/draft-payment/<int:draft_id>", draft_payments.OneDraftPayment.as_view()),
    path("user/<int:user_id>/schedule", schedules.UserSchedules.as_view()),
    path(_SCHEDULE, schedules.Schedules.as_view()),
    path(f"{_SCHEDULE}/<int:schedule_id>", schedules.OneSchedule.as_view()),
    path(f"{_SCHEDULE}/<int:schedule_id>/schedule-instance", schedules.Instances.as_view()),
    path(
        f"{_SCHEDULE}/<int:schedule_id>/schedule-instance/<int:instance_id>", schedules.OneInstance.as_view()
    ),
    path(f"{_SCHEDULE}-payment", schedules.ScheduledPayments.as_view()),
    path(f"{_SCHEDULE}-payment/<int:schedule_id>", schedules.OneScheduledPayment.as_view()),
    path("user/<int:user_id>/confirmation-of-funds", funds.ConfirmationOfFunds.as_view()),
    path(f"{_ONE_ACCOUNT}/{_FILTER}", notification_filters.NotificationFilters.as_view()),
    path(f"user/<int:user_id>/{_FILTER}", notification_filters.NotificationFilters.as_view()),
    path(
        "user/<int:user_id>/notification-filter-failure",
        notification_failures.NotificationFailures.as_view(),
    ),
    path("sandbox-user-person", sandbox_users.SandboxPerson.as_view()),
    path("sandbox-user-company", sandbox_users.SandboxCompany.as_view()),
]
