# SPDX-License-Identifier: MIT
"""TAP lines of a test in Python, as tests/lib.sh prints them."""
import sys

count = failed = 0


def check(name, good, seen=""):
    """One line; where it is not good, what was seen behind it."""
    global count, failed
    count += 1
    failed += not good
    print(f"{'' if good else 'not '}ok {count} - {name}")
    if not good:
        print("".join(f"# {line}\n" for line in str(seen).splitlines()), end="")


def skip(name, why):
    global count
    count += 1
    print(f"ok {count} - {name} # SKIP {why}")


def finish():
    print(f"1..{count}")
    sys.exit(failed > 0)
