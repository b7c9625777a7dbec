"""Files that others made: each is prepared or refused with a reason; none breaks anything. What is
said of their signatures is what poppler's `pdfsig` says of them."""

import os
import re
import subprocess
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding

from documents import rules
from documents.pages import reading
from documents.rules import PaperRefusal
from tests.documents.test_signed import Signer

SAMPLES = os.environ.get("ECABINET_SAMPLES", "")
REASONS_FOR_DAMAGE = {PaperRefusal.BROKEN, PaperRefusal.NO_PAGES, PaperRefusal.ENCRYPTED}
FILES = sorted(Path(SAMPLES, "pdf").rglob("*.pdf")) if SAMPLES else []


def outcome(path):
    content = path.read_bytes()
    found = rules.refusal_by_look(path.name, content) or reading.read(content)
    return found if isinstance(found, PaperRefusal) else len(found.texts)


def test_files_of_others_are_prepared_or_refused_with_a_reason(capsys):
    with ThreadPoolExecutor(2) as pool:
        outcomes = dict(zip(FILES, pool.map(outcome, FILES), strict=True))
    refused = Counter(each for each in outcomes.values() if isinstance(each, PaperRefusal))
    prepared = len(FILES) - refused.total()
    with capsys.disabled():
        print(f"\nsamples: {len(FILES)} files, {prepared} prepared, refused {dict(refused)}")
    assert set(refused) <= REASONS_FOR_DAMAGE
    assert prepared >= 0.85 * len(FILES)


def said_by_pdfsig(path):
    """Of each signature whether it holds, whoever may have signed."""
    told = subprocess.run(
        ["pdfsig", "-nocert", path], capture_output=True, text=True, errors="replace", check=False
    ).stdout
    each = re.split(r"^Signature #\d+:$", told, flags=re.M)[1:]
    return ["Signature is Valid." in one for one in each if "field is not signed" not in one]


def said_here(path, roots=()):
    """The same; None where nothing can be opened."""
    found = reading.signatures(path.read_bytes(), roots, datetime.now(UTC))
    held = ("valid", "unknown_authority", "expired")
    return None if found is None else [each["standing"] in held for each in found]


def test_what_is_said_of_their_signatures_is_what_pdfsig_says(cabinet, capsys, tmp_path):
    """As they are; signed here, each in a revision of its own; and with a digit changed then."""
    signer = Signer()
    roots = [signer.certificate.public_bytes(Encoding.DER)]

    def compared(number):
        path = FILES[number]
        as_it_is = (said_here(path) or [], said_by_pdfsig(path))
        try:
            signed = signer.signs(path.read_bytes(), "KySo")
        # What asks for a password, or is too damaged to be signed, as several libraries say it.
        except Exception:
            return [as_it_is]
        ours, changed = (tmp_path / f"{number}-{name}.pdf" for name in ("ky", "sua"))
        ours.write_bytes(signed)
        # The year of its time: pyHanko writes the colon before it as an octal number.
        at = signed.rindex(b"/M (D\\072") + len(b"/M (D\\072")
        changed.write_bytes(signed[:at] + b"9" + signed[at + 1 :])
        return [
            as_it_is,
            *((said_here(each, roots), said_by_pdfsig(each)) for each in (ours, changed)),
        ]

    with ThreadPoolExecutor(2) as pool:
        found = dict(zip(FILES, pool.map(compared, range(len(FILES))), strict=True))
    with capsys.disabled():
        signed = sum(bool(each[0][1]) for each in found.values())
        here = sum(len(each) > 1 for each in found.values())
        print(f"\nsignatures: {len(FILES)} files, {signed} came signed, {here} signed here")
    other = {path.name: each for path, each in found.items() if any(a != b for a, b in each)}
    assert other == {}
    assert all(each[1][0][-1] and not each[2][0][-1] for each in found.values() if len(each) > 1)
