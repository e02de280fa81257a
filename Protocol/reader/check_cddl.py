#!/usr/bin/env python3
"""Reads relay.cddl with a public CDDL validator (PyPI: cddl-verifier) and matches every golden vector with it: that the
description is CDDL as others read it, and not only what this project's own matcher takes.

    pip install cddl-verifier && python3 Protocol/reader/check_cddl.py
"""

import json
import pathlib
import sys

from cddl_verifier import schema_diagnostics, validate

PROTOCOL = pathlib.Path(__file__).resolve().parent.parent
CDDL = (PROTOCOL / "relay.cddl").read_text()


def main():
    wrong = [str(problem) for problem in schema_diagnostics(CDDL)]
    count = 0
    for path in sorted((PROTOCOL / "vectors").glob("*.json")):
        file = json.loads(path.read_text())
        for vector in file.get("valid", []):
            count += 1
            if not validate(CDDL, bytes.fromhex(vector["hex"]), root_type=vector["kind"]).valid:
                wrong.append(f"{path.name}: {vector['name']}: not described")
    for line in wrong:
        print(line, file=sys.stderr)
    print(f"Protocol: {count} golden vectors matched by a public CDDL validator, {len(wrong)} of them wrong")
    return 1 if wrong or not count else 0


if __name__ == "__main__":
    sys.exit(main())
