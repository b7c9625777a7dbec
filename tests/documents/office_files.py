"""Office files by hand, as small as they may be."""

import io
import zipfile
from collections.abc import Mapping

HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
SCHEMAS = "http://schemas.openxmlformats.org"
OFFICE = f"{SCHEMAS}/officeDocument/2006/relationships"
TYPE = "application/vnd.openxmlformats-officedocument"

Parts = dict[str, str]


def package(parts: Mapping[str, str], odd: Mapping[zipfile.ZipInfo, str] | None = None) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in [*parts.items(), *(odd or {}).items()]:
            file.writestr(name, content)
    return made.getvalue()


def docx_parts(text: str, body: str = "") -> Parts:
    """A document of one paragraph, in a font that Vietnamese papers are written in."""
    words = f"{SCHEMAS}/wordprocessingml/2006/main"
    font = '<w:rPr><w:rFonts w:ascii="Times New Roman" w:hAnsi="Times New Roman"/></w:rPr>'
    return {
        **_outer("word/document.xml", f"{TYPE}.wordprocessingml.document.main+xml"),
        "word/document.xml": f'{HEAD}<w:document xmlns:w="{words}" xmlns:r="{OFFICE}"><w:body>'
        f"<w:p><w:r>{font}<w:t>{text}</w:t></w:r></w:p>{body}</w:body></w:document>",
    }


def docx(text: str) -> bytes:
    return package(docx_parts(text))


def xlsx(text: str) -> bytes:
    from openpyxl import Workbook

    made, book = io.BytesIO(), Workbook()
    book.worksheets[0].append([text])
    book.save(made)
    return made.getvalue()


def pptx(text: str) -> bytes:
    show, draw = f"{SCHEMAS}/presentationml/2006/main", f"{SCHEMAS}/drawingml/2006/main"
    names = f'xmlns:p="{show}" xmlns:a="{draw}" xmlns:r="{OFFICE}"'
    blank = (
        '<p:nvGrpSpPr><p:cNvPr id="1" name=""/><p:cNvGrpSpPr/><p:nvPr/></p:nvGrpSpPr><p:grpSpPr/>'
    )
    box = (
        '<p:sp><p:nvSpPr><p:cNvPr id="2" name="o"/><p:cNvSpPr txBox="1"/><p:nvPr/></p:nvSpPr>'
        '<p:spPr><a:xfrm><a:off x="900000" y="900000"/><a:ext cx="6000000" cy="900000"/></a:xfrm>'
        '<a:prstGeom prst="rect"><a:avLst/></a:prstGeom></p:spPr><p:txBody><a:bodyPr/>'
        f"<a:p><a:r><a:t>{text}</a:t></a:r></a:p></p:txBody></p:sp>"
    )
    slide = "ppt/slides/slide1.xml"
    return package(
        _outer("ppt/presentation.xml", f"{TYPE}.presentationml.presentation.main+xml")
        | {
            "[Content_Types].xml": _types(
                ("ppt/presentation.xml", f"{TYPE}.presentationml.presentation.main+xml"),
                (slide, f"{TYPE}.presentationml.slide+xml"),
            ),
            "ppt/presentation.xml": f'{HEAD}<p:presentation {names}><p:sldIdLst><p:sldId id="256" '
            'r:id="rId1"/></p:sldIdLst><p:sldSz cx="9144000" cy="6858000"/></p:presentation>',
            "ppt/_rels/presentation.xml.rels": _relations("slide", "slides/slide1.xml"),
            slide: f"{HEAD}<p:sld {names}><p:cSld><p:spTree>{blank}{box}"
            "</p:spTree></p:cSld></p:sld>",
        }
    )


def _outer(main: str, kind: str) -> Parts:
    return {
        "[Content_Types].xml": _types((main, kind)),
        "_rels/.rels": _relations("officeDocument", main),
    }


def _types(*parts: tuple[str, str]) -> str:
    named = "".join(f'<Override PartName="/{name}" ContentType="{kind}"/>' for name, kind in parts)
    relations = "application/vnd.openxmlformats-package.relationships+xml"
    return (
        f'{HEAD}<Types xmlns="{SCHEMAS}/package/2006/content-types">'
        f'<Default Extension="rels" ContentType="{relations}"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{named}</Types>'
    )


def _relations(kind: str, target: str) -> str:
    return (
        f'{HEAD}<Relationships xmlns="{SCHEMAS}/package/2006/relationships">'
        f'<Relationship Id="rId1" Type="{OFFICE}/{kind}" Target="{target}"/></Relationships>'
    )
