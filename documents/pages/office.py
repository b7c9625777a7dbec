"""The child that turns an Office file into a PDF with LibreOffice, within the walls and limits of
`ecabinet.offload`: no network, no home, a profile of its own that is gone afterwards (pdf.md 4.4).
"""

import os
import stat
import subprocess
import zipfile
from pathlib import Path

PROGRAM = Path("/usr/lib/libreoffice/program/soffice")
MADE = "made.pdf"
# By the part that only a file of this kind has (UPL-01).
PARTS = {"word/document.xml": "docx", "xl/workbook.xml": "xlsx", "ppt/presentation.xml": "pptx"}
# UPL-03.
MOST_ENTRIES, MOST_BYTES, MOST_RATIO = 2_000, 500 * 1024 * 1024, 100

# Vietnamese paper and numbers where a file says nothing; no macro runs, whatever it says.
PROFILE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Setup/L10N"><prop oor:name="ooSetupSystemLocale" oor:op="fuse">
<value>vi-VN</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Security/Scripting">
<prop oor:name="DisableMacrosExecution" oor:op="fuse"><value>true</value></prop></item>
</oor:items>
"""


def main(folder: Path) -> dict[str, str]:
    """What kind of file it is, with the PDF beside it; or why there is none."""
    kind, refusal = looked_into(folder / "in")
    if refusal:
        return {"refusal": refusal}
    named = (folder / "in").rename(folder / f"in.{kind}")
    profile = folder / "profile"
    (profile / "user").mkdir(parents=True)
    (profile / "user" / "registrymodifications.xcu").write_text(PROFILE)
    subprocess.run(
        [
            PROGRAM, "--headless", "--norestore", "--nologo", "--nodefault", "--nolockcheck",
            f"-env:UserInstallation={profile.as_uri()}",
            "--convert-to", "pdf", "--outdir", folder, named,
        ],
        env={"HOME": str(folder), "PATH": os.defpath, "LANG": "C.UTF-8"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
    )  # fmt: skip
    pdf = folder / "in.pdf"
    if not pdf.is_file():
        return {"refusal": "not_converted"}
    pdf.rename(folder / MADE)
    return {"kind": kind}


def looked_into(file: Path) -> tuple[str, str]:
    """Which kind of Office file this is, and why it is not opened any further ("" if it is)."""
    try:
        with zipfile.ZipFile(file) as package:
            entries = package.infolist()
    except (zipfile.BadZipFile, ValueError, RuntimeError):
        return "", "broken"
    names = {each.filename for each in entries}
    kinds = [kind for part, kind in PARTS.items() if part in names]
    if len(kinds) != 1 or "[Content_Types].xml" not in names:
        return "", "not_pdf"
    if any(_leads_out(each) for each in entries):
        return "", "broken"
    if any(each.lower().endswith("vbaproject.bin") for each in names):
        return "", "has_macros"
    whole = sum(each.file_size for each in entries)
    packed = file.stat().st_size
    if len(entries) > MOST_ENTRIES or whole > MOST_BYTES or whole > MOST_RATIO * packed:
        return "", "too_costly"
    return kinds[0], ""


def _leads_out(entry: zipfile.ZipInfo) -> bool:
    is_link = stat.S_ISLNK(entry.external_attr >> 16)
    return is_link or entry.filename.startswith("/") or ".." in Path(entry.filename).parts
