from coding.core.transcripts.document import Document
from coding.core.transcripts.model import Limits
def read_pdf(data: bytes, name: str, limits: Limits) -> Document:
    raise NotImplementedError
