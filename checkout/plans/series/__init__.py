"""Plans that bunq collects by a schedule of its own: the payer approves once, bunq sends each payment on its date.

The approval is no money, and whether a payment was sent is not documented to be told to us: each instalment is paid
only by evidence. Source: bunq OpenAPI, Schedule, ScheduleInstance; bunq documentation "Initiate payments".
"""
