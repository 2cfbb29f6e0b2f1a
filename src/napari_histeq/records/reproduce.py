"""From a record to a script that makes the layer again."""

from __future__ import annotations

import base64
import math
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_histeq.core.methods import options_of
from napari_histeq.records.record import Record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from napari_histeq.core.methods import Method, OptionField

#: A mask of more bytes than this, compressed, is left to a file: nobody pastes a megabyte.
MASK_IN_SCRIPT = 1 << 16

_HEAD = '''\
"""{what}

    python SCRIPT IMAGE RESULT.npy{also}

IMAGE is a .npy file, or any image file that scikit-image can read.
"""

# layer: {source}, shape {shape}, {dtype}
# made with {versions}
{imports}
{digest}{mask}

def equalized(image{parameter}):
    """The equalized pixels."""
{body}


if __name__ == "__main__":
    if len(sys.argv) != {files}:
        sys.exit(__doc__)
    if sys.argv[1].endswith(".npy"):
        image = np.load(sys.argv[1])
    else:
        from skimage.io import imread

        image = imread(sys.argv[1])
{check}    np.save(sys.argv[2], equalized(image{argument}))
'''

_MADE = "Makes the pixels of a layer again, to the bit, that napari-histeq made."
_SHOWN = """\
Makes the pixels that a display-only layer of napari-histeq shows.

The layer itself keeps the pixels of its source, and changes only how they look. This
script equalizes them, to the bit as "Bake into a new layer" does."""

_CHECK = """\
    if hashlib.sha256(np.ascontiguousarray(image)).hexdigest() != SHA256:
        sys.exit("this is another image than the layer was made from")
"""

_CURVE = '''
CURVE = """
{text}
"""


# The curve of {origin}.
def curve():
    """The transfer function, as it was recorded."""
    bits = zlib.decompress(base64.b85decode("".join(CURVE.split())))
    return TransferFunction.from_json(bits)
'''

_PACKED = '''
MASK = """
{text}
"""


def mask():
    """The pixels that counted."""
    bits = zlib.decompress(base64.b85decode("".join(MASK.split())))
    packed = np.frombuffer(bits, np.uint8)
    return np.unpackbits(packed, count={count}).astype(bool).reshape({shape})
'''


_LABELS = '''
LABELS = """
{text}
"""


def mask():
    """The labels, each of which was equalized on its own."""
    bits = zlib.decompress(base64.b85decode("".join(LABELS.split())))
    return np.frombuffer(bits, {dtype}).reshape({shape})
'''


_VALUE = '''
{constant} = """
{text}
"""


def {name}():
    """What the method was given as its {name}."""
    bits = zlib.decompress(base64.b85decode("".join({constant}.split())))
    return {kind}.from_json(bits)
'''


def script(record: Record, *, display_only: bool = False) -> str:
    """A Python script that makes a layer's pixels again, without napari.

    Parameters
    ----------
    record : Record
        From the layer's metadata.
    display_only : bool
        Whether the layer has the pixels of its source: then those are made that it shows.

    Returns
    -------
    str
        To be run as ``python script.py image.npy result.npy``; a mask that is too large
        to be part of the script is a third file, ``mask.npy``.

    Raises
    ------
    RecordError
        If the record is damaged. Nothing of it gets into the script but by `repr`.
    """
    record = Record.from_dict(record.as_dict())  # nothing unchecked gets into the script
    method = record.recipe.method
    given = record.given and record.curve is not None
    packed = record.mask is not None and not given and _packs(record)
    apart = record.mask is not None and not given and not packed
    known = record.digest is not None
    values = {} if given else _values_of(method)
    coded = packed or given or bool(values)
    imports = ["sys", *["hashlib"] * known, *["base64", "zlib"] * coded]
    lines = [f"import {name}" for name in sorted(imports)]
    return _HEAD.format(
        what=_SHOWN if display_only else _MADE,
        also=" MASK.npy" if apart else "",
        files=4 if apart else 3,
        source=_literal(record.source),
        shape=_literal(record.shape),
        dtype=_literal(record.dtype),
        versions=_literal(", ".join(" ".join(pair) for pair in record.versions.items())),
        imports="\n".join(
            [
                *lines,
                "",
                "import numpy as np",
                *_imports_of(method, given, record.gamut is not None),
            ]
        ),
        digest=f"\nSHA256 = {_literal(record.digest)}\n" if known else "",
        check=_CHECK if known else "",
        mask=_curve_source(record) if given else _parts_source(record, values, packed),
        parameter=", mask" if apart else "",
        body="\n".join(f"    {line}" if line else "" for line in _body(record, packed)),
        argument=", np.load(sys.argv[3])" if apart else "",
    )


def _values_of(method: Method) -> dict[str, Any]:
    """The options that are values with a JSON text."""
    options = {f.name: getattr(method, f.name) for f in _options_of(method)}
    return {name: value for name, value in options.items() if hasattr(value, "to_json")}


def _parts_source(record: Record, values: dict[str, Any], packed: bool) -> str:
    """What is too long for a line: the mask, and the values that the method was given."""
    parts = [_mask_source(record)] if packed else []
    for name, value in values.items():
        text = _in_lines(zlib.compress(value.to_json().encode()))
        told = {"name": name, "constant": name.upper(), "kind": type(value).__name__}
        parts.append(_VALUE.format(text=text, **told))
    return "\n".join(parts)


def _imports_of(method: Method, given: bool, colors: bool) -> Iterator[str]:
    """The lines that import what the script calls; a method of somebody's own from its module."""
    name, module = type(method).__name__, type(method).__module__
    ours = {"equalize", *(type(value).__name__ for value in _values_of(method).values())}
    if given:
        yield "from napari_histeq import TransferFunction"
        if colors:
            yield "from napari_histeq.core import recolor"
    elif module.partition(".")[0] == "napari_histeq":
        yield f"from napari_histeq import {', '.join(sorted({name, *ours}))}"
    elif module == "__main__" or "." in type(method).__qualname__:
        yield f"from napari_histeq import {', '.join(sorted(ours))}"
        yield ""
        yield f"# The class {name} was defined in a session, not in a module that can be imported:"
        yield "# put its definition here, before this script is run."
    else:
        yield f"from napari_histeq import {', '.join(sorted(ours))}"
        yield f"from {module} import {name}  # the method's own module: it has to be importable"


def _packs(record: Record) -> bool:
    bits = record.mask.bits if record.mask is not None else None
    return bits is not None and len(bits) <= MASK_IN_SCRIPT


def _mask_source(record: Record) -> str:
    mask = record.mask
    assert mask is not None
    assert mask.bits is not None
    text, count = _in_lines(mask.bits), mask.array().size  # or the bits are damaged
    if mask.dtype:
        return _LABELS.format(text=text, dtype=_literal(mask.dtype), shape=_literal(mask.shape))
    return _PACKED.format(text=text, count=_literal(count), shape=_literal(mask.shape))


def _curve_source(record: Record) -> str:
    curve = record.curve
    assert curve is not None
    text = _in_lines(zlib.compress(curve.to_json().encode()))
    return _CURVE.format(text=text, origin=_literal(record.curve_of or "another image"))


def _in_lines(packed: bytes) -> str:
    """As text; b85 knows neither quotes nor backslashes, so it needs no escapes."""
    text = base64.b85encode(packed).decode()
    return "\n".join(text[i : i + 96] for i in range(0, len(text), 96))


def _body(record: Record, packed: bool) -> Iterator[str]:
    """The lines of the function that equalizes."""
    if record.given:
        if record.gamut is None:
            yield "return curve()(image)"
        else:
            axis = _literal(record.recipe.channel_axis)
            yield f"return recolor(image, curve(), {_literal(record.gamut)}, {axis})"
        return
    counted = ""
    if record.mask is not None:
        counted = "mask()" if packed else "mask"
    method, channels = record.recipe.method, record.recipe.channel_axis
    if record.ignored is not None:
        other = f"image != {_literal(record.ignored)}"
        if channels is not None:
            axis = _literal(channels)
            yield f"other = np.moveaxis({other}, {axis}, -1)[..., :3].any(axis=-1)"
        else:
            yield f"other = {other}"
        both = "*" if record.recipe.each_label else "&"
        counted = f"other {both} {counted}" if counted else "other"
    options = {f.name: getattr(method, f.name) for f in _options_of(method)}
    yield "return equalize("
    yield "    image,"
    yield f"    {type(method).__name__}({_keywords(options)}),"
    if counted:
        yield f"    mask={counted},"
    for name, value in record.recipe.keywords().items():
        yield f"    {name}={_literal(value)},"
    yield ")"


def _options_of(method: Method) -> tuple[OptionField, ...]:
    kind: type = type(method)
    return options_of(kind)


def _keywords(options: dict[str, Any]) -> str:
    told = {n: f"{n}()" if hasattr(v, "to_json") else _literal(v) for n, v in options.items()}
    return ", ".join(f"{name}={value}" for name, value in told.items())


def _literal(value: Any) -> str:
    """A value as Python source: the only way for one into a script."""
    value = value.item() if isinstance(value, np.generic) else value
    if isinstance(value, tuple | list):
        inner = ", ".join(_literal(v) for v in value)
        return f"({inner},)" if len(value) == 1 else f"({inner})"
    if isinstance(value, float) and not math.isfinite(value):
        return f'float("{value}")'
    if value is not None and type(value) not in (bool, int, float, str):
        raise TypeError(f"{type(value).__name__} has no place in a script")
    return ascii(value)
