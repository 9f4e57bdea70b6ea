"""Every model has been thought about: how does a withdrawal reach it?"""

import pytest
from django.db import models

from cases.services.withdrawal.registry import CASCADE, NOTHING, REACH, RULE
from coding.models import Participant, Source
from tests.test_layers import all_models


def test_every_model_says_how_a_withdrawal_reaches_it() -> None:
    assert {model._meta.label for model in all_models()} == set(REACH)


@pytest.mark.parametrize("model", all_models(), ids=lambda m: m._meta.label)
def test_what_is_said_holds(model: type[models.Model]) -> None:
    kind, how = REACH[model._meta.label]
    assert kind in (CASCADE, RULE, NOTHING)
    if kind == CASCADE:
        field = model._meta.get_field(how)
        assert field.remote_field.on_delete is models.CASCADE
        # What it goes with is itself reached.
        assert REACH[field.related_model._meta.label].kind != NOTHING
    else:
        assert len(how) > 10
    if kind == NOTHING:
        near = {f.related_model for f in model._meta.get_fields() if f.many_to_one or f.one_to_one}
        assert not near & {Participant, Source}
