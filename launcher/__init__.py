"""Starts whole installations of Kassa on this machine: demo, rehearsals, drills and tests.

It does so by command line only. Nothing of the shop, the checkout or the bank is imported here; a test in
tests/structure/ keeps that so.
"""
