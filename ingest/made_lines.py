"""Lines and words out of values that we made ourselves: text, and polygons of finite numbers.

pydantic would look at each of the 6,000 numbers of a dense page, which takes longer than finding
them. `model_construct` looks at each field's definition, which takes longer still: so this sets
what it sets, slot by slot.
"""

from typing import Any, Final

from pydantic import BaseModel

from contracts.pages import Line, Polygon, Word

# One for all: nothing changes a model that is frozen, and who copies one copies its set.
_OF_WORD: Final = {"text", "confidence", "polygon"}
_OF_LINE: Final = {"text", "confidence", "polygon", "words", "source"}
_new: Final = object.__new__
_set_values, _set_given, _set_extra, _set_private = (
    vars(BaseModel)[slot].__set__
    for slot in (
        "__dict__",
        "__pydantic_fields_set__",
        "__pydantic_extra__",
        "__pydantic_private__",
    )
)


def word_of(text: str, polygon: Polygon) -> Word:
    """A word of a text layer, confidence 1.0."""
    return _made(Word, {"text": text, "confidence": 1.0, "polygon": polygon}, _OF_WORD)


def line_of(words: tuple[Word, ...], polygon: Polygon) -> Line:
    """A line of a text layer, confidence 1.0; its text is that of its words."""
    text = " ".join([word.text for word in words])
    fields = {
        "text": text, "confidence": 1.0, "polygon": polygon, "words": words,
        "source": "text_layer",
    }  # fmt: skip
    return _made(Line, fields, _OF_LINE)


def _made[M: (Word, Line)](kind: type[M], fields: dict[str, Any], given: set[str]) -> M:
    model = _new(kind)
    _set_values(model, fields)
    _set_given(model, given)
    _set_extra(model, None)
    _set_private(model, None)
    return model
