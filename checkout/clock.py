"""What time it is, for whoever stands above `checkout`: the clock that all of the installation goes by."""

from oauth_connect.clock import now

__all__ = ["now"]
