#!/usr/bin/env python3
"""Writes Sources/TextEmbedding/UnicodeTables.swift: what the BERT normaliser does to each Unicode code point.

The model was trained behind one particular tokenizer, whose Unicode data is older than the standard library's and whose
categories have gaps. So the tables are not taken from a Unicode release: every code point is put through the reference
(Hugging Face `tokenizers`, pinned below), stage by stage, and what comes out is what is written down.

    python3 -m venv /tmp/venv && /tmp/venv/bin/pip install tokenizers==0.21.4
    /tmp/venv/bin/python scripts/unicode-tables.py            # rewrites the file
    /tmp/venv/bin/python scripts/unicode-tables.py --check    # fails when it would change
"""
import pathlib
import sys
import unicodedata

import tokenizers
from tokenizers.normalizers import NFD, BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer

PINNED = "0.21.4"
TARGET = pathlib.Path(__file__).resolve().parent.parent / "Sources/TextEmbedding/UnicodeTables.swift"
BARRIER = 0x1FFFFF  # in a replacement: a removed mark that combining marks are not reordered across
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


def combining_class(point, decompose, examples):
    """Where the reference's canonical ordering puts a character that decomposes to itself; 0 means it stays."""
    char = chr(point)
    if decompose(f"a\u0301{char}\u0323") == f"a\u0301{char}\u0323":
        return 0  # marks of class 230 and 220 do not pass it
    for value in sorted(examples):
        # A mark of class `value` after it stays after it, as soon as its class is no lower.
        if decompose(f"a{char}{examples[value]}") == f"a{char}{examples[value]}":
            if decompose(f"a{examples[value]}{char}") == f"a{examples[value]}{char}":
                return value
    raise SystemExit(f"U+{point:04X}: no combining class found")


def probe():
    clean, cjk = stage(clean=True), stage(cjk=True)
    accents, lower = stage(accents=True), stage(lower=True)
    decompose, split = NFD().normalize_str, BertPreTokenizer().pre_tokenize_str
    examples = {}
    for point in code_points():
        value = unicodedata.combining(chr(point))
        # One mark for each class, of those old enough for the reference to know.
        if value and value not in examples and decompose(f"a\u0301{chr(point)}\u0323") != f"a\u0301{chr(point)}\u0323":
            examples[value] = chr(point)

    removed, spaces, ideographs, punctuation, marks, barriers = set(), set(), set(), set(), set(), set()
    classes, replacements = {}, {}

    for point in code_points():
        char = chr(point)
        pieces = [piece for piece, _ in split(f"a{char}b")]
        if pieces == ["a", char, "b"]:
            punctuation.add(point)
        elif pieces != [f"a{char}b"] and pieces != ["a", "b"]:
            raise SystemExit(f"U+{point:04X}: unexpected split {pieces}")
        if decompose(char) == char and accents(char) == "":
            (marks if combining_class(point, decompose, examples) else barriers).add(point)
        elif decompose(char) == char:
            value = combining_class(point, decompose, examples)
            if value:
                classes[point] = value

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
        if point in HANGUL or point in marks or point in barriers:
            continue
        out = []
        for part in decompose(char):
            if ord(part) in marks:
                continue
            if ord(part) in barriers:
                out.append(BARRIER)
                continue
            lowered = lower(part)
            if len(lowered) != 1:
                raise SystemExit(f"U+{point:04X}: {part!r} has no single lowercase")
            out.append(ord(lowered) | (ord(lowered) in punctuation) << 21 | classes.get(ord(part), 0) << 22)
        if out != [point | (point in punctuation) << 21]:
            replacements[point] = out
    return removed, spaces, ideographs, punctuation, marks, barriers, replacements


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
    removed, spaces, ideographs, punctuation, marks, barriers, replacements = probe()
    flat = []
    for point, out in sorted(replacements.items()):
        flat += [point | len(out) << 24, *out]
    pairs = "As first and last of each run."
    parts = [
        array("removed", f"Control, format and private characters, U+0000 and U+FFFD: cleaned away. {pairs}", runs(removed)),
        array("spaces", f"White space. {pairs}", runs(spaces)),
        array("ideographs", f"Characters that are words by themselves. {pairs}", runs(ideographs)),
        array("punctuation", f"Characters that stand alone after normalisation. {pairs}", runs(punctuation)),
        array("marks", f"Accents, which are removed. {pairs}", runs(marks)),
        array("barriers", f"Removed marks of combining class 0: no mark is reordered across one. {pairs}", runs(barriers)),
        array(
            "replacements",
            "Code point | count << 24, then what takes its place: scalar | punctuation << 21 | combining class << 22.",
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
        raise SystemExit(f"tokenizers {tokenizers.__version__} found, {PINNED} wanted: pip install tokenizers=={PINNED}")
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
