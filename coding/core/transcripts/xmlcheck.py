"""What XML has to pass before a library sees it: it is sound, without document type, not too deep.

Without a document type there are no entities, and what is sound for this parser is not a library's
surprise.
"""

from xml.parsers import expat

from coding.core.transcripts.model import TranscriptProblem


class _Check:
    def __init__(self, name: str, depth: int) -> None:
        self.name = name
        self.depth = depth
        self.at = 0

    def doctype(self, *_: object) -> None:
        raise TranscriptProblem(
            "xml_doctype",
            f"{self.name} has a document type declaration (DTD), which may hide "
            "entities; such files are not read.",
        )

    def start(self, *_: object) -> None:
        self.at += 1
        if self.at > self.depth:
            raise TranscriptProblem(
                "xml_depth",
                f"{self.name} has elements nested more than {self.depth:,} deep.",
            )

    def end(self, _: str) -> None:
        self.at -= 1


def check_xml(data: bytes, name: str, depth: int) -> bytes:
    """``data``, which is XML that may be read; ``name`` is what it is called in a problem."""
    check = _Check(name, depth)
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartDoctypeDeclHandler = check.doctype
    parser.StartElementHandler = check.start
    parser.EndElementHandler = check.end
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise TranscriptProblem(
            "xml",
            f"{name} is no sound XML: {expat.ErrorString(error.code)} in line {error.lineno:,}; "
            "the file may be cut off or damaged.",
            error.lineno,
        ) from None
    except (LookupError, ValueError) as error:
        if isinstance(error, TranscriptProblem):
            raise
        raise TranscriptProblem("xml", f"{name} has an encoding that is not known.") from None
    return data
