"""Sealed words: there and back, with several keys, and a sentence where the key is another."""

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured, ValidationError
from hypothesis import given
from hypothesis import strategies as st

from coachstudy.env import env_secrets
from coding.sealing import Unreadable, seal, unseal

OLD, NEW = "old-" * 10, "new-" * 10


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_there_and_back(text: str) -> None:
    assert unseal(seal(text)) == text


def test_nothing_is_sealed_as_nothing() -> None:
    assert seal("") == ""
    assert unseal("") == ""


def test_a_token_shows_neither_the_words_nor_that_two_are_equal() -> None:
    one, other = seal("Ingrid Vestergaard"), seal("Ingrid Vestergaard")
    assert one != other
    assert "Ingrid" not in one


def test_without_a_key_of_its_own_the_secret_key_seals(settings: object) -> None:
    settings.FIELD_KEYS = []  # type: ignore[attr-defined]
    token = seal("Ingrid")
    settings.SECRET_KEY = "z" * 50  # type: ignore[attr-defined]
    with pytest.raises(Unreadable):
        unseal(token)


def test_the_first_key_encrypts_and_all_decrypt(settings: object) -> None:
    settings.FIELD_KEYS = [OLD]  # type: ignore[attr-defined]
    old = seal("Ingrid")
    settings.FIELD_KEYS = [NEW, OLD]  # type: ignore[attr-defined]
    new = seal("Ingrid")
    assert unseal(old) == "Ingrid"
    settings.FIELD_KEYS = [NEW]  # type: ignore[attr-defined]
    assert unseal(new) == "Ingrid"
    with pytest.raises(Unreadable):
        unseal(old)


def test_from_the_secret_key_to_a_key_of_its_own(settings: object) -> None:
    settings.FIELD_KEYS = []  # type: ignore[attr-defined]
    token = seal("Ingrid")
    settings.FIELD_KEYS = [NEW, settings.SECRET_KEY]  # type: ignore[attr-defined]
    assert unseal(token) == "Ingrid"


@pytest.mark.parametrize("token", ["x", "Ingrid Vestergaard", "gAAAAA==", "ü", "x" * 200])
def test_what_was_never_sealed_is_a_sentence(token: str) -> None:
    with pytest.raises(ValidationError) as problem:
        unseal(token)
    assert "COACHSTUDY_FIELD_KEY" in problem.value.messages[0]


def test_a_token_that_was_tampered_with_is_refused() -> None:
    token = seal("Ingrid")
    changed = token[:-6] + ("A" if token[-6] != "A" else "B") + token[-5:]
    with pytest.raises(Unreadable):
        unseal(changed)


def test_the_words_are_bound_to_this_use() -> None:
    stranger = Fernet(Fernet.generate_key()).encrypt(b"Ingrid").decode()
    with pytest.raises(Unreadable):
        unseal(stranger)


def test_keys_come_with_commas_and_none_may_be_short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COACHSTUDY_FIELD_KEY", f"{NEW}, {OLD}")
    assert env_secrets("COACHSTUDY_FIELD_KEY") == [NEW, OLD]
    monkeypatch.setenv("COACHSTUDY_FIELD_KEY", f"{NEW},short")
    with pytest.raises(ImproperlyConfigured) as problem:
        env_secrets("COACHSTUDY_FIELD_KEY")
    assert "COACHSTUDY_FIELD_KEY" in str(problem.value)
    assert "short" not in str(problem.value)
    monkeypatch.setenv("COACHSTUDY_FIELD_KEY", "")
    assert env_secrets("COACHSTUDY_FIELD_KEY") == []
