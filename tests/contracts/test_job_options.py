"""What a submitter may ask for."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.errors import InvalidOption
from contracts.ids import checked_token, new_job_id
from contracts.job_identity import job_id_for_key, job_id_of
from contracts.job_options import PRIORITIES, JobOptions
from contracts.languages import LANGUAGES, script_of
from contracts.page_ranges import PageRanges

ranges = st.lists(
    st.tuples(st.integers(0, 40), st.none() | st.integers(0, 20)).map(
        lambda pair: (pair[0], None if pair[1] is None else pair[0] + pair[1])
    ),
    max_size=5,
).map(lambda found: PageRanges(ranges=tuple(found)))


@given(
    st.builds(
        JobOptions,
        language=st.sampled_from(sorted(LANGUAGES)),
        dpi=st.integers(50, 1200),
        pages=ranges,
        priority=st.sampled_from(PRIORITIES),
        tenant=st.from_regex(r"[A-Za-z0-9_-]{1,64}", fullmatch=True),
    )
)
def test_options_travel_in_headers_without_loss(options: JobOptions) -> None:
    assert JobOptions.from_headers(options.to_headers(), defaults=JobOptions()) == options


@pytest.mark.parametrize(
    ("header", "value", "words"),
    [
        ("Ocr-Dpi", "many", "not a whole number"),
        ("Ocr-Dpi", "5", "dpi 5 is out of range"),
        ("Ocr-Dpi", "5000", "dpi 5000 is out of range"),
        ("Ocr-Language", "klingon", "choose one of"),
        ("Ocr-Pages", "0-1", "names a page 0"),
        ("Ocr-Priority", "urgent", "interactive, bulk"),
        ("Ocr-Tenant", "a.b", "tenant 'a.b' cannot be used"),
        ("Ocr-Deadline-Seconds", "soon", "not a whole number of seconds"),
        ("Ocr-Deadline-Seconds", "0", "a deadline of 0 s is out of range"),
        ("Ocr-Language", "e" * 9000, "is not known"),
        ("Ocr-Pages", "x" * 9000, "cannot be read"),
    ],
)
def test_a_wrong_header_is_refused_in_words(header: str, value: str, words: str) -> None:
    for typed in (header, header.lower(), header.upper()):
        with pytest.raises(InvalidOption, match=f"^header {header}: ") as refused:
            JobOptions.from_headers({typed: value}, defaults=JobOptions())
        assert words in str(refused.value)
        assert len(str(refused.value)) < 600  # whatever was sent


def test_header_names_are_read_in_any_case() -> None:
    typed = {"ocr-dpi": "150", "OCR-LANGUAGE": "de", "Ocr-pages": "2"}
    options = JobOptions.from_headers(typed, defaults=JobOptions())
    assert (options.dpi, options.language, options.pages.ranges) == (150, "de", ((1, 1),))
    both = JobOptions.from_headers({"Ocr-Dpi": "300", "ocr-dpi": "x"}, defaults=JobOptions())
    assert both.dpi == 300


def test_a_wrong_job_id_is_named_and_its_message_id_stands_for_it() -> None:
    stored = {"stored_at": datetime.now(UTC), "stream_sequence": 7}
    job_id, wrong = job_id_of({"ocr-job-id": "a.b", "Nats-Msg-Id": "key"}, **stored)  # type: ignore[arg-type]
    assert job_id == job_id_for_key("key")
    assert "header Ocr-Job-Id: job id 'a.b' cannot be used" in str(wrong)
    assert job_id_of({"ocr-job-id": "mine"}, **stored) == ("mine", None)  # type: ignore[arg-type]


def test_what_headers_leave_open_comes_from_the_defaults() -> None:
    defaults = JobOptions(language="de", dpi=300)
    assert JobOptions.from_headers({"Ocr-Dpi": "150"}, defaults=defaults) == JobOptions(
        language="de", dpi=150
    )


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 5)), min_size=1), st.integers(1, 20))
def test_a_selection_is_what_its_ranges_say(pairs: list[tuple[int, int]], page_count: int) -> None:
    written = ",".join(f"{first + 1}-{first + length + 1}" for first, length in pairs)
    expected = {n for first, length in pairs for n in range(first, first + length + 1)}
    parsed = PageRanges.parse(written)
    if max(expected) >= page_count:
        with pytest.raises(InvalidOption, match="was asked for, but the document has"):
            parsed.within(page_count)
        return
    selected = parsed.within(page_count)
    assert list(selected.indexes()) == sorted(expected)
    assert len(selected) == len(expected)
    assert [n for n in range(page_count) if n in selected] == sorted(expected)
    assert list(selected.indexes(after=3)) == [n for n in sorted(expected) if n > 3]


@pytest.mark.parametrize("text", ["", "0", "1-0", "a", "1,,2", "-3", "1-2-3", "²", "9" * 30])
def test_page_ranges_that_cannot_be_read_are_refused_in_words(text: str) -> None:
    with pytest.raises(InvalidOption, match="write numbers and ranges from 1"):
        PageRanges.parse(text)


def test_open_and_single_ranges() -> None:
    assert list(PageRanges.parse("2, 4-").within(6).indexes()) == [1, 3, 4, 5]
    assert list(PageRanges().within(2).indexes()) == [0, 1]
    assert len(PageRanges().within(0)) == 0


@pytest.mark.parametrize("text", ["", "a.b", "a b", "*", ">", "ä", "x" * 65, "a\n"])
def test_names_that_cannot_stand_in_a_subject_are_refused(text: str) -> None:
    with pytest.raises(InvalidOption, match="1 to 64 letters"):
        checked_token(text, what="name")


def test_job_ids_are_tokens_and_differ() -> None:
    ids = [new_job_id() for _ in range(1000)]
    assert len(set(ids)) == 1000
    assert all(checked_token(each, what="id") == each for each in ids)
    assert ids[0][:12] <= ids[-1][:12]


def test_every_language_has_a_script_and_an_unknown_one_lists_them() -> None:
    assert script_of("de") == "latin"
    assert script_of("japan") == "han"
    with pytest.raises(InvalidOption, match=r"choose one of: abq ady af ang ar .* xal$"):
        script_of("vi")
