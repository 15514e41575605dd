"""Private folders that go with their process."""

from pathlib import Path

import pytest

from contracts.errors import InvalidOption
from docr.scratch import scratch_folder


def test_a_folder_is_gone_after_its_use(tmp_path: Path) -> None:
    with scratch_folder(tmp_path / "new", setting="TEMP_DIR") as folder:
        (folder / "file").write_text("x")
    assert not folder.exists()


def test_a_folder_in_use_is_not_swept_and_an_abandoned_one_is(tmp_path: Path) -> None:
    abandoned = tmp_path / "docr-abandoned"
    abandoned.mkdir()
    (abandoned / ".lock").touch()
    stranger = tmp_path / "docr-without-lock"
    stranger.mkdir()
    with (
        scratch_folder(tmp_path, setting="TEMP_DIR") as first,
        scratch_folder(tmp_path, setting="TEMP_DIR") as second,
    ):
        assert first.exists()
        assert second.exists()
        assert not abandoned.exists()
        assert stranger.exists()


def test_a_place_that_cannot_be_used_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with (
        pytest.raises(InvalidOption, match="set TEMP_DIR to another folder"),
        scratch_folder(tmp_path / "file", setting="TEMP_DIR"),
    ):
        pass
