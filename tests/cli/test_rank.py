"""`expansion rank`: by points where history is too little, and what to do next."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import AS_OF

FRICTION = """
friction:
  - what: Several people meet a wall
    when: [{event: Export Blocked, at_least: 1, over: 28 days}]
    help: Ask support to look at it with them
"""


def test_without_outcomes_points_count_and_it_says_why(run, folder, monkeypatch, snapshot):
    monkeypatch.setenv("COLUMNS", "80")
    ran = run("rank", "--as-of", AS_OF)
    assert ran.code == 0
    assert str(ran) == snapshot


def test_one_account_says_what_to_do_next_and_why(run, folder, monkeypatch, snapshot):
    monkeypatch.setenv("COLUMNS", "80")
    first = run("rank", "--as-of", AS_OF, "--json").json["first"][0]["account_id"]
    assert str(run("rank", first, "--as-of", AS_OF)) == snapshot


def test_who_meets_trouble_is_helped_before_an_offer(run, folder, monkeypatch):
    (policy := next(Path("playbooks").rglob("policy.yaml"))).write_text(policy.read_text() + FRICTION)
    found = run("rank", "--as-of", AS_OF, "--json").json["first"]
    blocked = [one for one in found if one["in_the_way"]]
    assert blocked
    for one in blocked:
        assert one["in_the_way"][0]["what"] == "Several people meet a wall"
        assert "Export Blocked" in one["in_the_way"][0]["seen"][0]
        assert one["next"]["help_first"] == ["Ask support to look at it with them"]
    text = run("rank", blocked[0]["account_id"], "--as-of", AS_OF).out
    assert text.index("help first") < text.index("then: ")


def test_an_account_for_which_nothing_is_true_is_not_ranked(run, folder):
    found = run("rank", "--as-of", AS_OF, "--json").json
    ranked = {one["account_id"] for one in found["first"]}
    every = run("accounts", "--as-of", AS_OF, "--json").json
    other = next(one["account_id"] for one in every if one["account_id"] not in ranked)
    assert "is not ranked: no chance could be learned" in run("rank", other, "--as-of", AS_OF).out


def test_a_moment_before_anything_is_known_says_so(run, folder):
    ran = run("rank", "--as-of", "2001-01-01")
    assert "nothing of any account had arrived" in ran.err
