"""What every browser test shares."""

from playwright.sync_api import expect

# How long a page may take says nothing of whether it is right; machines differ.
expect.set_options(timeout=20_000)
