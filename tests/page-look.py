#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""How the page looks in a browser, in headless Chromium where it is installed: at 400 and at 1600 pixels nothing is wider
than the page, in light and in dark every text has the contrast of WCAG AA (4.5), and it prints. The pages are of the
recorded result, alone and with a second run made from it, and of a made fleet."""
import copy
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

os.chdir(os.path.dirname(os.path.abspath(__file__)) + "/..")
sys.path.insert(0, "tests/python")
import fleet_files  # noqa: E402
from tap import check, finish  # noqa: E402

BUILD = os.environ.get("BUILD", "build")
RECORDED = "results/recorded-epyc-avx512.json"
BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
scratch = tempfile.TemporaryDirectory()

# Looks at the page in a frame of the wanted width, where the page's own policy holds, and writes what it found as the
# title: texts of too little contrast, elements that stick out and are not inside something that scrolls, the colour of
# the page.
LOOK = """<!doctype html><meta charset="utf-8"><title>not run</title><body style="margin:0">
<iframe id="page" style="border:0;width:WIDTHpx;height:900px" src="PAGE"></iframe>
<script>
function rgb(text) { const n = text.match(/[0-9.]+/g).map(Number); return n.length < 4 ? [...n, 1] : n; }
function over(top, below) { return [0, 1, 2].map(i => top[i] * top[3] + below[i] * (1 - top[3])).concat(1); }
function light(c) {
  const l = c.slice(0, 3).map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  return 0.2126 * l[0] + 0.7152 * l[1] + 0.0722 * l[2];
}
function contrast(a, b) { const x = light(a), y = light(b); return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05); }
function background(view, element) {
  const all = [];
  for (let e = element; e; e = e.parentElement) all.push(rgb(view.getComputedStyle(e).backgroundColor));
  return all.reverse().reduce((below, top) => over(top, below), [255, 255, 255, 1]);
}
document.getElementById('page').onload = () => {
  const view = document.getElementById('page').contentWindow, page = view.document, wide = [], faint = [];
  if (PRINTED) { // as on paper, which nobody scrolls and where folded parts stay folded
    const style = page.createElement('style');
    for (const rule of page.styleSheets[0].cssRules)
      if (rule.media && rule.media.mediaText === 'print') style.textContent += [...rule.cssRules].map(r => r.cssText).join('\\n');
    page.head.append(style);
  } else {
    for (const details of page.querySelectorAll('details')) details.open = true;
  }
  let texts = 0;
  for (const element of page.body.querySelectorAll('*')) {
    const box = element.getBoundingClientRect(), style = view.getComputedStyle(element);
    if (box.right > WIDTH + 1 && box.width > 0 && !element.closest(PRINTED ? 'svg' : '.scroll, pre, svg')) wide.push(element.tagName + ' ' + box.right);
    const own = [...element.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
    if (!own || box.width === 0 || element.tagName === 'title') continue;
    texts++;
    const ink = element.ownerSVGElement ? style.fill : style.color, ground = background(view, element);
    const ratio = contrast(over(rgb(ink), ground), ground);
    if (ratio < 4.5) faint.push(element.tagName + ' ' + ratio.toFixed(2) + ' ' + element.textContent.slice(0, 30));
  }
  document.title = JSON.stringify({wide: wide.slice(0, 5), faint: faint.slice(0, 5), texts: texts,
    scroll: page.documentElement.scrollWidth, ground: view.getComputedStyle(page.body).backgroundColor,
    charts: page.querySelectorAll('figure svg').length});
};
</script>"""


def path(name):
    return os.path.join(scratch.name, name)


def browse(*options):
    command = [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-extensions",
               "--user-data-dir=" + path("profile"), "--allow-file-access-from-files", "--virtual-time-budget=20000", *options]
    try:
        return subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=180).stdout
    except subprocess.TimeoutExpired:
        return ""


def look(page, width, dark, printed=False):
    """What LOOK found; None where the browser did not come to an end."""
    with open(path("look.html"), "w", encoding="utf-8") as file:
        file.write(LOOK.replace("WIDTH", str(width)).replace("PAGE", page).replace("PRINTED", "true" if printed else "false"))
    scheme = "--blink-settings=preferredColorScheme=%d" % (0 if dark else 1)
    found = re.search(r"<title>(\{.*?\})</title>", browse("--dump-dom", scheme, "--window-size=1700,1000", "file://" + path("look.html")))
    return json.loads(found[1].replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")) if found else None


def make(name, *files):
    made = subprocess.run([BUILD + "/sgdmark", "report", *files, "-o", path(name)], capture_output=True, text=True)
    if made.returncode != 0:
        check(f"{name}: is made", False, made.stderr)
        finish()


if not BROWSER:
    print("ok 1 - how the page looks # SKIP chromium is not installed (tools/install-deps --browser)\n1..1")
    sys.exit(0)
other = copy.deepcopy(json.load(open(RECORDED, encoding="utf-8")))
other["sgdmark"]["run_id"] = "00000000-0000-4000-8000-000000000002"
other["context"]["host_name"] = "a-host-with-quite-a-long-name.of-some-department.example.org"
with open(path("other.json"), "w", encoding="utf-8") as file:
    json.dump(other, file)
subprocess.run([BUILD + "/tests/rederive", path("other.json")], check=True)
make("one.html", RECORDED)
make("two.html", RECORDED, path("other.json"))

os.mkdir(path("nodes"))
for rank in range(60):
    fleet_files.write(path("nodes"), fleet_files.node(rank, 61, slow=1.2 if rank == 7 else 1.0))
subprocess.run([BUILD + "/sgdmark", "fleet", "gather", path("nodes"), "--json", path("fleet.json")], stdout=subprocess.DEVNULL)
make("fleet.html", path("fleet.json"))

EVERY = (400, False), (400, True), (1600, False), (1600, True)
for page, views, least in ("one.html", EVERY, 300), ("two.html", EVERY, 300), ("fleet.html", ((400, False), (1600, True)), 200):
    for width, dark in views:
        name = f"{page} at {width} pixels, {'dark' if dark else 'light'}"
        found = look(page, width, dark)
        if found is None:
            check(f"{name}: the browser shows it", False)
            continue
        check(f"{name}: nothing is wider than the page", not found["wide"] and found["scroll"] <= width, found)
        check(f"{name}: every text can be read", found["texts"] > least and not found["faint"], found)
        dark_ground = sum(map(int, re.findall(r"\d+", found["ground"])[:3])) < 200
        check(f"{name}: the background is {'dark' if dark else 'light'}", dark_ground == dark, found["ground"])
A4 = 718  # pixels between the margins
for page in "one.html", "two.html", "fleet.html":
    found = look(page, A4, False, printed=True)
    check(f"{page} on paper: no table is cut off", found and not found["wide"] and found["texts"] > 100, found)
browse("--no-pdf-header-footer", "--print-to-pdf=" + path("one.pdf"), "file://" + path("one.html"))
pdf = open(path("one.pdf"), "rb").read() if os.path.exists(path("one.pdf")) else b""
pages = len(re.findall(rb"/Type\s*/Page\b", pdf))
check("it prints, on no more than 7 pages", pdf.startswith(b"%PDF") and 1 <= pages <= 7, pages)
finish()
