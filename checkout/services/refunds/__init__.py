"""Sending money back: asked for by the merchant's staff, prepared in bunq or by hand, followed until it is known.

A payment initiator cannot send money. What Kassa can do is prepare a draft payment on the merchant's own connected
account, which the merchant approves in the bunq app; or show how to transfer it by hand.
"""
