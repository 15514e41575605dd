"""A ZIP as a document: its members in order, and whatever is wrong with one of them or with all."""

import io
import os
import signal
import zipfile
from contextlib import aclosing
from pathlib import Path

import pytest

from contracts.errors import DocumentLocked, DocumentRejected, PageUnreadable
from contracts.jobs import JobDocument
from ingest import zip_document
from ingest.member_names import is_document, natural_order, shown_name
from ingest.rasteriser import Rasteriser
from ingest.renderers import Renderers
from ingest.zip_document import ZipDocument
from tests.documents import encoded, encrypted_pdf, pdf, pdf_with_sizes, picture
from tests.ingest.zips import encrypted_zip, overlapping_zip, patched, zipped

OPENS = "secret"
PNG = encoded(picture("a", size=(120, 40)))


async def pages_of(renderers: Renderers, indexes: range) -> list[int | str]:
    """Widths, or why there is no page."""
    async with aclosing(renderers.pages(indexes)) as pages:
        return [
            str(image) if isinstance(image, PageUnreadable) else image.width_px
            async for _, image in pages
        ]


async def test_members_are_documents_in_natural_order_and_a_bad_one_costs_itself_only(
    tmp_path: Path,
) -> None:
    path = tmp_path / "document"
    path.write_bytes(
        zipped(
            {
                "scans/page10.png": encoded(picture(size=(110, 40))),
                "scans/page2.pdf": pdf_with_sizes([(102, 50), (90_000, 90_000)]),
                "scans/": b"",
                "scans/.DS_Store": b"x",
                "__MACOSX/scans/._page2.pdf": b"x",
                "scans/Thumbs.db": b"x",
                "../../etc/passwd\u202efdp.txt": b"root:x:0:0\n",
                "scans/page3.tif": _two_frames(),
                "scans/page4.pdf": encrypted_pdf(),
                "scans/page5.zip": zipped({"a.png": PNG}),
                "scans/page6.png": PNG[: len(PNG) // 2],
                "scans/page7.pdf": b"",
            }
        )
    )
    async with Renderers([Rasteriser(), Rasteriser()]) as renderers:
        count = await renderers.open(path, dpi=72)
        documents = renderers.documents
        assert [(each.filename, each.first_page_number, each.pages) for each in documents] == [
            ("etc/passwdfdp.txt", 1, 1),
            ("scans/page2.pdf", 2, 2),
            ("scans/page3.tif", 4, 2),
            ("scans/page4.pdf", 6, 1),
            ("scans/page5.zip", 7, 1),
            ("scans/page6.png", 8, 1),
            ("scans/page7.pdf", 9, 1),
            ("scans/page10.png", 10, 1),
        ]
        words = [each.error or "" for each in documents]
        for at, said in (
            (0, "not a document"),
            (3, "needs a password"),
            (4, "ZIP inside of a ZIP"),
        ):
            assert said in words[at]
        assert "empty" in words[6]
        assert [bool(each) for each in words] == [
            True,
            False,
            False,
            True,
            True,
            False,
            True,
            False,
        ]
        found = await pages_of(renderers, range(count))
        assert [each for each in found if isinstance(each, int)] == [102, 103, 104, 110]
        assert str(found[2]).startswith("page 3 is 90000 x 90000 px"), (
            "as it is numbered in the job"
        )
        assert str(found[7]).startswith("page 8 is a damaged image: it is cut off")
        assert [found[at] for at in (0, 5, 6, 8)] == [words[at] for at in (0, 3, 4, 6)]

        # After a restart of ingest: what was counted stays, whatever a member looks like now.
        known = [documents[0].model_copy(update={"error": "as it was"}), *documents[1:]]
        assert await renderers.open(path, dpi=72, known=known) == count
        assert await pages_of(renderers, range(2)) == ["as it was", 102]
    assert not any(each.suffix for each in tmp_path.rglob("*")), "no name of a member is a path"


def _two_frames() -> bytes:
    frames = [picture(size=(103 + n, 40)) for n in range(2)]
    return encoded(frames[0], "TIFF", save_all=True, append_images=frames[1:])


async def test_a_renderer_that_dies_goes_on_in_the_same_member(tmp_path: Path) -> None:
    path = tmp_path / "document"
    path.write_bytes(zipped({"b.pdf": pdf(3), "a.png": PNG}))
    async with Rasteriser() as rasteriser:
        assert await rasteriser.open(path, dpi=72) == 4
        for page_index in (0, 2):
            assert rasteriser.pid is not None
            os.kill(rasteriser.pid, signal.SIGKILL)
            width = (await rasteriser.render(page_index)).width_px
            assert width == (595 if page_index else 120)


@pytest.mark.parametrize("secret", ["secret", "pässwörd", "日本"])
def test_the_password_of_the_job_opens_members_and_pdfs_in_them(
    tmp_path: Path, secret: str
) -> None:
    path = tmp_path / "document"
    members = {"a.png": PNG, "b.pdf": encrypted_pdf(secret.encode())}
    for spelled in (secret.encode(), secret.encode("cp437", "replace")):
        path.write_bytes(encrypted_zip(members, spelled))
        document = ZipDocument(path, dpi=72, password=secret, members=(), folder=tmp_path / "m")
        assert [document.count(place) for place, _ in document.listing()] == [1, 1]
        document.close()
    for password, words in ((None, "needs a password"), ("wrong", "is not its password")):
        document = ZipDocument(path, dpi=72, password=password, members=(), folder=tmp_path / "m")
        for place, _ in document.listing():
            with pytest.raises(DocumentRejected, match=words):
                document.count(place)
        document.close()


async def test_a_member_that_opened_when_it_was_counted_is_not_blamed_for_another_password(
    tmp_path: Path,
) -> None:
    path = tmp_path / "document"
    path.write_bytes(encrypted_zip({"a.png": PNG, "b.png": PNG[:-40]}, OPENS.encode()))
    async with Renderers([Rasteriser()]) as renderers:
        await renderers.open(path, dpi=72, password=OPENS)
        known = renderers.documents
        first, second = await pages_of(renderers, range(2))
        assert first == 120
        assert "cut off" in str(second), "damage is the member's own"
        for password in (None, "wrong"):
            await renderers.open(path, dpi=72, password=password, known=known)
            with pytest.raises(DocumentLocked):
                await pages_of(renderers, range(2))
    path.write_bytes(zipped({"a.pdf": encrypted_pdf()}))
    async with Renderers([Rasteriser()]) as renderers:
        await renderers.open(path, dpi=72, password=OPENS)
        await renderers.open(path, dpi=72, known=renderers.documents)
        with pytest.raises(DocumentLocked):
            await pages_of(renderers, range(1))


@pytest.mark.parametrize("bits", [128, 192, 256])
async def test_members_under_aes_open_in_the_locked_child_with_the_password_of_the_job(
    tmp_path: Path, bits: int
) -> None:
    library = pytest.importorskip("pyzipper", reason="the extra zip-aes is not installed")
    path = tmp_path / "document"
    with library.AESZipFile(path, "w", compression=zipfile.ZIP_DEFLATED) as archive:
        archive.setpassword("pässwörd".encode())
        archive.setencryption(library.WZ_AES, nbits=bits)
        archive.writestr("a.png", PNG)
        archive.writestr("b.pdf", pdf(2))
    async with Renderers([Rasteriser()]) as renderers:
        assert await renderers.open(path, dpi=72, password="pässwörd") == 3  # noqa: S106
        assert await pages_of(renderers, range(3)) == [120, 595, 595]
        for password, words in ((None, "needs a password"), ("wrong", "is not its password")):
            await renderers.open(path, dpi=72, password=password)
            assert all(words in str(each) for each in await pages_of(renderers, range(2)))
        content = bytearray(path.read_bytes())
        content[content.index(b"a.png") + 100] ^= 1
        path.write_bytes(content)
        await renderers.open(path, dpi=72, password="pässwörd")  # noqa: S106
        damaged, *others = await pages_of(renderers, range(3))
        assert ("damaged inside of the ZIP" in str(damaged), others) == (True, [595, 595])


def _damaged(content: bytes) -> bytes:
    return content[:60] + bytes(20) + content[80:]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (patched(zipped({"a.png": PNG}), "a.png", method=99, flags=1), "with AES|needs a password"),
        (patched(zipped({"a.png": PNG}), "a.png", method=9), r"method 9\); make the ZIP again"),
        (zipped({"a.pdf": bytes(200 * 2**20)}, method=zipfile.ZIP_LZMA), "packed tighter"),
        (_damaged(zipped({"a.png": PNG})), "damaged inside of the ZIP"),
    ],
)
def test_a_member_that_cannot_be_taken_out_says_why(
    tmp_path: Path, content: bytes, words: str
) -> None:
    path = tmp_path / "document"
    path.write_bytes(content)
    document = ZipDocument(
        path, dpi=72, password=None, members=[(0, 1, None)], folder=tmp_path / "m"
    )
    with pytest.raises(Exception, match=words):
        document.render(0)
    document.close()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (zipped({}), "no document in it"),
        (zipped({"__MACOSX/._a": b"x", ".DS_Store": b"x"}), "no document in it"),
        (zipped({"a.png": PNG})[:-30], "damaged or cut off"),
        (zipped({"[Content_Types].xml": b"<x/>", "word/document.xml": b"x"}), "export it as PDF"),
        (zipped({"mimetype": b"application/epub+zip", "x": b""}), r"book \(EPUB\)"),
        (
            zipped({"mimetype": b"application/vnd.oasis.opendocument.text", "content.xml": b""}),
            "OpenDocument",
        ),
        (overlapping_zip(PNG, 400), "overlap"),
    ],
)
def test_what_is_wrong_with_the_whole_zip_is_said_once(
    tmp_path: Path, content: bytes, words: str
) -> None:
    path = tmp_path / "document"
    path.write_bytes(content)
    with pytest.raises(DocumentRejected, match=words):
        ZipDocument(path, dpi=72, password=None, members=(), folder=tmp_path / "m").listing()


def test_too_many_files_and_too_many_bytes_are_refused_with_their_limits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "document"
    path.write_bytes(zipped({f"{n}.png": PNG for n in range(4)}))
    for limit, words in (("MOST_MEMBERS", "4 files in it, over the limit of 3"),
                         ("_MOST_BYTES", "over the limit of")):  # fmt: skip
        monkeypatch.setattr(zip_document, limit, 3)
        with pytest.raises(DocumentRejected, match=words):
            ZipDocument(path, dpi=72, password=None, members=(), folder=tmp_path / "m").listing()
        monkeypatch.undo()


def test_names_are_shown_without_what_a_terminal_or_a_path_would_obey() -> None:
    for name, shown in {
        "a/b.png": "a/b.png",
        "/etc/passwd": "etc/passwd",
        "C:\\scans\\..\\..\\x.tif": "scans/x.tif",
        "a\x1b[31m\r\nb.pdf": "a[31mb.pdf",
        "\u202egpj.exe": "gpj.exe",
        "../..": "member 1",
        "März 日本.pdf": "März 日本.pdf",
    }.items():
        assert shown_name(name, otherwise="member 1") == shown
    long = shown_name("x" * 300 + "7.png", otherwise="")
    assert (len(long), long[-5:]) == (100, "7.png")


def test_names_in_utf_8_are_read_where_the_zip_does_not_say_so(tmp_path: Path) -> None:
    name, plain, path = "März 日本.png", "x" * 16, tmp_path / "scans.zip"
    assert len(plain) == len(name.encode())
    path.write_bytes(zipped({plain: PNG, "Été.png": PNG}).replace(plain.encode(), name.encode()))
    document = ZipDocument(path, dpi=72, password=None, members=(), folder=tmp_path / "m")
    assert {shown for _, shown in document.listing()} == {name, "Été.png"}


def test_names_sort_as_people_count() -> None:
    names = ["b/1.png", "a10.png", "a/10.png", "a2.png", "a/9.png", "A1.png", "10", "9", "a/b/1"]
    assert sorted(names, key=natural_order) == [
        "9", "10", "a/9.png", "a/10.png", "a/b/1", "A1.png", "a2.png", "a10.png", "b/1.png",
    ]  # fmt: skip
    assert not any(map(is_document, ("a/", "x/Thumbs.db", "__MACOSX/a.png", "a/._b.png")))


def test_pages_know_their_document() -> None:
    from tests.examples import manifest

    documents = (
        JobDocument(filename="a", first_page_number=1, pages=2),
        JobDocument(filename="b", first_page_number=3, pages=1),
    )
    of_zip = manifest(pages=3, documents=documents)
    assert [of_zip.document_of(index) for index in range(3)] == ["a", "a", "b"]
    assert manifest().document_of(0) is None


def test_a_zip_that_lies_about_its_sizes_takes_no_more_than_it_says(tmp_path: Path) -> None:
    content = bytearray(zipped({"a.bin": bytes(5000)}))
    at = content.index(b"PK\1\2") + 24
    content[at : at + 4] = (100).to_bytes(4, "little")
    (tmp_path / "document").write_bytes(bytes(content))
    with zipfile.ZipFile(io.BytesIO(bytes(content))) as archive:
        assert archive.infolist()[0].file_size == 100
    document = ZipDocument(
        tmp_path / "document", dpi=72, password=None, members=(), folder=tmp_path / "m"
    )
    with pytest.raises(DocumentRejected):
        document.count(0)
    document.close()
