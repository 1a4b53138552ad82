"""What a payer agrees to who approves once and lets bunq pay by its schedule, in words. Pure."""


def paragraphs(*, merchant: str, account_holder: str, hour: int, zone: str) -> list[str]:
    """What differs from a plan whose payments are approved one by one."""
    return [
        "You approve once: ONE approval in your bunq app covers the whole series. From then on bunq sends each "
        f"payment to {account_holder} by itself, without asking you again.",
        f"bunq sends each payment on its date at about {hour:02}:00 ({zone}); the hour may be off, for example when "
        "clocks change. If you approve only after the first date, the series begins with the next one.",
        "Kassa cannot collect anything. It asks bunq whether each payment was sent. Where bunq does not tell, "
        f"{merchant} looks at its own account; until then a payment is shown as unconfirmed, and you should not pay it "
        "another way.",
        "You can ask to stop on this page at any time. Kassa then asks bunq to stop, and may not be able to. So stop "
        "the scheduled payment in your bunq app, too; until it is stopped there, bunq may go on paying.",
        f"Neither {merchant} nor Kassa can pause the series or change its amount. For another amount this plan is "
        "stopped, and you agree to a new one.",
        "To ask your bank, Kassa keeps the access to your bunq account that you give next, encrypted. It can read "
        "your name and IBANs and prepare payments; it cannot pay. It is destroyed when the plan is over and it is "
        "clear what became of each payment, and you can remove it in the bunq app. That does not stop the series.",
    ]


def reminder(*, amount: str, account_holder: str, title: str, when: str) -> str:
    """The mail before a date."""
    return (
        f"Hello,\n\non {when}, bunq should send\n"
        f"{amount} to {account_holder} for {title}.\n\n"
        "You approved this series once in your bunq app, so nothing is asked of you now.\n"
        "You do not need a link for that, and nobody will ask you for a code.\n\n"
    )


def still_to_be_stopped(*, amount: str, account_holder: str, title: str, when: str, shown_as: str) -> str:
    """The mail before a date of a series that somebody wants stopped, and that bunq may pay all the same."""
    return (
        f"Hello,\n\nyour plan for {title} is to be stopped, but bunq does not show us that it is.\n"
        f"On {when}, it may send\n{amount} to {account_holder}.\n\n"
        "If you have not done so yet, stop the scheduled payment in your bunq app. It is named:\n"
        f"{shown_as}\n\n"
    )


def cannot_be_seen(*, title: str, merchant: str, shown_as: str, url: str) -> str:
    """The mail after the payer's connection ended before it was read whether they approved the series."""
    return (
        f"Hello,\n\nyour bunq app was asked to approve the series for {title}, once. bunq does not let\n"
        "us see any more whether you did. Perhaps you removed the connection in the app, or it has ended.\n\n"
        "If you approved it, bunq pays by it on each date, also without the connection.\n"
        f"Look in your bunq app for a scheduled payment named:\n{shown_as}\n\n"
        f"Tell {merchant} whether you approved it, or connect bunq again:\n{url}\n\n"
        "No money moves by connecting, and you approve it in the bunq app itself. Whoever has\n"
        "this address can see your plan and stop it, so please keep it.\n"
    )
