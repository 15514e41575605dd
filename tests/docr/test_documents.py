"""Which documents are found, and what their outputs are called."""

from pathlib import Path

from docr.documents import find_documents


def _files(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"x")


def _outputs(*patterns: Path) -> dict[str, str]:
    search = find_documents(map(str, patterns))
    return {each.path.name: str(each.output) for each in search.documents}


def test_a_folder_gives_its_documents_and_keeps_its_structure(tmp_path: Path) -> None:
    _files(tmp_path, "b.PDF", "a.png", "notes.txt", "deep/c.tiff", ".hidden/d.pdf")
    assert _outputs(tmp_path) == {"a.png": "a", "b.PDF": "b", "c.tiff": "deep/c"}


def test_a_folder_gives_images_by_their_rarer_endings_too(tmp_path: Path) -> None:
    names = ["a.jfif", "b.MPO", "c.pbm", "d.j2c", "e.hif"]
    _files(tmp_path, *names)
    assert list(_outputs(tmp_path)) == names


def test_a_named_file_is_taken_whatever_its_ending(tmp_path: Path) -> None:
    _files(tmp_path, "notes.txt")
    assert _outputs(tmp_path / "notes.txt") == {"notes.txt": "notes"}


def test_globs_are_expanded(tmp_path: Path) -> None:
    _files(tmp_path, "1.pdf", "2.pdf", "3.png")
    assert set(_outputs(tmp_path / "*.pdf")) == {"1.pdf", "2.pdf"}


def test_documents_of_one_name_get_outputs_of_their_own(tmp_path: Path) -> None:
    _files(tmp_path, "x/a.pdf", "x/a.png", "y/a.pdf", "y/A.jpg")
    outputs = [
        str(each.output).lower()
        for each in find_documents(
            str(tmp_path / name) for name in ("x/a.pdf", "x/a.png", "y/a.pdf", "y/A.jpg")
        ).documents
    ]
    assert len(set(outputs)) == 4
    assert outputs[:2] == ["a.pdf", "a.png"]


def test_a_document_named_twice_is_read_once(tmp_path: Path) -> None:
    _files(tmp_path, "a.pdf")
    (tmp_path / "link.pdf").symlink_to(tmp_path / "a.pdf")
    assert len(_outputs(tmp_path, tmp_path / "a.pdf", tmp_path / "link.pdf")) == 1


def test_what_is_not_there_gets_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    search = find_documents([str(tmp_path / "empty"), str(tmp_path / "gone.pdf")])
    assert search.documents == ()
    empty, gone = search.problems
    assert "no documents in this folder" in empty
    assert "no such file or folder" in gone


def test_folders_that_a_pattern_matches_are_taken_in(tmp_path: Path) -> None:
    _files(tmp_path, "2023/a.pdf", "2024/deep/b.png", "2025/notes.txt", "20.pdf")
    assert _outputs(tmp_path / "20*") == {"a.pdf": "a", "b.png": "deep/b", "20.pdf": "20"}


def test_a_pattern_that_matches_folders_without_documents_gets_a_sentence(tmp_path: Path) -> None:
    _files(tmp_path, "2025/notes.txt")
    search = find_documents([str(tmp_path / "20*")])
    assert search.documents == ()
    assert "no documents among what matches; expected files ending in" in search.problems[0]


def test_long_names_are_cut_and_stay_apart(tmp_path: Path) -> None:
    names = ["é" * 120 + f"{number}.pdf" for number in range(3)] + ["b" * 251 + ".pdf"]
    _files(tmp_path, *names)
    outputs = set(_outputs(tmp_path).values())
    assert len(outputs) == 4
    assert all(len(f"{output}.json".encode()) <= 255 for output in outputs)
    assert all(output.startswith(("é" * 115, "b" * 231)) for output in outputs)
