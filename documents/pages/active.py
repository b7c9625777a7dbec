"""What acts in a PDF is found by walking every object, not only the page tree, and taken out.

Links to pages of the paper and to http(s) and mail addresses are kept, and so is a plain first
page (pdf.md 4.1). What the scan counts and what is taken out are the same table.
"""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from pikepdf import Array, Dictionary, Name, Object, Pdf, Stream

ACTIONS = {
    "/JavaScript": "js",
    "/Launch": "launch",
    "/ImportData": "import_data",
    "/SubmitForm": "submit",
    "/ResetForm": "submit",
    "/GoToE": "embedded",
    "/GoToR": "other_file",
    "/Rendition": "media",
    "/Movie": "media",
    "/Sound": "media",
    "/RichMediaExecute": "media",
    "/GoTo3DView": "media",
    "/Hide": "hide",
    "/SetOCGState": "layers",
    "/Thread": "other_file",
    "/Trans": "media",
}
KEYS = {
    "/AA": "actions_by_themselves",
    "/JS": "js",
    "/JavaScript": "js",
    "/EF": "embedded",
    "/AF": "embedded",
    "/EmbeddedFiles": "embedded",
    "/Collection": "embedded",
    "/RichMediaContent": "media",
    "/Renditions": "media",
    "/AlternatePresentations": "media",
    "/XFA": "xfa",
}
ANNOTATIONS = {
    "/FileAttachment": "embedded",
    "/RichMedia": "media",
    "/3D": "media",
    "/Movie": "media",
    "/Sound": "media",
    "/Screen": "media",
}
# What an annotation needs to be drawn as it stands.
DRAWN_BY = frozenset({"/Type", "/Subtype", "/Rect", "/AP", "/AS", "/F", "/P", "/OC", "/NM"})
ACTION_KEYS = frozenset({"/A", "/PA", "/Next", "/OpenAction"})
HARMLESS_ACTIONS = frozenset({"/GoTo", "/Named", "/URI"})
HARMLESS_ADDRESS = re.compile(r"(?i)(https?://|mailto:)")
DEEPEST = 100


def take_out(pdf: Pdf) -> dict[str, int]:
    """Remove what acts; what was removed, and how often."""
    removed: Counter[str] = Counter()
    for holder in _holders(pdf):
        # Not by its keys alone: a broken name cannot be asked for.
        for key, value in list(holder.items()):
            if why := _why(key, value):
                removed[why] += 1
                del holder[key]
    _take_out_annotations(pdf, removed)
    return dict(removed)


def left(pdf: Pdf) -> dict[str, int]:
    """What still acts; nothing, after `take_out`."""
    found = Counter(
        why
        for holder in _holders(pdf)
        for key, value in holder.items()
        if (why := _why(key, value))
    )
    return dict(found)


def _why(key: str, value: Any) -> str | None:
    """Why this entry of a dictionary has to go, or None."""
    if key in KEYS:
        return KEYS[key]
    if key in ACTION_KEYS:
        return _why_action(value)
    return None


def _why_action(value: Any) -> str | None:
    if isinstance(value, Array) and value and isinstance(value[0], Dictionary):
        if _is_destination(value):
            return None
        return next(filter(None, map(_why_action, value)), None)
    if not isinstance(value, Dictionary) or "/S" not in value:
        return None
    kind = str(value.get("/S"))
    if kind not in HARMLESS_ACTIONS:
        return ACTIONS.get(kind, "unknown_action")
    if kind == "/URI" and not HARMLESS_ADDRESS.match(str(value.get("/URI", ""))):
        return "address"
    return None


def _is_destination(value: Array) -> bool:
    """[page /Fit …]: a place in this paper, not a list of actions."""
    return len(value) > 1 and isinstance(value[1], Name)


def _take_out_annotations(pdf: Pdf, removed: Counter[str]) -> None:
    for page in pdf.pages:
        annotations = page.obj.get("/Annots")
        if not isinstance(annotations, Array):
            continue
        kept = [each for each in annotations if not _annotation(each, removed) or _still(each)]
        if len(kept) != len(annotations):
            page.obj["/Annots"] = Array(kept)


def _annotation(each: Object, removed: Counter[str]) -> bool:
    why = ANNOTATIONS.get(str(each.get("/Subtype"))) if isinstance(each, Dictionary) else None
    if why:
        removed[why] += 1
    return bool(why)


def _still(each: Object) -> bool:
    """Leave of what acted the picture of it that its file brings, where it brings one: a page looks
    as it was handed in."""
    if "/AP" not in each:
        return False
    for key in set(each.keys()) - DRAWN_BY:
        del each[key]
    each["/Subtype"] = Name.Stamp
    return True


def _holders(pdf: Pdf) -> Iterator[Any]:
    """Every dictionary of the file: the numbered objects, and what stands directly in them."""
    yield from _within(pdf.trailer, 0)
    for each in pdf.objects:
        yield from _within(each, 0)


def _within(value: Any, depth: int) -> Iterator[Any]:
    if depth > DEEPEST:
        return
    if isinstance(value, Stream):
        yield value.stream_dict
        inside: Any = [each for _, each in value.stream_dict.items()]
    elif isinstance(value, Dictionary):
        yield value
        inside = [each for _, each in value.items()]
    elif isinstance(value, Array):
        inside = list(value)
    else:
        return
    for each in inside:
        if isinstance(each, (Dictionary, Array)) and not each.is_indirect:
            yield from _within(each, depth + 1)
