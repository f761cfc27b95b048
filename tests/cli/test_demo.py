"""What of the machine and of the folder around it is none of the demo's."""

from __future__ import annotations

from pathlib import Path

from cli.demo import _our_settings

SHIPPED = Path(__file__).resolve().parents[2] / "playbooks"


def test_a_folder_with_playbooks_of_its_own_sees_the_shipped_triggers(folder: Path) -> None:
    assert (folder / "playbooks" / "shared" / "facts.yaml").is_file()
    assert _our_settings(Path(".demo"))["EXPANSION_PLAYBOOKS"] == str(SHIPPED)


def test_in_the_clone_they_need_no_setting(monkeypatch) -> None:
    monkeypatch.chdir(SHIPPED.parent)
    assert _our_settings(Path(".demo"))["EXPANSION_PLAYBOOKS"] == "playbooks"


def test_a_warehouse_of_the_environment_is_left_out(tmp_path: Path, monkeypatch) -> None:
    from jobs.settings import own_settings

    Path(".env").write_text("EXPANSION_ENGINE_URL=postgres://reader@host/name\n")
    for name, value in _our_settings(tmp_path).items():
        monkeypatch.setenv(name, value)
    assert own_settings().engine_url is None
