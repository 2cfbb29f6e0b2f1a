"""The plot over planes: its lines are its numbers, its mark moves, its words are true."""

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from napari_histeq import plot

PLANES = 40


def course(after=True, jump=0.0, nan=()):
    steps = np.arange(PLANES)
    spread = np.array([-50.0, -20, 0, 25, 50])
    before = 200 - 2.0 * steps[:, None] + spread
    before[list(nan)] = np.nan
    return plot.Course(
        0.5 * steps, "t (s)", before, before[:1] + jump * (steps % 2)[:, None] if after else None
    )


def figure(given, wide=3.0, high=2.5, **options):
    made = Figure(figsize=(wide, high), dpi=100)
    FigureCanvasAgg(made)
    return plot.CourseFigure(made, given, **options)


def drawn(shown):
    shown.draw(shown.figure.canvas)
    return np.asarray(shown.figure.canvas.buffer_rgba()).copy()


def lines_of(part):
    return part.axes.lines[0].get_xydata()


def test_the_medians_are_drawn_in_their_places():
    given = course()
    shown = figure(given)
    for part, values in zip(shown.parts, (given.before, given.after), strict=True):
        np.testing.assert_array_equal(lines_of(part), np.column_stack([given.places, values[:, 2]]))
        low, high = part.axes.get_ylim()
        assert low < values.min()
        assert values.max() < high


def test_its_words_tell_how_far_the_median_moves():
    assert course().sentence == "Mean step of the median: 2 % → 0 % of the 5–95 % range."
    assert course(jump=10.0).sentence.startswith("Mean step of the median: 2 % → 10 %")
    assert course(after=False).sentence == "Mean step of the median: 2 % of the 5–95 % range."
    flat = plot.Course(np.arange(3.0), "z", np.full((3, 5), 7.0))
    assert flat.sentence == ""


@pytest.mark.parametrize("compact", [False, True])
def test_the_mark_moves_and_leaves_nothing_behind(compact):
    shown = figure(course(), wide=3.0 if compact else 9.0, compact=compact)
    first = drawn(shown)
    shown.mark(7)
    assert shown.parts[0].aside.get_text() == "at 3.5: 186 (136 – 236)"
    marked = drawn(shown)
    assert (marked != first).any()
    shown.mark(30)
    assert (drawn(shown) != marked).any()
    shown.mark(7)
    np.testing.assert_array_equal(drawn(shown), marked)
    shown.mark(None)
    np.testing.assert_array_equal(drawn(shown), first)
    shown.mark(PLANES)  # none of them
    np.testing.assert_array_equal(drawn(shown), first)


def test_planes_without_pixels_are_gaps():
    shown = figure(course(nan=(3, 4)))
    assert np.isnan(lines_of(shown.parts[0])[3, 1])
    shown.mark(3)
    assert shown.parts[0].aside.get_text() == "at 1.5: no pixel counts"
    drawn(shown)


@pytest.mark.parametrize(
    "values",
    [[1e300, 1.7e308], [-1.7e308, 1.7e308], [0.0, 5e-324], [5.0, 5.0], [np.nan, np.nan], [3.0]],
)
def test_any_numbers_can_be_drawn(values):
    numbers = np.repeat(np.array(values)[:, None], 5, axis=1)
    drawn(figure(plot.Course(np.arange(len(values)) * 1.0, "t", numbers, numbers)))


@pytest.mark.parametrize("wide", [2.0, 2.6, 3.0, 9.0])
def test_no_words_lie_upon_each_other(wide):
    shown = figure(course(), wide, 2.5 if wide < 9 else 6, compact=wide < 9)
    shown.mark(11)
    drawn(shown)
    renderer = shown.figure.canvas.get_renderer()
    texts = [t for t in shown.figure.texts if t.get_visible() and t.get_text()]
    texts += [t for a in shown.figure.axes for t in a.texts if t.get_text()]
    boxes = [text.get_window_extent(renderer) for text in texts]
    edge = shown.figure.bbox
    for index, box in enumerate(boxes):
        assert box.x0 >= edge.x0 - 1, texts[index]
        assert box.x1 <= edge.x1 + 1, texts[index]
        for other in boxes[:index]:
            overlap = min(box.x1, other.x1) - max(box.x0, other.x0) > 1
            assert not (overlap and min(box.y1, other.y1) - max(box.y0, other.y0) > 1), texts[index]


def test_as_pixels_and_as_files(tmp_path):
    picture = plot.render_course(course(), title="cells", theme="light", width=900)
    assert picture.shape[1:] == (900, 4)
    assert picture.dtype == np.uint8
    for kind in ("svg", "pdf", "png"):
        plot.save_course(tmp_path / f"a.{kind}", course())
        assert (tmp_path / f"a.{kind}").stat().st_size > 1000
