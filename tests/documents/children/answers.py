"""Reads its file and leaves another."""


def main(folder):
    (folder / "out").write_bytes(b"made")
    return {"read": (folder / "in").read_text()}
