"""The key of `docr up`: kept where only its owner reads it."""

from pathlib import Path

from docr.secret_key import with_kept_key
from docr.settings import load_settings


def test_a_key_is_made_once_and_kept_for_its_owner_only(tmp_path: Path) -> None:
    first = with_kept_key(load_settings(), tmp_path).ocr_secret_key.get_secret_value()
    assert len(first) >= 32
    assert (tmp_path / "secret.key").stat().st_mode & 0o777 == 0o600
    assert with_kept_key(load_settings(), tmp_path).ocr_secret_key.get_secret_value() == first
    set_by_hand = load_settings(ocr_secret_key="set by hand, 16 or more")  # noqa: S106
    kept = with_kept_key(set_by_hand, tmp_path).ocr_secret_key.get_secret_value()
    assert kept == "set by hand, 16 or more"
    assert first not in repr(set_by_hand) + repr(with_kept_key(load_settings(), tmp_path))
