"""Files that others made: each is prepared or refused with a reason; none breaks anything."""

import os
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from documents import rules
from documents.pages import reading
from documents.rules import PaperRefusal

SAMPLES = os.environ.get("ECABINET_SAMPLES", "")
REASONS_FOR_DAMAGE = {PaperRefusal.BROKEN, PaperRefusal.NO_PAGES, PaperRefusal.ENCRYPTED}


def outcome(path):
    content = path.read_bytes()
    found = rules.refusal_by_look(path.name, content) or reading.read(content)
    return found if isinstance(found, PaperRefusal) else len(found.texts)


def test_files_of_others_are_prepared_or_refused_with_a_reason(capsys):
    files = sorted(Path(SAMPLES, "pdf").rglob("*.pdf")) if SAMPLES else []
    with ThreadPoolExecutor(2) as pool:
        outcomes = dict(zip(files, pool.map(outcome, files), strict=True))
    refused = Counter(each for each in outcomes.values() if isinstance(each, PaperRefusal))
    prepared = len(files) - refused.total()
    with capsys.disabled():
        print(f"\nsamples: {len(files)} files, {prepared} prepared, refused {dict(refused)}")
    assert set(refused) <= REASONS_FOR_DAMAGE
    assert prepared >= 0.85 * len(files)
