"""XML without its dangers: no document type, hence no entities, and no depth without end."""

from dataclasses import dataclass, field
from typing import Self
from xml.parsers import expat

from coding.core.transcripts.model import TranscriptProblem


@dataclass(slots=True)
class Node:
    """An element by its local name; ``items`` are texts and elements in order."""

    tag: str
    attributes: dict[str, str]
    items: list["Node | str"] = field(default_factory=list)

    def children(self) -> list["Node"]:
        return [item for item in self.items if isinstance(item, Node)]

    def child(self, *tags: str) -> "Node | None":
        """The element reached by going down ``tags``, the first of each name."""
        node: Node | None = self
        for tag in tags:
            if node is None:
                return None
            node = next((item for item in node.children() if item.tag == tag), None)
        return node

    def get(self, name: str, default: str = "") -> str:
        return self.attributes.get(name, default)

    def text(self) -> str:
        return "".join(item if isinstance(item, str) else item.text() for item in self.items)


class _Builder:
    def __init__(self, name: str, depth: int) -> None:
        self.name = name
        self.depth = depth
        self.root: Node | None = None
        self.stack: list[Node] = []

    @classmethod
    def parse(cls, data: bytes, name: str, depth: int) -> Self:
        builder = cls(name, depth)
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.buffer_size = 1 << 16
        parser.StartDoctypeDeclHandler = builder.doctype
        parser.StartElementHandler = builder.start
        parser.EndElementHandler = builder.end
        parser.CharacterDataHandler = builder.characters
        parser.Parse(data, True)
        return builder

    def doctype(self, *_: object) -> None:
        raise TranscriptProblem(
            "xml_doctype",
            f"{self.name} has a document type declaration (DTD), which may hide "
            "entities; such files are not read.",
        )

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if len(self.stack) >= self.depth:
            raise TranscriptProblem(
                "xml_depth",
                f"{self.name} has elements nested more than {self.depth:,} deep.",
            )
        node = Node(
            tag.rpartition(" ")[2],
            {key.rpartition(" ")[2]: value for key, value in attributes.items()}
            if attributes
            else {},
        )
        if self.stack:
            self.stack[-1].items.append(node)
        else:
            self.root = node
        self.stack.append(node)

    def end(self, _: str) -> None:
        self.stack.pop()

    def characters(self, text: str) -> None:
        self.stack[-1].items.append(text)


def parse_xml(data: bytes, name: str, depth: int) -> Node:
    """The root of the XML ``data``; ``name`` is what it is called in a problem."""
    try:
        root = _Builder.parse(data, name, depth).root
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
    if root is None:
        raise TranscriptProblem("xml", f"{name} is XML without an element.")
    return root
