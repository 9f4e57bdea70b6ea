"""The upload of a recording."""

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

ACCEPT = ".mp3,.m4a,.aac,.ogg,.oga,.opus,.wav,.webm,.flac,audio/*"


class RecordingForm(forms.Form):
    """Checks the shape; ``coding.services.recordings`` looks into the file."""

    recording = forms.FileField(
        label=_("Recording"),
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ACCEPT}),
    )

    def clean_recording(self) -> UploadedFile:
        upload: UploadedFile = self.cleaned_data["recording"]
        if not upload.size:
            raise ValidationError(_("“%(name)s” is empty."), params={"name": upload.name})
        return upload
