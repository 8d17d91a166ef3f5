# SPDX-License-Identifier: MIT
"""Pages that `sgdmark report -o` wrote: reading them, and what holds of every one."""
import re
import shutil
import xml.etree.ElementTree as ElementTree

from tap import check

HAS_GNUPLOT = shutil.which("gnuplot") is not None


def parsed(page):
    """The page as a tree: strict XML. None where it is not well-formed."""
    try:
        return ElementTree.fromstring(page.split("\n", 1)[1])
    except ElementTree.ParseError as error:
        print("#", error)
        return None


def local(element):
    return element.tag.rsplit("}", 1)[-1]


def text_of(element):
    return "".join(element.itertext())


def by_id(tree, name):
    return next((one for one in tree.iter() if one.get("id") == name), None)


def table_of(element):
    """The rows of the first table: lists of texts."""
    table = next(one for one in element.iter("table"))
    return [[text_of(cell).strip() for cell in row] for row in table.iter("tr")]


def figure_rows(tree, name):
    """The rows of a figure's table as dictionaries by its titles."""
    element = by_id(tree, name)
    titles, *rows = table_of(element) if element is not None else [[]]
    return [dict(zip(titles, row)) for row in rows]


def stands_alone(name, page, tree):
    """No script, no address outside, no text that could control a terminal."""
    tags = {local(one) for one in tree.iter()}
    check(f"{name}: no script, frame, form or other file", not tags & {"script", "iframe", "object", "embed", "link", "form", "base"}, tags)
    names = {key for one in tree.iter() for key in one.keys()}
    check(f"{name}: no attribute that runs something", not [key for key in names if key.startswith("on")], names)
    addresses = [value for one in tree.iter() for key, value in one.items() if key.rsplit("}", 1)[-1] in ("href", "src")]
    bad = [one[:60] for one in addresses
           if not re.match(r"#[A-Za-z0-9-]+$|data:application/gzip;base64,|data:image/png;base64,", one)]
    check(f"{name}: every address is in the page", not bad, bad)
    check(f"{name}: no style fetches anything", not re.search(r"@import|url\((?!#)", page), "")
    known = {one.get("id") for one in tree.iter()}
    lost = [one for one in addresses if one.startswith("#") and one[1:] not in known]
    check(f"{name}: every link within the page leads somewhere", not lost, lost)
    ids = [one.get("id") for one in tree.iter() if one.get("id")]
    check(f"{name}: no id is there twice", len(ids) == len(set(ids)), [one for one in ids if ids.count(one) > 1][:5])
    check(f"{name}: no control characters", not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e]", page))
    policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    check(f"{name}: its policy forbids all else", [one.get("content") for one in tree.iter("meta")
                                                   if one.get("http-equiv") == "Content-Security-Policy"] == [policy])


def figures_are_whole(name, tree):
    figures = [one for one in tree.iter("figure") if next(one.iter("figcaption"), None) is not None]
    without = [text_of(next(one.iter("figcaption"))) for one in figures
               if next(one.iter("table"), None) is None and next(one.iter("img"), None) is None]
    check(f"{name}: every figure has a table or a picture", figures and not without, without)
    charts = [one for one in tree.iter() if local(one) == "svg"]
    check(f"{name}: every chart could be drawn", "The chart is missing" not in text_of(tree))
    if not HAS_GNUPLOT:
        check(f"{name}: no charts without gnuplot", not charts)
        return
    titles = [text_of(next(part for part in one if local(part) == "title")) for one in charts]
    check(f"{name}: charts have titles of their own", len(titles) >= 5 and "Gnuplot" not in titles, titles)
    colours = [value for one in charts for part in one.iter() for key, value in part.items() if value in ("black", "white")]
    check(f"{name}: charts take the page's colour of text", "black" not in colours, colours)
