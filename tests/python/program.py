# SPDX-License-Identifier: MIT
"""The program under test, and a folder for what a test writes; the folder goes when the test ends."""

import os
import subprocess
import tempfile

BUILD = os.environ.get("BUILD", "build")
SGDMARK = BUILD + "/sgdmark"
scratch = tempfile.TemporaryDirectory()


def path(name):
    return os.path.join(scratch.name, name)


def read(name):
    with open(path(name), encoding="utf-8") as file:
        return file.read()


def execute(*command, **options):
    return subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, **options)


def report(*names, page, **options):
    """Makes a page of result files of the folder."""
    return execute(SGDMARK, "report", *[path(name) for name in names], "-o", path(page), **options)
