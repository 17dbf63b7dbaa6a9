"""The console's files: nothing that its Content-Security-Policy forbids, nothing from elsewhere, no loose ends."""

import pathlib
import re

STATIC = pathlib.Path(__file__).resolve().parents[2] / "Sources/TriageServer/Console/static"
SCRIPTS = sorted(STATIC.rglob("*.js"))
#: Each page with the script that it starts with. The API's page also uses some of the console's modules.
PAGES = {"index.html": "js/main.js", "api-docs/index.html": "api-docs/main.js"}
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


def modules_of(script):
    """A script and all that it imports, however far."""
    found, waiting = set(), [script]
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            waiting += [(path.parent / name).resolve() for name in re.findall(r"from \"(\.[^\"]+)\"", read(path))]
    return found


def test_no_page_has_inline_script_or_style():
    for name in PAGES:
        page = read(STATIC / name)
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
    assert set().union(*(modules_of(STATIC / script) for script in PAGES.values())) == set(SCRIPTS)


def test_every_sheet_is_linked_and_every_token_is_defined():
    linked = {name: set(re.findall(r"rel=\"stylesheet\" href=\"/([^\"]+)\"", read(STATIC / name))) for name in PAGES}
    assert {str(sheet.relative_to(STATIC)) for sheet in (STATIC / "styles").glob("*.css")} == linked["index.html"]
    for page, sheets in linked.items():
        text = "\n".join(read(STATIC / sheet) for sheet in sheets)
        assert set(re.findall(r"var\((--[\w-]+)", text)) <= set(re.findall(r"(--[\w-]+):", text)), page


def test_every_module_is_preloaded():
    for name, script in PAGES.items():
        preloaded = set(re.findall(r"modulepreload\" href=\"/([^\"]+)\"", read(STATIC / name)))
        assert preloaded == {str(path.relative_to(STATIC)) for path in modules_of(STATIC / script)} - {script}, name


def test_files_stay_small():
    assert {str(path.relative_to(STATIC)): len(read(path).splitlines()) for path in SCRIPTS
            if len(read(path).splitlines()) > LINES_MAX} == {}
