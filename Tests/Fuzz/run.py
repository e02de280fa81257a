#!/usr/bin/env python3
"""Runs the fuzz targets one after the other under libFuzzer, from the corpus that is kept, the golden vectors, and requests, answers
and files of a small fleet.

    run.py --fuzzer PROGRAM [--seconds N] [--only NAME,NAME] [--keep BYTES]

An input that ends the program is put into Tests/Fuzz/Corpus, a line of hexadecimal digits each, where every run of the tests reads it
again, and the run fails. With --keep what reached new code is minimised and put there too, the smallest first, up to so many bytes a
target."""
import argparse
import gzip
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
CORPUS, VECTORS = HERE / "Corpus", HERE.parents[1] / "Protocol" / "vectors"
TARGETS = ["message", "transaction", "schema", "gzip", "headers", "request", "answer", "file"]
# As Targets/MessageReader.swift numbers them.
KINDS = ["sync-request", "sync-response", "enrol-request", "enrol-response", "error-reply", "verify-request", "verify-response",
         "history-request", "history-response", "rows-request", "rows-response"]
LARGEST = {"schema": 8192, "gzip": 4096, "headers": 2048, "file": 2048}


def vectors(name):
    return json.loads((VECTORS / f"{name}.json").read_text())


def seeds(target):
    """Inputs that the golden vectors give."""
    messages = [(entry["kind"], bytes.fromhex(entry["hex"])) for entry in vectors("messages")["valid"]]
    if target == "message":
        return [bytes([KINDS.index(kind)]) + body for kind, body in messages if kind in KINDS]
    if target == "transaction":
        return [body for kind, body in messages if kind == "transaction"] + [
            bytes.fromhex(entry["hex"]) for entry in vectors("chain")["chain"]]
    if target in ("request", "answer"):
        kind, side = ("sync-request", "request") if target == "request" else ("sync-response", "response")
        return [body for found, body in messages if found == kind] + [
            bytes.fromhex(entry[side]) for entry in vectors("session")["exchanges"] if entry["path"] == "/v1/sync"]
    if target == "schema":
        return [entry["file"].encode() for entry in vectors("schema")["schemas"]]
    if target == "gzip":
        return [bytes.fromhex(entry["packed"]) for entry in vectors("gzip")["gzip"]] + [gzip.compress(b"x" * 70000)]
    if target == "headers":
        return [b"HTTP/1.1 200 OK\ncontent-type: application/cbor\ncontent-encoding: gzip\nretry-after: 7\n",
                b"https://relay.example.org:8470/path", b"http://[::1]:80", b"http://127.0.0.1:8470"]
    return [bytes([0, at, 0, 16]) + bytes(16) for at in range(0, 64, 8)]


def corpus(target):
    file = CORPUS / f"{target}.hex"
    return set(file.read_text().split()) if file.exists() else set()


def keep_inputs(target, inputs):
    lines = corpus(target) | {data.hex() for data in inputs}
    (CORPUS / f"{target}.hex").write_text("".join(f"{line}\n" for line in sorted(lines, key=lambda line: (len(line), line))))


def run(words, target, folder, **more):
    return subprocess.run([str(word) for word in words], env={**os.environ, "RELAY_FUZZ_TARGET": target, **more}, cwd=folder,
                          capture_output=True, text=True, errors="replace")


def fuzz(program, target, seconds, keep, folder):
    """How many inputs were read, how much code they reached, and the inputs that ended the program."""
    inputs, found = folder / "inputs", folder / "found"
    for place in (inputs, found):
        place.mkdir()
    for number, seed in enumerate(seeds(target) + [bytes.fromhex(line) for line in sorted(corpus(target))]):
        (inputs / f"seed-{number}").write_bytes(seed)
    run([program, "-runs=1"], target, folder, RELAY_FUZZ_SEEDS=str(inputs))
    done = run([program, inputs, f"-max_total_time={seconds}", f"-max_len={LARGEST.get(target, 16384)}", "-timeout=20",
                "-rss_limit_mb=3000", f"-artifact_prefix={found}/", "-print_final_stats=1", "-verbosity=1"], target, folder)
    reads = re.search(r"number_of_executed_units: (\d+)", done.stderr)
    reached = re.findall(r"cov: (\d+)", done.stderr)
    crashes = sorted(found.iterdir())
    for crash in crashes:
        print(f"{target}: {crash.name}, now in Tests/Fuzz/Corpus/{target}.hex: {crash.read_bytes().hex()}\n{done.stderr[-3000:]}")
    keep_inputs(target, [crash.read_bytes() for crash in crashes])
    if done.returncode and not crashes:
        sys.exit(f"{target}: libFuzzer ended with {done.returncode}: {done.stderr[-3000:]}")
    if keep:
        small = folder / "small"
        small.mkdir()
        run([program, "-merge=1", small, inputs, "-rss_limit_mb=3000"], target, folder)
        kept, left = [], keep
        for data in sorted((file.read_bytes() for file in small.iterdir()), key=lambda data: (len(data), data)):
            left -= len(data)
            if left >= 0:
                kept.append(data)
        keep_inputs(target, kept)
    return int(reads.group(1)) if reads else 0, int(reached[-1]) if reached else 0, len(crashes)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fuzzer", type=pathlib.Path, required=True)
    parser.add_argument("--seconds", type=int, default=60, help="for each target")
    parser.add_argument("--only", help="names of targets, with commas")
    parser.add_argument("--keep", type=int, default=0)
    asked = parser.parse_args()
    wanted, finds = asked.only.split(",") if asked.only else TARGETS, 0
    for target in wanted:
        with tempfile.TemporaryDirectory() as folder:
            reads, reached, crashes = fuzz(asked.fuzzer.resolve(), target, asked.seconds, asked.keep, pathlib.Path(folder))
        finds += crashes
        print(f"{target:12} {reads:9} inputs in {asked.seconds} s, {reached} places of the code, {crashes} finds", flush=True)
    if finds:
        sys.exit(f"{finds} inputs ended the program; they are in the corpus now")


if __name__ == "__main__":
    main()
