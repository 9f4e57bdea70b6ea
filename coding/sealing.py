"""Words that lie encrypted in the database: real names, and what a pseudonym has replaced.

Fernet (AES-128-CBC with HMAC-SHA-256, a random start for each token) with keys made from
``COACHSTUDY_FIELD_KEY`` or else from the secret key, by HKDF-SHA-256. See docs/adr/015. Equal texts
give different tokens: nothing can be looked up or compared in the sealed form.

``unseal`` asks nobody for a right: whoever calls it has required ``see_identities`` before.
"""

from base64 import urlsafe_b64encode
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

# Binds the derived keys to this use: the same secret gives other keys elsewhere.
PURPOSE = b"coachstudy sealed fields 1"


class Unreadable(ValidationError):  # noqa: N818
    """What was sealed cannot be opened with the keys that the program has now."""


def seal(text: str) -> str:
    """``text`` encrypted with the first key; an empty text stays the empty string."""
    if not text:
        return ""
    return _fernet(_keys()).encrypt(text.encode()).decode("ascii")


def unseal(token: str) -> str:
    """The text of ``token``, whichever key it was sealed with; ``Unreadable`` if it is none."""
    if not token:
        return ""
    try:
        return _fernet(_keys()).decrypt(token.encode()).decode()
    except InvalidToken:
        raise Unreadable(
            _(
                "This was encrypted with a key that the program does not have. Whoever runs it"
                " should set COACHSTUDY_FIELD_KEY (or the secret key) as it was then."
            ),
            code="unreadable",
        ) from None


def _keys() -> tuple[str, ...]:
    return tuple(settings.FIELD_KEYS) or (settings.SECRET_KEY,)


@lru_cache(maxsize=8)
def _fernet(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(_derived(key)) for key in keys])


def _derived(key: str) -> bytes:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=PURPOSE).derive(key.encode())
    return urlsafe_b64encode(derived)
