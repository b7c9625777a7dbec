"""Leaves a link to a file that is not its own."""


def main(folder):
    (folder / "out").symlink_to("/etc/hostname")
    return {}
