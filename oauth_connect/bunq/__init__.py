"""A client for bunq's public API, as a payment initiation service provider uses it. Plain Python: no Django import."""
