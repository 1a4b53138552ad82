"""How fast Kassa is, each figure against its baseline in the same run. `make bench`; docs/performance.md explains."""
