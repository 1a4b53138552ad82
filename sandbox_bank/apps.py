from django.apps import AppConfig


class SandboxBankConfig(AppConfig):
    name = "sandbox_bank"
    verbose_name = "Sandbox bank"
