from collections.abc import Iterator

import pytest

from tests.builders import Cabinet
from tests.wire.builders import Served, serving


@pytest.fixture
def served(cabinet: Cabinet) -> Iterator[Served]:
    """The test cabinet behind a real socket."""
    with serving(cabinet.app) as found:
        yield found
