import os
import signal
import subprocess
import sys

import pytest

from expansion.ledger.holders import Holder, is_alive

HOLD = (
    "import sys; from pathlib import Path; from expansion.ledger.holders import Holder\n"
    "print(Holder(Path(sys.argv[1])).name, flush=True); sys.stdin.readline()"
)


def test_a_holder_lives_until_it_is_closed(tmp_path):
    with Holder(tmp_path) as holder:
        assert is_alive(holder.name, tmp_path)
    assert not is_alive(holder.name, tmp_path)


def test_two_holders_in_one_process_are_told_apart(tmp_path):
    with Holder(tmp_path) as one:
        with Holder(tmp_path) as other:
            assert one.name != other.name
        assert is_alive(one.name, tmp_path)
        assert not is_alive(other.name, tmp_path)


@pytest.mark.starts
def test_a_killed_process_is_known_to_be_dead_at_once(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    name = process.stdout.readline().strip()
    assert is_alive(name, tmp_path)
    process.send_signal(signal.SIGKILL)
    process.wait(10)
    assert not is_alive(name, tmp_path)


def test_a_holder_on_another_machine_counts_as_alive(tmp_path):
    assert is_alive("elsewhere.example/12/abc", tmp_path)


def test_a_holder_whose_file_is_not_here_cannot_be_asked(tmp_path):
    with Holder(tmp_path / "theirs") as holder:
        pass
    (tmp_path / "mine").mkdir()
    assert is_alive(holder.name, tmp_path / "mine")


def test_files_of_the_long_dead_are_swept_and_those_of_the_living_stay(tmp_path):
    long_dead, lately_dead = Holder(tmp_path), Holder(tmp_path)
    long_dead.close()
    lately_dead.close()
    old_but_alive = Holder(tmp_path)
    for holder in (long_dead, old_but_alive):
        os.utime(holder._path, (0, 0))
    with Holder(tmp_path):
        assert not long_dead._path.exists()
        assert not is_alive(lately_dead.name, tmp_path)
        assert is_alive(old_but_alive.name, tmp_path)
    old_but_alive.close()
