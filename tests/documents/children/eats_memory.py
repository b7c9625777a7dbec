"""Takes more memory than a child may have."""


def main(folder):
    return {"length": len(bytearray(3 * 2**30))}
