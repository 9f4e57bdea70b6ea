"""Serving a stored file in parts, as players ask for it (RFC 9110, section 14).

One range of bytes is answered with 206, one beyond the end with 416; whatever else is asked for
(several ranges, other units, a range of a file that has changed since) gets the whole file, as the
standard allows. The file is read in small pieces and never held in memory.
"""

import re
from collections.abc import Iterator

from django.core.files.base import File
from django.core.files.storage import Storage
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse

PIECE = 64 * 1024
# Of "from here to the end" only so much is sent at once: a player that has heard enough for the
# moment would otherwise hold on to a thread of the server. It asks for the next part by itself.
MOST = 1024 * 1024

_RANGE = re.compile(r"bytes=[ \t]*(\d*)-(\d*)[ \t]*", re.IGNORECASE | re.ASCII)


class Unsatisfiable(Exception):  # noqa: N818  (an answer, not a fault)
    """The range lies beyond the end of the file."""


def wanted(header: str, size: int) -> tuple[int, int] | None:
    """``[start, end)`` of a Range header in a file of ``size`` bytes; None for all of it."""
    found = _RANGE.fullmatch(header)
    # Numbers longer than any file's are no numbers to Python's limits either.
    if not found or found[1] == found[2] == "" or max(len(found[1]), len(found[2])) > 18:
        return None
    if not found[1]:
        length = min(int(found[2]), size)
        if length == 0:
            raise Unsatisfiable
        return size - length, size
    start = int(found[1])
    if found[2] and int(found[2]) < start:
        return None
    if start >= size:
        raise Unsatisfiable
    end = int(found[2]) + 1 if found[2] else start + MOST
    return start, min(end, size)


def stored_file(
    request: HttpRequest, *, storage: Storage, name: str, content_type: str, tag: str
) -> HttpResponseBase:
    """The file, or the part of it that the request asks for. ``tag`` changes with its content."""
    # A part of a file must arrive as it is: compressed on the way it would be another one.
    request.META.pop("HTTP_ACCEPT_ENCODING", None)
    size, etag = storage.size(name), f'"{tag}"'
    span: tuple[int, int] | None = None
    asked = request.headers.get("Range", "") if request.method == "GET" else ""
    if asked and request.headers.get("If-Range", etag) == etag:
        try:
            span = wanted(asked, size)
        except Unsatisfiable:
            refused = HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
            return _headed(refused, content_type, etag)
    start, end = span or (0, size)
    answer: HttpResponseBase
    if request.method == "HEAD":
        answer = HttpResponse(b"")
    else:
        answer = StreamingHttpResponse(_pieces(storage, name, start, end))
    if span:
        answer.status_code = 206
        answer["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    answer["Content-Length"] = str(end - start)
    return _headed(answer, content_type, etag)


def _headed(answer: HttpResponseBase, content_type: str, etag: str) -> HttpResponseBase:
    answer["Content-Type"] = content_type
    answer["Accept-Ranges"] = "bytes"
    answer["ETag"] = etag
    answer["Cache-Control"] = "private, no-store"
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


def _pieces(storage: Storage, name: str, start: int, end: int) -> Iterator[bytes]:
    file: File[bytes]
    with storage.open(name, "rb") as file:
        file.seek(start)
        left = end - start
        while left > 0:
            piece = file.read(min(PIECE, left))
            if not piece:
                return
            left -= len(piece)
            yield piece
