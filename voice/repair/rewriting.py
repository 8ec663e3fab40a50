"""A text that is changed piece by piece, with every piece's place in the text as it was heard."""

from __future__ import annotations

from dataclasses import dataclass

from voice.repair.heard import Correction, Why


@dataclass(frozen=True, slots=True)
class _Piece:
    """`text` stands for `source[begin:finish]`; `why` is None where it is as it was heard."""

    text: str
    begin: int
    finish: int
    why: Why | None = None
    distance: float = 0.0


class Rewriting:
    """Changes never overlap: one that touches an earlier one takes it in, and both become one change of the source."""

    def __init__(self, source: str) -> None:
        self.source = source
        self._pieces = [_Piece(source, 0, len(source))]

    @property
    def text(self) -> str:
        """The text as it is now."""
        return "".join(piece.text for piece in self._pieces)

    def replace(self, begin: int, finish: int, after: str, why: Why, distance: float = 0.0) -> None:
        """Put `after` for `text[begin:finish]` (places in the text as it is now)."""
        kept: list[_Piece] = []
        gone: list[_Piece] = []
        head = tail = ""
        place = 0
        for piece in self._pieces:
            start, end = place, place + len(piece.text)
            place = end
            if end <= begin or start >= finish:
                kept.append(piece)
                continue
            left, right = max(begin - start, 0), min(finish - start, len(piece.text))
            if piece.why is None:
                # As heard: character for character, so that only what is replaced goes.
                at = piece.begin
                if left:
                    kept.append(_Piece(piece.text[:left], at, at + left))
                gone.append(_Piece(piece.text[left:right], at + left, at + right))
                if right < len(piece.text):
                    kept.append(_Piece(piece.text[right:], at + right, piece.finish))
                continue
            head, tail = head or piece.text[:left], piece.text[right:]
            gone.append(piece)
        if not gone:
            return
        source_begin, source_finish = gone[0].begin, gone[-1].finish
        new = head + after + tail
        as_heard = new == self.source[source_begin:source_finish]
        total = distance + sum(piece.distance for piece in gone)
        merged = _Piece(new, source_begin, source_finish, None if as_heard else why, total)
        self._pieces = sorted([*kept, merged], key=lambda piece: (piece.begin, piece.finish))

    def corrections(self) -> tuple[Correction, ...]:
        """All changes from left to right."""
        return tuple(
            Correction(self.source[p.begin : p.finish], p.text, p.why, p.begin, p.finish, p.distance)
            for p in self._pieces
            if p.why is not None
        )

    def origin(self, begin: int, finish: int) -> tuple[int, int]:
        """Where `text[begin:finish]` was heard, as places of the source; whole changes where it touches some."""
        spans: list[tuple[int, int]] = []
        place = 0
        for piece in self._pieces:
            start, end = place, place + len(piece.text)
            place = end
            if end <= begin or start >= finish:
                continue
            if piece.why is None:
                spans.append(
                    (piece.begin + max(begin - start, 0), piece.begin + min(finish - start, end - start))
                )
            else:
                spans.append((piece.begin, piece.finish))
        return (spans[0][0], spans[-1][1]) if spans else (0, 0)
