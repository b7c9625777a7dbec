"""Compile each room's catalogue; the words themselves stand in the templates, in Vietnamese."""

from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po


def main() -> None:
    for source in sorted(Path(__file__).parent.rglob("*.po")):
        catalogue = read_po(source.open("rb"))
        with source.with_suffix(".mo").open("wb") as compiled:
            write_mo(compiled, catalogue)


if __name__ == "__main__":
    main()
