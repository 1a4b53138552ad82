"""A task in plain words: what happened, how much money, what to do now; and for the operator, the command."""

from checkout.admin import refund_words
from checkout.iban import mask_iban
from checkout.models import Event, Order, Payment
from checkout.services.looking import UNREADABLE_FOR_LONG, Unreadable
from checkout.services.refunds.to_do import ToDo
from checkout.services.tasks import Question, Task
from checkout.statuses import OrderStatus

_LOST = ("needs_person", "draft_conflict")


def happened(task: Task) -> list[str]:
    """One sentence or two per question, each once."""
    return list(dict.fromkeys(_happened(question, task) for question in task.questions))


def _happened(question: Question, task: Task) -> str:
    order, payment = task.order, question.payment
    if question.refund is not None:
        return refund_words.happened(question.refund, ToDo(question.kind))
    match question.kind:
        case "paid_late":
            return _paid_late(payment, order)
        case "paid_twice":
            return "bunq executed more than one payment of this order."
        case "amount_differs":
            return f"Something else was paid than was asked for: the order is {order.total} {order.currency}."
        case "consent_differs":
            return (
                f"Payment #{_number(payment)} was approved in bunq, but nobody came back through this order's page. "
                "Its payer may have approved a stranger's order by mistake."
            )
        case "unknown_bank_status":
            word = payment.bank_status if payment else ""
            return (
                f"bunq shows payment #{_number(payment)} as {word}, a word that Kassa does not know. "
                "Whether money moved is not known yet."
            )
        case "move_refused":
            word = question.asked.new_status if question.asked else ""
            return f"Payment #{_number(payment)} was paid; bunq now shows it as {word}. The money may not have come."
        case "payer_differs":
            return _payer(question)
        case "push_unproven":
            return (
                f"bunq shows payment #{_number(payment)} as executed, but not the payment that it made. "
                "The money may not have come."
            )
        case "push_suspended":
            return (
                f"bunq holds payment #{_number(payment)} back for now, and its payer may still undo it. "
                "The money may not have come."
            )
        case "draft_unreadable":
            return f"{_UNREADABLE[_why(question)].format(number=_number(payment))} Whether money moved is not known."
        case _:
            return (
                f"bunq's answer to payment #{_number(payment)} was lost, and it cannot be told whether bunq holds it. "
                "Until that is known nobody can pay this order another way."
            )


def _paid_late(payment: Payment | None, order: Order) -> str:
    if payment is not None and payment.state.is_final and payment.status != "paid":
        return (
            f"bunq executed payment #{payment.number} although it had told us before that the payment was closed "
            f"({payment.status})."
        )
    if order.status in (OrderStatus.EXPIRED, OrderStatus.CANCELLED):
        return f"The money came after the order was {order.status}."
    return f"The money came by payment #{_number(payment)}, which had been given up before."


def _payer(question: Question) -> str:
    """What bunq showed of the payer who wanted to be remembered, and what was typed."""
    told = question.asked.data if question.asked else {}
    if told.get("what") == "name":
        return (
            f"The payer of payment #{_number(question.payment)} asked to be remembered, and bunq shows the name "
            f"{told.get('shown')}; typed was {told.get('typed')}. The account is the one that was typed."
        )
    return (
        f"The payer of payment #{_number(question.payment)} asked to be remembered, but the bank access that came does "
        "not show the account that was typed. It was destroyed, and nothing is remembered."
    )


_UNREADABLE = {
    Unreadable.NOT_KNOWN: "bunq answers that it does not know payment #{number}.",
    Unreadable.ELSEWHERE: "Payment #{number} was begun over another connection to bunq than the one of now, "
    "so bunq cannot be asked about it.",
    Unreadable.DISCONNECTED: "The payer of payment #{number} removed the connection over which bunq showed it to us. "
    "It may still wait in their bunq app, and be approved there.",
    Unreadable.NO_ANSWER: "bunq has given no answer about payment #{number} that could be read for at least "
    "10 minutes.",
}


def _why(question: Question) -> Unreadable:
    return Unreadable(question.asked.data["what"] if question.asked else Unreadable.NO_ANSWER)


def _number(payment: Payment | None) -> str:
    return str(payment.number) if payment else "?"


def money(task: Task) -> list[str]:
    """Each transfer that bunq executed, as bunq shows it."""
    taken_back = {question.payment for question in task.questions if question.kind == "move_refused"}
    told = [
        _transfer(payment, evidence) + (", as bunq first showed it" if payment in taken_back else "")
        for payment, evidence in task.executed
    ]
    return told or ["None that bunq has shown us."]


def _transfer(payment: Payment, evidence: Event | None) -> str:
    shown = evidence.data if evidence else {}
    asked = f"{payment.amount} {payment.currency}"
    amount = shown.get("amount") or (
        f"an amount that bunq did not show ({asked} was asked for)" if shown else asked
    )
    payer = mask_iban(shown.get("sender_iban") or payment.payer_iban)
    receiver = shown.get("receiver_iban") or payment.payee_iban
    elsewhere = (
        f", to {mask_iban(receiver)}, which is not your account" if receiver != payment.payee_iban else ""
    )
    return f"{amount} from {payment.payer_name}, {payer} (payment #{payment.number}){elsewhere}"


_TO_DO = {
    "paid_late": "If you can still deliver, accept the payment. Otherwise send the money back from your own bank, "
    "then mark it as refunded.",
    "paid_twice": "Send one of the payments back to its payer from your own bank, then mark it as refunded. "
    "Accept only if you and the customer agree to keep both.",
    "amount_differs": "Compare with your account. If you take it as payment of this order, accept; otherwise send it "
    "back from your own bank, then mark it as refunded.",
    "consent_differs": "Deliver nothing yet. If you know that the order is this payer's, accept. Otherwise send the "
    "money back from your own bank, then mark it as refunded.",
    "unknown_bank_status": "Deliver nothing yet. Look at your account, check now, and tell whoever runs Kassa.",
    "draft_unreadable": "Deliver nothing yet. Look at your account, check now, and tell whoever runs Kassa.",
    "move_refused": "Look whether the money is in your account before you deliver; then say here that you have looked.",
    "payer_differs": "If you deliver to a person by name, compare it with the order and ask the customer if in doubt. "
    "Then say here that you have looked. The payment itself is not in question.",
    "push_unproven": "Look whether the money is in your account; then say here that you have looked.",
    "push_suspended": "Look whether the money is in your account before you deliver; then say here that you have "
    "looked.",
    "needs_person": "Deliver nothing yet. Whoever runs Kassa has to say what bunq holds.",
}


def to_do(task: Task) -> list[str]:
    """What each question asks for, in the order in which it should be thought of."""
    kinds = [_kind(question) for question in task.questions]
    if "paid_twice" in kinds:  # giving one back answers the others, too
        kinds = [kind for kind in kinds if kind not in ("paid_late", "consent_differs")]
    if "amount_differs" in kinds:
        kinds = [kind for kind in kinds if kind != "paid_late"]
    return list(dict.fromkeys((_TO_DO | refund_words.TO_DO)[kind] for kind in kinds))


def _kind(question: Question) -> str:
    return "needs_person" if question.kind in _LOST else question.kind


def commands(task: Task, *, by: str) -> list[str]:
    """What an operator runs; nothing for what the buttons answer."""
    found = []
    for question in task.questions:
        payment = question.payment
        if payment is None:
            continue
        if question.kind in _LOST:
            ask = f"python manage.py resolve_unknown --payment {payment.pk} --by {by}"
            drafts = question.asked.data.get("draft_ids", []) if question.asked else []
            found += [f"{ask} --draft {draft_id}" for draft_id in drafts] or [f"{ask} --draft N"]
            found.append(f"{ask} --none")
        elif question.kind == UNREADABLE_FOR_LONG and _why(question) is not Unreadable.NO_ANSWER:
            found.append(_correct(payment, to="failed", by=by))
    for payment, _evidence in task.executed:
        if payment.status != "paid" and payment.state.is_final and not payment.is_scheduled:
            found.append(_correct(payment, to="paid", by=by))
    return list(dict.fromkeys(found))


def _correct(payment: Payment, *, to: str, by: str) -> str:
    return f'python manage.py correct_payment --payment {payment.pk} --to {to} --by {by} --reason "…"'
