"""Text typed by hand: "NAME: …" in the line, names on lines of their own, times in brackets."""

from coding.core.transcripts.document import Context, Document, Line
from coding.core.transcripts.labels import find_labels
from coding.core.transcripts.model import Draft, Utterance


def read_plain(document: Document, context: Context) -> Draft:
    """The turns of a text without any layout but labels."""
    lines = document.lines()
    draft = Draft(document.container)
    found = find_labels(lines, context.choices.label_pattern, context.name)
    draft.notes.extend(found.notes)
    first = found.labels[0].line if found.labels else len(lines)
    draft.utterances.extend(Utterance("", line.text) for line in lines[:first] if line.text.strip())
    ends = [*(label.line for label in found.labels), len(lines)][1:]
    for label, end in zip(found.labels, ends, strict=True):
        body = [
            lines[label.line].text[label.after :],
            *(line.text for line in lines[label.line + 1 : end]),
        ]
        draft.utterances.append(Utterance(label.speaker, "\n".join(body)))
    return draft


def document_of(text: str, encoding: str) -> Document:
    return Document("text", [Line(line) for line in text.split("\n")], encoding=encoding)
