"""Sleeps through every limit on its processor's time."""

import time


def main(folder):
    time.sleep(600)
