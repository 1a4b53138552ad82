"""The product's settings with one address more: the bare view that the benches compare with."""

from config.settings import *  # noqa: F403 - all of the product's settings, and one line of our own

ROOT_URLCONF = "tests.bench.urls"
