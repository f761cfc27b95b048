"""All tests. With `EXPANSION_TEST_EXAMPLE` set, the worked example is one of the product's systems in this process."""

import os

if os.environ.get("EXPANSION_TEST_EXAMPLE"):
    from tests.example.plugged import plug_in

    plug_in()
