"""A PNG as a one-page PDF, without any program: the PDF holds the PNG's own compressed rows."""

import struct
from collections.abc import Iterator

__all__ = ["pdf_of"]

COLOUR_TYPES = {2: 3, 6: 4}
"""PNG's number for a colour type, and how many channels it has: RGB, RGB with opacity."""


def pdf_of(png: bytes, pixels_per_point: float) -> bytes:
    """Return a PDF page that shows an opaque 8-bit PNG.

    PDF reads PNG's row filters itself (Predictor 15). An opacity channel is taken in as a fourth
    colourant, which the page's colour space then drops.

    Source: ISO 32000-1, 7.4.4.4 (predictors) and 8.6.6.5 (DeviceN); PNG, 3rd ed., chapter 11.
    """
    chunks = list(_chunks(png))
    width, height, depth, colour, *_ = struct.unpack(">IIBBBBB", chunks[0][1])
    channels = COLOUR_TYPES[colour]
    rows = b"".join(body for name, body in chunks if name == b"IDAT")
    space = "/DeviceRGB" if channels == 3 else "[/DeviceN [/R /G /B /None] /DeviceRGB 6 0 R]"
    image = (
        f"<< /Type /XObject /Subtype /Image /Width {width} /Height {height} /BitsPerComponent {depth} /ColorSpace {space} "
        f"/Filter /FlateDecode /DecodeParms << /Predictor 15 /Colors {channels} /BitsPerComponent {depth} /Columns {width} >> "
    )
    w, h = width / pixels_per_point, height / pixels_per_point
    drop = b"{ pop }"
    return _document(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {w:g} {h:g}] /Contents 4 0 R /Resources << /XObject << /P 5 0 R >> >> >>".encode(),
            _stream("<< ", f"{w:g} 0 0 {h:g} 0 0 cm /P Do".encode()),
            _stream(image, rows),
            _stream("<< /FunctionType 4 /Domain [0 1 0 1 0 1 0 1] /Range [0 1 0 1 0 1] ", drop),
        ]
    )


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield name and body of each part of a PNG."""
    at = 8
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        yield png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        at += length + 12


def _stream(dictionary: str, body: bytes) -> bytes:
    return f"{dictionary}/Length {len(body)} >>\nstream\n".encode() + body + b"\nendstream"


def _document(objects: list[bytes]) -> bytes:
    """Number the objects and say where each begins."""
    text = b"%PDF-1.4\n"
    starts = []
    for number, body in enumerate(objects, 1):
        starts.append(len(text))
        text += f"{number} 0 obj\n".encode() + body + b"\nendobj\n"
    table = "".join(f"{start:010d} 00000 n \n" for start in starts)
    size = len(objects) + 1
    return (
        text
        + f"xref\n0 {size}\n0000000000 65535 f \n{table}trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{len(text)}\n%%EOF\n".encode()
    )
