"""The console's files: nothing that its Content-Security-Policy forbids, nothing from elsewhere, no loose ends."""

import pathlib
import re

STATIC = pathlib.Path(__file__).resolve().parents[2] / "Sources/TriageServer/Console/static"
SCRIPTS = sorted(STATIC.rglob("*.js"))
LINES_MAX = 250


def read(path):
    return path.read_text(encoding="utf-8")


def test_no_script_can_turn_text_into_markup_or_code():
    forbidden = re.compile(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|createContextualFragment|DOMParser|srcdoc|setHTML"
        r"|\beval\(|new Function|javascript:|setAttribute\(\"(style|on)|\.style\b|setTimeout\(['\"]")
    found = [f"{path.relative_to(STATIC)}:{number}: {line.strip()}" for path in SCRIPTS
             for number, line in enumerate(read(path).splitlines(), 1) if forbidden.search(line)]
    assert SCRIPTS and found == []


def test_the_page_has_no_inline_script_or_style():
    page = read(STATIC / "index.html")
    assert re.findall(r"<script(?![^>]*\bsrc=)", page) == []
    assert re.findall(r"<style|\sstyle=|\son\w+=", page) == []


def test_nothing_comes_from_elsewhere():
    for path in STATIC.rglob("*"):
        if path.suffix in {".js", ".css", ".html", ".svg"}:
            code = re.sub(r"^\s*//.*$", "", read(path), flags=re.M)
            addresses = set(re.findall(r"(?:https?:)?//[\w.-]+\.\w+[^\s\"')]*", code))
            assert addresses <= {"http://www.w3.org/2000/svg"}, path
            assert "@import" not in read(path), path


def test_every_module_is_there_and_used():
    used = {STATIC / "js/main.js"}
    for path in SCRIPTS:
        for name in re.findall(r"from \"(\.[^\"]+)\"", read(path)):
            target = (path.parent / name).resolve()
            assert target.is_file(), f"{path.relative_to(STATIC)} imports {name}"
            used.add(target)
    assert set(SCRIPTS) - used == set()


def test_every_sheet_is_linked_and_every_token_is_defined():
    page = read(STATIC / "index.html")
    sheets = sorted((STATIC / "styles").glob("*.css"))
    assert re.findall(r"href=\"/styles/([\w-]+\.css)\"", page) and {sheet.name for sheet in sheets} == set(
        re.findall(r"href=\"/styles/([\w-]+\.css)\"", page))
    text = "\n".join(map(read, sheets))
    defined = set(re.findall(r"(--[\w-]+):", text))
    assert set(re.findall(r"var\((--[\w-]+)", text)) <= defined


def test_every_module_is_preloaded():
    preloaded = set(re.findall(r"modulepreload\" href=\"/([^\"]+)\"", read(STATIC / "index.html")))
    assert preloaded == {str(path.relative_to(STATIC)) for path in SCRIPTS} - {"js/main.js"}


def test_files_stay_small():
    assert {str(path.relative_to(STATIC)): len(read(path).splitlines()) for path in SCRIPTS
            if len(read(path).splitlines()) > LINES_MAX} == {}
