"""Forms of projects, members and invitations. They check shapes; services write."""

from typing import Any

from django import forms
from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from projects.models import Project, Role, User


class ProjectForm(forms.Form):
    title = forms.CharField(label=_("Title"), max_length=200)
    description = forms.CharField(
        label=_("Research question or description"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    synthetic = forms.BooleanField(
        label=_("The data are synthetic"),
        required=False,
        help_text=Project._meta.get_field("synthetic").help_text,
    )
    coders_create_codes = forms.BooleanField(
        label=_("Coders make codes themselves"),
        required=False,
        help_text=_("Otherwise coders propose a code, and an owner or lead decides."),
    )
    agreement_advice = forms.BooleanField(
        label=_("Say beside agreement figures whether they are enough"),
        required=False,
        initial=True,
        help_text=_(
            "Krippendorff’s limits .667 and .800, held against the lower limit of the interval. It"
            " is advice, and not every kind of analysis wants it."
        ),
    )


class InviteForm(forms.Form):
    note = forms.CharField(
        label=_("Who is it for?"),
        max_length=120,
        help_text=_("A name for your list of open invitations; nobody is written to."),
    )
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices, initial=Role.CODER)


class JoinForm(forms.Form):
    """A new account, made while accepting an invitation."""

    display_name = forms.CharField(
        label=_("Your name, as the team sees it"),
        max_length=80,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    email = forms.EmailField(
        label=_("Email"), widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("At least 10 characters."),
    )

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"].lower()
        if User.objects.filter(email__iexact=email).exists():
            raise ValidationError(
                _("There is an account with this address already: log in to accept.")
            )
        return email

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("password"):
            user = User(email=data.get("email", ""), display_name=data.get("display_name", ""))
            try:
                password_validation.validate_password(data["password"], user)
            except ValidationError as problem:
                self.add_error("password", problem)
        return data
