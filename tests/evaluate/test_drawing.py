"""What is drawn is what people could write, and finds things to say."""

from __future__ import annotations

from random import Random

import pytest

from tests.evaluate.drawing import KINDS, Draw, a_trigger
from tests.evaluate.rates import ANSWERS, rates
from tests.evaluate.shrinking import is_definition


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_condition_that_is_drawn_could_be_written(kind: Draw) -> None:
    for number in range(60):
        rnd = Random(number)
        assert is_definition({"when": [kind(rnd, False)]})
        assert is_definition({"who": "users", "when": [kind(rnd, True)]})


def test_every_trigger_that_is_drawn_could_be_written() -> None:
    for number in range(200):
        assert is_definition(a_trigger(Random(number), of_users=number % 2 == 0))


def test_every_word_is_answered_in_every_way() -> None:
    """Otherwise a thousand agreeing examples would say little."""
    for word, counted in rates(60).items():
        if counted.total() >= 500:
            shares = {answer: counted[answer] / counted.total() for answer in ANSWERS}
            assert min(shares.values()) > 0.01, (word, shares)
            assert max(shares.values()) < 0.93, (word, shares)
