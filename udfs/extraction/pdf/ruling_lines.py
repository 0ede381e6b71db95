"""Ruling lines of a PDF page: strokes and thin filled rectangles, level or upright."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, NamedTuple

import pypdfium2.raw as pdfium_c

Box = tuple[float, float, float, float]
"""Left, right, lower and upper edge in points, y upwards."""

MAXIMUM_THICKNESS = 3.5
"""Points; a thicker bar is a background or a picture."""
MINIMUM_LENGTH = 8.0
"""Points; shorter strokes are tick marks, underscores and parts of drawings."""
MAXIMUM_OBJECTS = 10_000
"""Page objects that are looked at; a map or a plot has more, and no table."""
MAXIMUM_SEGMENTS = 20_000
"""Path segments of a page that are looked at."""
JOIN_GAP = 3.0
"""Points of blank between two strokes on one line that are one rule (dashes, strokes a cell)."""
SAME_POSITION = 2.0
"""Points by which two parallel strokes may differ and still be one rule (double lines)."""
_FORM_DEPTH = 3

_OBJECT_ARGUMENTS = [ctypes.c_void_p, ctypes.c_int]


def integer_call(name: str, arguments: list[Any], result: Any = ctypes.c_int) -> Any:
    """Bind a function of pdfium with integers for pointers: type checks cost as much as the call."""
    address = ctypes.cast(getattr(pdfium_c, name), ctypes.c_void_p).value or 0
    return ctypes.CFUNCTYPE(result, *arguments)(address)


_page_object = integer_call("FPDFPage_GetObject", _OBJECT_ARGUMENTS, ctypes.c_void_p)
_form_object = integer_call("FPDFFormObj_GetObject", _OBJECT_ARGUMENTS, ctypes.c_void_p)
_type_of = integer_call("FPDFPageObj_GetType", [ctypes.c_void_p])
_bounds_of = integer_call("FPDFPageObj_GetBounds", [ctypes.c_void_p] * 5)
_matrix_of = integer_call("FPDFPageObj_GetMatrix", [ctypes.c_void_p] * 2)
_segment_count = integer_call("FPDFPath_CountSegments", [ctypes.c_void_p])
_segment_of = integer_call("FPDFPath_GetPathSegment", _OBJECT_ARGUMENTS, ctypes.c_void_p)
_point_of = integer_call("FPDFPathSegment_GetPoint", [ctypes.c_void_p] * 3)
_segment_type = integer_call("FPDFPathSegment_GetType", [ctypes.c_void_p])
_closes = integer_call("FPDFPathSegment_GetClose", [ctypes.c_void_p])
_draw_mode = integer_call("FPDFPath_GetDrawMode", [ctypes.c_void_p] * 3)
_form_count = integer_call("FPDFFormObj_CountObjects", [ctypes.c_void_p])

_FLOATS = (ctypes.c_float * 6)()  # pdfium is not thread-safe, so one buffer serves
_FLOAT_ADDRESSES = [ctypes.addressof(_FLOATS) + 4 * index for index in range(6)]
_INTEGERS = (ctypes.c_int * 2)()
_INTEGER_ADDRESSES = [ctypes.addressof(_INTEGERS), ctypes.addressof(_INTEGERS) + 4]

Matrix = tuple[float, float, float, float, float, float]
_IDENTITY: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)


class Rule(NamedTuple):
    """A straight line along one axis, in points.

    Attributes:
        position: Its y when it is level, its x when it is upright.
        start: Where it begins along its own axis.
        end: Where it ends.
    """

    position: float
    start: float
    end: float


class PageRules(NamedTuple):
    """The rules of a page, each list by position; collinear strokes that touch are one rule."""

    level: list[Rule]
    upright: list[Rule]


NO_RULES = PageRules([], [])


def read_rule_boxes(page: Any) -> list[Box]:
    """Read the thin boxes a page draws.

    Args:
        page: A ``pypdfium2.PdfPage``.

    Returns:
        Boxes at most ``MAXIMUM_THICKNESS`` points thick and at least ``MINIMUM_LENGTH`` long; none for a
        page with more drawing on it than a table needs.
    """
    handle = ctypes.cast(page.raw, ctypes.c_void_p).value
    boxes: list[Box] = []
    segments = 0
    for path, matrix in _paths(handle, pdfium_c.FPDFPage_CountObjects(page.raw)):
        count = _segment_count(path)
        segments += count
        if segments > MAXIMUM_SEGMENTS:
            return []
        if matrix == _IDENTITY and _bounds_of(path, *_FLOAT_ADDRESSES[:4]):
            left, bottom, right, top = _FLOATS[:4]
            width, height = right - left, top - bottom
            if max(width, height) < MINIMUM_LENGTH:
                continue
            if min(width, height) <= MAXIMUM_THICKNESS:
                boxes.append((left, right, bottom, top))
                continue
        boxes += _thin_boxes(path, count, matrix)
    return boxes


def _paths(handle: int | None, count: int) -> Iterator[tuple[int, Matrix]]:
    """Path objects of a page, and of the forms on it, with the matrix to the page's space."""
    pending = [(_page_object, handle, index, _IDENTITY, 0) for index in range(count - 1, -1, -1)]
    seen = 0
    while pending:
        child, parent, index, matrix, depth = pending.pop()
        seen += 1
        if seen > MAXIMUM_OBJECTS:
            return
        found = child(parent, index)
        kind = _type_of(found)
        if kind == pdfium_c.FPDF_PAGEOBJ_PATH:
            yield found, matrix
        elif kind == pdfium_c.FPDF_PAGEOBJ_FORM and depth < _FORM_DEPTH:
            inner = _product(_matrix(found), matrix)
            children = min(_form_count(found), MAXIMUM_OBJECTS)
            pending += [
                (_form_object, found, number, inner, depth + 1)
                for number in range(children - 1, -1, -1)
            ]


def _matrix(found: int) -> Matrix:
    if not _matrix_of(found, ctypes.addressof(_FLOATS)):
        return _IDENTITY
    a, b, c, d, e, f = _FLOATS
    return a, b, c, d, e, f


def _product(first: Matrix, second: Matrix) -> Matrix:
    """The matrix that applies ``first``, then ``second`` (PDF 32000-1, 8.3.4)."""
    a, b, c, d, e, f = first
    g, h, i, j, k, m = second
    return (
        a * g + b * i, a * h + b * j, c * g + d * i, c * h + d * j,
        e * g + f * i + k, e * h + f * j + m,
    )  # fmt: skip


def _thin_boxes(path: int, count: int, matrix: Matrix) -> list[Box]:
    """Rules of a path of several lines or rectangles: a grid may be a single path."""
    _draw_mode(path, *_INTEGER_ADDRESSES)
    is_stroked = bool(_INTEGERS[1])
    if not is_stroked and not _INTEGERS[0]:
        return []  # a clip path paints nothing
    boxes: list[Box] = []
    for points in _subpaths(path, count, _product(_matrix(path), matrix)):
        xs, ys = [x for x, _ in points], [y for _, y in points]
        whole = (min(xs), max(xs), min(ys), max(ys))
        if _is_rule(whole):
            boxes.append(whole)
        elif is_stroked:
            for (x0, y0), (x1, y1) in pairwise(points):
                line = (min(x0, x1), max(x0, x1), min(y0, y1), max(y0, y1))
                if _is_rule(line) and min(line[1] - line[0], line[3] - line[2]) < 0.5:
                    boxes.append(line)
    return boxes


def _is_rule(box: Box) -> bool:
    width, height = box[1] - box[0], box[3] - box[2]
    return min(width, height) <= MAXIMUM_THICKNESS and max(width, height) >= MINIMUM_LENGTH


def _subpaths(path: int, count: int, matrix: Matrix) -> Iterator[list[tuple[float, float]]]:
    """Corner points of each subpath, closed ones with the first again; curved ones are left out."""
    a, b, c, d, e, f = matrix
    points: list[tuple[float, float]] = []
    is_straight = True
    for index in range(count):
        segment = _segment_of(path, index)
        kind = _segment_type(segment)
        if kind == pdfium_c.FPDF_SEGMENT_MOVETO:
            if len(points) > 1 and is_straight:
                yield points
            points, is_straight = [], True
        is_straight &= kind != pdfium_c.FPDF_SEGMENT_BEZIERTO
        _point_of(segment, *_FLOAT_ADDRESSES[:2])
        x, y = _FLOATS[0], _FLOATS[1]
        points.append((a * x + c * y + e, b * x + d * y + f))
        if _closes(segment):
            points.append(points[0])
    if len(points) > 1 and is_straight:
        yield points


def rules_of(boxes: list[Box]) -> PageRules:
    """Tell level from upright rules and join the strokes that make up one.

    Args:
        boxes: Thin boxes in any order.

    Returns:
        Rules by position, then start.
    """
    level, upright = [], []
    for x0, x1, y0, y1 in boxes:
        if x1 - x0 >= y1 - y0:
            level.append(Rule((y0 + y1) / 2, x0, x1))
        else:
            upright.append(Rule((x0 + x1) / 2, y0, y1))
    return PageRules(_joined(level), _joined(upright))


def _joined(rules: list[Rule]) -> list[Rule]:
    levels: list[list[Rule]] = []
    for rule in sorted(rules):
        if levels and rule.position - levels[-1][0].position <= SAME_POSITION:
            levels[-1].append(rule)
        else:
            levels.append([rule])
    joined = []
    for same in levels:
        position = same[0].position
        start, end = None, 0.0
        for rule in sorted(same, key=lambda rule: rule.start):
            if start is not None and rule.start - end <= JOIN_GAP:
                end = max(end, rule.end)
                continue
            if start is not None:
                joined.append(Rule(position, start, end))
            start, end = rule.start, rule.end
        if start is not None:
            joined.append(Rule(position, start, end))
    return joined
