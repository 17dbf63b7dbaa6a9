#!/usr/bin/env python3
"""Writes Sources/TextEmbedding/UnicodeTables.swift: what the BERT normaliser does to each Unicode code point.

The model was trained behind one particular tokenizer, whose Unicode data is older than the standard library's and whose
categories have gaps. So the tables are not taken from a Unicode release: every code point is put through the
reference (Hugging Face `tokenizers`, pinned below), stage by stage, and what comes out is what is written down.

Canonical ordering is left out: marks that accent stripping keeps and ordering could move (U+302E, say) occur in no
piece of the vocabulary, so a word with one is unknown in any order.

    python3 -m venv /tmp/venv && /tmp/venv/bin/pip install tokenizers==0.21.4
    /tmp/venv/bin/python scripts/unicode-tables.py            # rewrites the file
    /tmp/venv/bin/python scripts/unicode-tables.py --check    # fails when it would change
"""
import pathlib
import sys

import tokenizers
from tokenizers.normalizers import NFD, BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer

PINNED = "0.21.4"
TARGET = pathlib.Path(__file__).resolve().parent.parent / "Sources/TextEmbedding/UnicodeTables.swift"
HANGUL = range(0xAC00, 0xD7A4)  # decomposed by arithmetic, not by table


def code_points():
    return (c for c in range(0x110000) if not 0xD800 <= c < 0xE000)


def stage(clean=False, cjk=False, accents=False, lower=False):
    return BertNormalizer(clean, cjk, accents, lower).normalize_str


def runs(points):
    found = []
    for point in sorted(points):
        if found and found[-1][1] == point - 1:
            found[-1][1] = point
        else:
            found.append([point, point])
    return [edge for run in found for edge in run]


def probe():
    clean, cjk = stage(clean=True), stage(cjk=True)
    accents, lower = stage(accents=True), stage(lower=True)
    decompose, split = NFD().normalize_str, BertPreTokenizer().pre_tokenize_str

    removed, spaces, ideographs, punctuation, marks = set(), set(), set(), set(), set()
    replacements = {}
    for point in code_points():
        char = chr(point)
        pieces = [piece for piece, _ in split(f"a{char}b")]
        if pieces == ["a", char, "b"]:
            punctuation.add(point)
        elif pieces != [f"a{char}b"] and pieces != ["a", "b"]:
            raise SystemExit(f"U+{point:04X}: unexpected split {pieces}")
        if decompose(char) == char and accents(char) == "":
            marks.add(point)

    for point in code_points():
        char = chr(point)
        cleaned = clean(f"a{char}b")
        if cleaned == "ab":
            removed.add(point)
            continue
        if cleaned == "a b":
            spaces.add(point)
            continue
        if cleaned != f"a{char}b":
            raise SystemExit(f"U+{point:04X}: unexpected cleaning")
        if cjk(char) == f" {char} ":
            ideographs.add(point)
        if point in HANGUL or point in marks:
            continue
        out = []
        for part in decompose(char):
            if ord(part) in marks:
                continue
            lowered = lower(part)
            if len(lowered) != 1:
                raise SystemExit(f"U+{point:04X}: {part!r} has no single lowercase")
            out.append(ord(lowered) | (ord(lowered) in punctuation) << 21)
        if out != [point | (point in punctuation) << 21]:
            replacements[point] = out
    return removed, spaces, ideographs, punctuation, marks, replacements


def array(name, doc, values):
    lines = [f"    /// {doc}", f"    static let {name}: [UInt32] = ["]
    row = ""
    for value in values:
        item = f"0x{value:X},"
        if len(row) + len(item) + 9 > 118:
            lines.append("        " + row.rstrip())
            row = ""
        row += item + " "
    lines.append("        " + row.rstrip())
    lines.append("    ]")
    return "\n".join(lines)


def render():
    removed, spaces, ideographs, punctuation, marks, replacements = probe()
    flat = []
    for point, out in sorted(replacements.items()):
        flat += [point | len(out) << 24, *out]
    pairs = "As first and last of each run."
    parts = [
        array("removed", f"Control, format and private characters and U+FFFD: cleaned away. {pairs}", runs(removed)),
        array("spaces", f"White space. {pairs}", runs(spaces)),
        array("ideographs", f"Characters that are words by themselves. {pairs}", runs(ideographs)),
        array("punctuation", f"Characters that stand alone after normalisation. {pairs}", runs(punctuation)),
        array("marks", f"Accents, which are removed. {pairs}", runs(marks)),
        array(
            "replacements",
            "Code point | count << 24, then what takes its place: scalar | punctuation << 21.",
            flat),
    ]
    return (
        "// Written by scripts/unicode-tables.py from Hugging Face tokenizers "
        f"{PINNED}; do not edit.\n\n"
        "/// What the BERT normaliser does to each code point, as data. Everything not listed stays as it is.\n"
        "enum UnicodeTables {\n" + "\n\n".join(parts) + "\n}\n"
    )


def main():
    if tokenizers.__version__ != PINNED:
        raise SystemExit(f"tokenizers {tokenizers.__version__} found: pip install tokenizers=={PINNED}")
    text = render()
    if "--check" in sys.argv[1:]:
        if TARGET.read_text() != text:
            raise SystemExit(f"{TARGET} differs from what the reference says: run this script without --check")
        print("unchanged")
    else:
        TARGET.write_text(text)
        print(f"{TARGET}: {len(text)} bytes")


if __name__ == "__main__":
    main()
