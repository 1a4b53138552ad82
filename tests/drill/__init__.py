"""The drill: simulated shoppers, a bank that fails, processes that are killed; then ledger and database are compared.

    python -m tests.drill --seconds 1200 --seed 7        (or: make drill SECONDS=1200 SEED=7)

docs/drill.md says what it does and what its lines mean.
"""
