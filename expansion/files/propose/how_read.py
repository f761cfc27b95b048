"""How the texts of a table are written, where a map has to say it: dates, decimals, words for nothing, the zone."""

from __future__ import annotations

from collections.abc import Sequence

from expansion.files.propose.forms import first_numbers, says_nothing, share
from expansion.files.propose.looking import Seen
from expansion.files.propose.proposals import Word
from expansion.files.propose.roles import Looked
from expansion.usage.forms.cells import NOTHING

_FEW = 200  # a column of more different texts holds what people write


def reading_words(looked: Looked) -> list[Word]:
    """The words that say how this table is written."""
    return [*_dates(looked), *_decimal(looked), *_empty(looked)]


def _dates(looked: Looked) -> list[Word]:
    written = [one for one in looked.seen if one.texts and one.is_all("year last")]
    if not written:
        return []
    firsts, seconds = zip(*(first_numbers(one.texts) for one in written), strict=True)
    first, second = max(firsts), max(seconds)
    doubts = []
    if first > 12 and second > 12:
        doubts = ["some dates have the day first and some the month: the others cannot be read"]
    elif first <= 12 and second <= 12:
        doubts = ["no day above the 12th among these rows: is it the month that stands first?"]
    order = (
        "day first" if first > 12 or any("." in text for one in written for text in one.samples()) else "month first"
    )
    return [Word("dates", order, written[0].samples(), doubts=tuple(doubts))]


def _decimal(looked: Looked) -> list[Word]:
    written = [one for one in looked.seen if one.is_number and one.has("comma")]
    sure = [one for one in written if share(one.texts, lambda found: "comma" in found and "thousands" not in found) > 0]
    return [Word("decimal", "comma", sure[0].samples())] if sure else []


def _empty(looked: Looked) -> list[Word]:
    """Words for nothing that the import would take for values."""
    met: dict[str, str] = {}
    for one in looked.seen:
        if one.is_inside:
            continue
        for text in one.texts:
            if says_nothing(text) and (one.is_number or one.is_time or _is_no_answer(one, text)):
                met.setdefault(text, one.name)
    if not met:
        return []
    words = [*dict.fromkeys((*met, *NOTHING))]
    return [Word("empty", words, said="met: " + ", ".join(f"{text} in {name}" for text, name in met.items()))]


def _is_no_answer(one: Seen, text: str) -> bool:
    """Whether it says nothing in a column of texts, too, where `none` and `unknown` could be an answer."""
    could_be = text.strip().lower() in ("na", "none", "unknown", "missing", "undefined", "tbd")
    return not could_be and one.different <= _FEW and one.texts[text] > 1


def zone_comment(used: Sequence[Seen]) -> tuple[Word, ...]:
    """The word for the zone, as a comment: times without one are UTC. To write it would make days days of UTC, too."""
    naive = [one for one in used if one.is_all("moment") and not one.is_all("midnight")]
    if not naive:
        return ()
    said = f"{', '.join(naive[0].samples(2))} has no zone and counts as UTC; write another where it is another's"
    return (Word("zone", "UTC", said=said),)
