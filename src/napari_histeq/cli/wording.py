"""What the core says to a programmer, as the command line says it: by its flags."""

from __future__ import annotations

import re

from napari_histeq.core import METHODS

_PLANE = "but the image is one plane here: name the axes of a plane, say --axes yx"

#: What stands in a message, and what a person reads instead; the first words first.
SAID = (
    (r"Match\('(\w+)'\) matches each plane .*",
        rf"--reference \1 matches each plane of a stack to others, {_PLANE}"),
    (r"smooth=(\d+) averages over neighboring planes, .*",
        rf"--smooth \1 averages over neighboring planes, {_PLANE}, or leave --smooth out"),
    (r"smooth=(\d+) averages the curves of neighboring planes, and (\w+) ",
        r"--smooth \1 averages the curves of neighboring planes, and the method "),
    (r"smooth=(\d+) and \w+\('(\w+)'\) both ", r"--smooth \1 and --reference \2 both "),
    (r"feather=(\d+) softens .*",
        (r"--feather \1 softens the edge of what is changed, which has none here: "
        r"add --inside or --labels FILE, or leave --feather out")),
    (r"inside=True changes only .*",
        ("--inside changes only the pixels that count, but there is no mask, so all count: "
        "add --mask FILE or --ignore VALUE, or leave --inside out")),
    (r"saturated=(\S+) clips", r"--saturated \1 clips"),
    (r"Match has a reference for each plane of a stack, .*",
        (f"--each-plane matches each plane of a stack to its own, {_PLANE}, or leave "
        "--each-plane out")),
    (r"or match all planes to one histogram: Match\(reference\)",
        "or leave --each-plane out: then all planes are matched to the whole reference"),
    (r"Match: reference is missing: .*",
        "--method match needs the image to match: add --reference FILE"),
    (r"(?:Specify|Exact): counts are missing: .*",
        ("--target counts needs the weights of equal parts of the range: add --counts, say "
        "--counts 1,2,1")),
    (r"use target='counts', or leave them out", "add --target counts, or leave them out"),
    (r"beside (\w+)='(\w+)'", lambda found: f"beside {_flag(found[1])} {found[2]}"),
    (r"give an out_range to stretch them over, say 'dtype', or ",
        "add --out-range dtype, to stretch them over it, or "),
    (r"out_range is \((\S+), (\S+)\), but (\w+) holds", r"--out-range \1,\2: \3 holds"),
    (r"axes is '([^']*)', but", r"--axes \1:"),
    (r"give axes=\(-2, -1\) to equalize each plane on its own, or use Clahe\(\)",
        "add --axes yx to equalize each plane on its own, or take --method clahe"),
    (r"OpenCV's CLAHE does not know out_range=.*: leave it out",
        "OpenCV's CLAHE knows no --out-range: leave it out"),
    (r"use Clahe\(\)", "take --method clahe"),
    (r"\bleave (\w+) out\b", lambda found: f"leave {_flag(found[1])} out"),
)  # fmt: skip


def plain(error: Exception | str) -> str:
    """An error's message in the words of the command line."""
    text = re.sub(r"^(\w+): (\w+)=(\S+) ", _option, str(error))
    for pattern, words in SAID:
        text = re.sub(pattern, words, text, flags=re.DOTALL)
    return text


def _option(found: re.Match[str]) -> str:
    """``"Clahe: nbins=1 is ..."`` as it was given: ``"--nbins 1 is ..."``."""
    known = found[1] in {method.__name__ for method in METHODS.values()}
    return f"{_flag(found[2])} {found[3]} " if known else found[0]


def _flag(name: str) -> str:
    return name if name in ("it", "them") else f"--{name.replace('_', '-')}"
