"""Which operators of a content stream show invisible text, and what is left without them."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from pikepdf import ContentStreamInlineImage, ContentStreamInstruction, Matrix, Operator

Instruction = ContentStreamInstruction | ContentStreamInlineImage
# Whether text that begins at this point of user space is to stay.
Stays = Callable[[float, float], bool]

_INVISIBLE: Final = 3
_SHOWS: Final = {"Tj", "TJ", "'", '"'}
_MOVES: Final = {"Td", "TD", "Tm", "T*"}
# Deeper nesting of q is damage, or a trap.
_DEEPEST: Final = 10_000


def without_invisible_text(
    instructions: Sequence[Instruction], *, stays: Stays
) -> list[Instruction] | None:
    """The instructions without those that show text in render mode 3; None if there are none.

    Everything else stays, so that the state of graphics is the same. So does invisible text that
    decides where the visible text behind it stands.
    """
    walk = _Walk(stays)
    for index, instruction in enumerate(instructions):
        if isinstance(instruction, ContentStreamInstruction):
            walk.step(index, str(instruction.operator), instruction.operands)
    walk.end_text()
    if not walk.dropped:
        return None
    kept: list[Instruction] = []
    for index, instruction in enumerate(instructions):
        if index not in walk.dropped:
            kept.append(instruction)
        elif isinstance(instruction, ContentStreamInstruction):
            kept += _moves_of(instruction)
    return kept


def _moves_of(instruction: ContentStreamInstruction) -> list[Instruction]:
    """What a dropped operator does besides showing text."""
    operator, operands = str(instruction.operator), instruction.operands
    if operator == "'":
        return [ContentStreamInstruction([], Operator("T*"))]
    if operator == '"' and len(operands) == 3:
        return [
            ContentStreamInstruction([operands[0]], Operator("Tw")),
            ContentStreamInstruction([operands[1]], Operator("Tc")),
            ContentStreamInstruction([], Operator("T*")),
        ]
    return []


class _Walk:
    """Follows the state of graphics and text as far as it matters here."""

    def __init__(self, stays: Stays) -> None:
        self.dropped: set[int] = set()
        self._stays = stays
        self._mode = 0
        self._leading = 0.0
        self._page = Matrix()
        self._stack: list[tuple[int, float, Matrix]] = []
        self._line = Matrix()
        # Of this text object, and how many of them stand behind its last move.
        self._invisible: list[int] = []
        self._advanced = 0

    def step(self, index: int, operator: str, operands: Iterable[Any]) -> None:
        try:
            self._follow(index, operator, [*operands])
        except (TypeError, ValueError, IndexError):
            return  # damaged operands: viewers pass over them too

    def end_text(self) -> None:
        self.dropped.update(self._invisible)
        self._invisible, self._advanced = [], 0

    def _follow(self, index: int, operator: str, operands: list[Any]) -> None:
        if operator in _SHOWS:
            self._show(index, operator)
        elif operator in _MOVES:
            self._move(operator, operands)
        elif operator == "Tr":
            self._mode = int(operands[0])
        elif operator == "TL":
            self._leading = float(operands[0])
        elif operator == "BT":
            self._line = Matrix()
            self._advanced = 0
        elif operator == "ET":
            self.end_text()
        elif operator == "q" and len(self._stack) < _DEEPEST:
            self._stack.append((self._mode, self._leading, self._page))
        elif operator == "Q" and self._stack:
            self._mode, self._leading, self._page = self._stack.pop()
        elif operator == "cm":
            self._page = _matrix(operands) @ self._page

    def _move(self, operator: str, operands: list[Any]) -> None:
        self._advanced = 0
        if operator == "Tm":
            self._line = _matrix(operands)
            return
        x, y = (0.0, -self._leading) if operator == "T*" else map(float, operands)
        if operator == "TD":
            self._leading = -y
        self._line = Matrix(1, 0, 0, 1, x, y) @ self._line

    def _show(self, index: int, operator: str) -> None:
        if operator in {"'", '"'}:
            self._move("T*", [])
        if self._mode != _INVISIBLE:
            # It stands where the invisible text before it ends.
            del self._invisible[len(self._invisible) - self._advanced :]
            self._advanced = 0
            return
        placed = self._line @ self._page
        if not self._stays(placed.e, placed.f):
            self._invisible.append(index)
            self._advanced += 1


def _matrix(operands: Sequence[Any]) -> Matrix:
    return Matrix(*map(float, operands))
