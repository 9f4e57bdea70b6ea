"""A study folder as a set of named files, read from a ZIP or from a directory, with limits.

A ZIP comes from outside, and its header is only a claim: names may climb out of the folder, sizes
may be lies, ten bytes may unpack to gigabytes. Nothing is ever unpacked to disk; everything is
checked from the directory of the archive first, and bytes are counted while they are read.
"""

from cases.core.archives.directories import DirectoryFolder, open_directory
from cases.core.archives.folder import DEFAULT_LIMITS, ArchiveProblem, Folder, Limits
from cases.core.archives.zips import ZipFolder, open_zip

__all__ = [
    "DEFAULT_LIMITS",
    "ArchiveProblem",
    "DirectoryFolder",
    "Folder",
    "Limits",
    "ZipFolder",
    "open_directory",
    "open_zip",
]
