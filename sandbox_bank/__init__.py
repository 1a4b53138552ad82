"""A local stand-in for bunq: the real protocol, invented people, no real money.

It is a project of its own (`python -m sandbox_bank`): the checkout knows it as three addresses, and it knows
nothing of the checkout. Where bunq's behaviour is not documented the code says "our choice".
"""
