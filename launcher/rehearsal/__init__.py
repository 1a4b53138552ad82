"""Walks every way an order can go, through the same public pages as a person, and times each step."""
