"""Mutants that are no other program: what was changed, and why nobody can tell."""

# What a codec is called is read without its punctuation.
UTF_8 = {"'utf-8'  ->  'utf-8!'": "the same codec"}
ALIKE: dict[str, dict[str, str]] = {
    "ecabinet/canonical.py": UTF_8,
    "ecabinet/ledger.py": {
        "'ledger leaves'  ->  'ledger leaves!'": "a place that nobody else asks for",
        "named.items() <= body.items()  ->  named.items() < body.items()": (
            "each act says its kind as well, which no number names"
        ),
    },
}
