"""What limits what, and what was tried: for who wants to make it faster still."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from measured.paper import Page

#: What was tried, with what it brought on an AMD EPYC (Zen 4), one thread; and whether it stayed.
TRIED = (
    (
        "Floats: what four pixels need of the table of lines loaded as four vectors, and turned",
        "mapping 2.9 -> 1.4 ns a pixel, all of Global 4.6 -> 3.3",
        "yes",
    ),
    (
        "Floats: a line for each cell, so that one look-up is enough (1 MB for 128 KB and 126 KB)",
        "2.1 -> 2.0 ns a pixel, in exchange for all of the second-level cache",
        "no",
    ),
    (
        (
            "CLAHE of values: the same for what two neighboring knots say; and the mix of a row told by that of the "
            "first and the number of the row, where it was added up row by row"
        ),
        "3-D in tiles of 16 x 64 x 64: 4.9 -> 3.9 ns a pixel, 2-D 3.5 -> 3.0",
        "yes",
    ),
    (
        "8 and 16 bit: words of equal pixels counted at once, where a sample says that there are many, in long runs",
        "a quarter of cells on a background of 0: 8 bit 0.33 -> 0.19, 16 bit 1.17 -> 0.35 ns a pixel; others as before",
        "yes",
    ),
    (
        "16 bit: pixels counted in two tables by turns",
        "12 bit 3 %, noise 7 %, the moon 13 % slower; short runs of made-up levels 27 % quicker",
        "no",
    ),
    (
        "16 bit: counters of 16 bit, or of 8 (these stayed for scattered levels)",
        "noise 0.51 -> 0.45, and 0.37 ns a pixel; 12 bit 0.28 -> 0.30, and 0.33; flat pictures 6 times as long",
        "8 bit",
    ),
    (
        "Tables in huge pages (NumPy has large images in them already: 576 faults for 128 MB)",
        "nothing, neither for counting nor for looking up",
        "no",
    ),
    (
        "16 bit: results written past the caches",
        (
            "looking up 12 bit 0.41 -> 0.28 ns a pixel in memory that is there, but 0.58 -> 0.53 in new memory, noise 0.78 -> 0.76; "
            "and whatever reads them next has to wait"
        ),
        "no",
    ),
    (
        (
            "Floats, up to 131,072 pixels: keys sorted byte by byte, and cut into the cells that a tree of 8 MB of counters would have; "
            "a table for looking up of about as many cells as pixels; fours no longer tried where most of them fail"
        ),
        "64 x 64: 7.5 -> 0.7 ms, 128 x 128: 8.3 -> 1.3 ms, 256 x 256: 11 -> 3.3 ms; sorting 15 -> 5 ns a pixel beside `numpy.sort`",
        "yes",
    ),
    (
        (
            "The same for 16 and more planes in one call: sort, bins, curve, look up (it takes some seconds to compile, once: fewer planes "
            "are done before)"
        ),
        "a plane of 16 x 16: 325 -> 19 microseconds, 64 x 64: 800 -> 220, 128 x 128: 1,310 -> 470; 8,300 before both",
        "yes",
    ),
    (
        "Floats sorted where they are more, up to 512 x 512",
        (
            "5.6 to 10 ms; the tree takes 2.6 to 10: whether its counters come in memory that was used before, or the system has to "
            "bring them in page by page, hangs on what else the process has freed"
        ),
        "no",
    ),
    (
        (
            "Methods along rows: places, values at places, sums (four rows at a time) and splits by a compiled loop each; levels no "
            "longer copied; the levels of a target kept, and looked for in that part of them where they can be"
        ),
        (
            "microseconds a plane of 128 x 128 of 12 bit: Stretch 44 -> 37, Log 47 -> 40, Gamma 45 -> 35, Weighted 70 -> 57, BiHistogram "
            "70 -> 54, Specify 177 -> 55; counting and mapping are 22 of them"
        ),
        "yes",
    ),
    (
        "Methods along rows: curves of 16,384 to 131,072 levels at once, planes of 0.26 to 1 million pixels a call",
        "nothing, but for 16,384 (a quarter slower)",
        "no",
    ),
    (
        "JSON imported when needed",
        "0.4 of 48 ms: 40 % of importing goes to making 51 dataclasses, half of the rest to finding 90 files",
        "no",
    ),
)


def tried(page: Page) -> None:
    """What was tried, so that nobody has to try it again."""
    page.say(
        "## What limits, and what was tried",
        "Global of 16 bit: one store a cycle to count (0.28 ns a pixel, with levels enough for the nearest cache), as much to look up, "
        "and 0.23 for memory that the system clears: 0.8 of the 0.9 ns that OpenCV takes for 12 bit, with one thread each. With all "
        "65,536 levels the table for looking up (128 KB) lies in the second-level cache: 0.46, and counting takes 0.37.",
        "",
        "From store to store: the copy's processor time is 30 % decoding and 60 % coding; Global decodes once more, and its result, "
        "which uses all levels, is coded more slowly (by 18 %), and nearly twice as large. Counting and mapping are 7 %.",
        "",
        "Measured one at a time, by the processor time of one thread, on a loaded machine:",
    )
    page.table(["what", "what it brought", "stayed"], TRIED)
