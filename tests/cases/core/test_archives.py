"""A study folder comes from outside: what is read, what is ignored, what is refused."""

import contextlib
import io
import os
import random
import stat
import struct
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.core.archives import ArchiveProblem, Limits, open_directory, open_zip


def zipped(*files: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> io.BytesIO:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in files:
            archive.writestr(name, data)
    buffer.seek(0)
    return buffer


def refusal(source: io.BytesIO | Path, limits: Limits | None = None) -> ArchiveProblem:
    with pytest.raises(ArchiveProblem) as caught:
        open_zip(source, limits or Limits())
    return caught.value


def noise(size: int) -> bytes:
    return random.Random(7).randbytes(size)


def test_files_are_read_by_name(tmp_path: Path) -> None:
    path = tmp_path / "study.zip"
    path.write_bytes(zipped(("cases.csv", b"abc"), ("documents/a.txt", b"\xff\x00")).getvalue())
    with open_zip(path) as folder:
        assert folder.names() == ["cases.csv", "documents/a.txt"]
        assert folder.size("documents/a.txt") == 2
        assert folder.read("documents/a.txt") == b"\xff\x00"
        assert folder.read("cases.csv", 3) == b"abc"
        with pytest.raises(ArchiveProblem) as caught:
            folder.read("cases.csv", 2)
        assert caught.value.code == "too_large"
        assert folder.notes == []


def test_the_one_top_folder_and_junk_are_left_out() -> None:
    source = zipped(
        ("study/", b""),
        ("./study/cases.csv", b"a"),
        ("study/documents/a.txt", b"b"),
        ("study/.DS_Store", b"x"),
        ("study/documents/Thumbs.db", b"x"),
        ("study/.git/config", b"x"),
        ("__MACOSX/study/._cases.csv", b"x"),
        ("study/more.ZIP", b"x"),
    )
    with open_zip(source) as folder:
        assert folder.names() == ["cases.csv", "documents/a.txt"]
        assert folder.read("cases.csv") == b"a"
        assert folder.notes == ["'study/more.ZIP' is a ZIP inside the folder and was not opened."]


def test_only_one_top_folder_is_taken_away() -> None:
    with open_zip(zipped(("a/b/c.csv", b""), ("a/b/d.csv", b""))) as folder:
        assert folder.names() == ["b/c.csv", "b/d.csv"]
    with open_zip(zipped(("a/c.csv", b""), ("d.csv", b""))) as folder:
        assert folder.names() == ["a/c.csv", "d.csv"]


def test_names_written_as_utf8_without_saying_so() -> None:
    source = zipped(("documents/Zoë.txt".encode().decode("cp437"), b"hello"))
    # Some programs write these bytes and leave out the flag that says UTF-8.
    data = source.getvalue()
    broken = "Zoë".encode().decode("cp437").encode()
    fixed = data.replace(broken, b"Zo\xc3\xab" + b"_" * (len(broken) - 4))
    fixed = fixed.replace(struct.pack("<H", 0x800), struct.pack("<H", 0))
    with open_zip(io.BytesIO(fixed)) as folder:
        assert folder.names() == ["Zoë" + "_" * (len(broken) - 4) + ".txt"]
        assert folder.read(folder.names()[0]) == b"hello"


@pytest.mark.parametrize(
    ("name", "code", "message"),
    [
        ("../cases.csv", "parent_path", "'../cases.csv' in the ZIP points outside the folder"),
        ("a/../../b", "parent_path", "'a/../../b' in the ZIP points outside the folder"),
        ("/etc/passwd", "absolute_path", "'/etc/passwd' in the ZIP is an absolute path."),
        ("C:/a.csv", "absolute_path", "'C:/a.csv' in the ZIP is an absolute path."),
        ("a\\b.csv", "backslash", "in the ZIP has a backslash in its name."),
        ("a\nb.csv", "control_character", "in the ZIP has a control character."),
        ("a/b/c/d/e/f/g.txt", "too_deep", "'a/b/c/d/e/f/g.txt' has more than 6 parts in its path."),
    ],
)
def test_names_that_point_elsewhere(name: str, code: str, message: str) -> None:
    problem = refusal(zipped(("cases.csv", b"a"), (name, b"b")))
    assert problem.code == code
    assert problem.entry == name
    assert message in str(problem)


def test_a_name_with_a_nul_is_refused() -> None:
    data = zipped(("cases.csv?x", b"a")).getvalue().replace(b"cases.csv?x", b"cases.csv\x00x")
    assert refusal(io.BytesIO(data)).code == "control_character"


@pytest.mark.parametrize("second", ["cases.csv", "Cases.CSV", "./cases.csv"])
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_the_same_name_twice(second: str) -> None:
    problem = refusal(zipped(("cases.csv", b"a"), (second, b"b")))
    assert problem.code == "duplicate_name"
    assert "twice" in str(problem)


def test_names_that_differ_only_in_composition_are_the_same() -> None:
    problem = refusal(zipped(("Zo\u00eb.txt", b"a"), ("Zoe\u0308.txt", b"b")))
    assert problem.code == "duplicate_name"


@pytest.mark.parametrize(
    ("kind", "code"),
    [(stat.S_IFLNK, "symlink"), (stat.S_IFIFO, "special_file"), (stat.S_IFCHR, "special_file")],
)
def test_links_and_devices(kind: int, code: str) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        info = zipfile.ZipInfo("cases.csv")
        info.create_system = 3
        info.external_attr = (kind | 0o777) << 16
        archive.writestr(info, b"/etc/passwd")
    problem = refusal(buffer)
    assert (problem.code, problem.entry) == (code, "cases.csv")


def test_an_encrypted_entry() -> None:
    data = bytearray(zipped(("cases.csv", b"secret")).getvalue())
    data[data.index(b"PK\x01\x02") + 8] |= 1
    problem = refusal(io.BytesIO(bytes(data)))
    assert (problem.code, problem.entry) == ("encrypted", "cases.csv")


def test_unusual_compression_is_refused() -> None:
    # bzip2 unpacks a whole block at once, so its bytes cannot be counted while they come.
    assert refusal(zipped(("a.csv", b"a" * 99), method=zipfile.ZIP_BZIP2)).code == "compression"


def test_ten_thousand_entries_are_refused_before_they_are_read() -> None:
    read = []

    class Watched(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            data = super().read(size)
            read.append(len(data))
            return data

    source = Watched(
        zipped(*((f"documents/{i}.txt", b"x") for i in range(10_000))).getvalue(),
    )
    problem = refusal(source)
    assert problem.code == "too_many_entries"
    assert str(problem) == "The folder has 10,000 entries; at most 2,000 are read."
    # The end record was looked for, with the longest comment it may have; nothing before that.
    assert sum(read) == 65_557 < len(source.getvalue()) // 10


def test_a_false_count_of_entries() -> None:
    data = zipped(*((f"{i}.txt", b"x") for i in range(2_001))).getvalue()
    end = data.rindex(b"PK\x05\x06")
    lie = data[: end + 8] + struct.pack("<HH", 5, 5) + data[end + 12 :]
    assert refusal(io.BytesIO(lie)).code == "too_many_entries"
    few = zipped(("a.txt", b"x"), ("b.txt", b"x")).getvalue()
    end = few.rindex(b"PK\x05\x06")
    lie = few[: end + 8] + struct.pack("<HH", 1, 1) + few[end + 12 :]
    problem = refusal(io.BytesIO(lie))
    assert str(problem) == ("The ZIP is damaged: its directory announces 1 entries and lists 2.")


def test_exactly_the_limit_of_entries_is_fine() -> None:
    source = zipped(*((f"{i}.txt", b"x") for i in range(3)))
    with open_zip(source, Limits(entries=3)) as folder:
        assert len(folder.names()) == 3
    assert refusal(source, Limits(entries=2)).code == "too_many_entries"


def test_a_bomb_of_one_to_a_thousand(tmp_path: Path) -> None:
    path = tmp_path / "bomb.zip"
    path.write_bytes(zipped(("documents/bomb.txt", b"0" * 20_000_000)).getvalue())
    assert path.stat().st_size < 20_000
    problem = refusal(path)
    assert (problem.code, problem.entry) == ("ratio", "documents/bomb.txt")
    assert "unpacks to 20,000,000 bytes" in str(problem)
    assert "more than 100 times its size" in str(problem)


def test_a_bomb_of_many_small_files() -> None:
    problem = refusal(zipped(*((f"{i}.txt", b"0" * 900_000) for i in range(20))))
    assert problem.code == "ratio"
    assert problem.entry is None


def test_a_small_file_may_compress_well() -> None:
    with open_zip(zipped(("a.txt", b"0" * 900_000))) as folder:
        assert len(folder.read("a.txt")) == 900_000


def test_sizes_beyond_the_limits() -> None:
    source = zipped(("a.txt", noise(600)), ("b.txt", noise(600)))
    assert refusal(source, Limits(file_size=599)).entry == "a.txt"
    problem = refusal(source, Limits(total_size=1_199))
    assert (problem.code, problem.entry) == ("too_large", "b.txt")
    with open_zip(source, Limits(file_size=600, total_size=1_200)) as folder:
        assert folder.read("b.txt") == noise(600)


def test_a_header_that_lies_about_the_size() -> None:
    data = bytearray(zipped(("a.txt", b"0" * 5_000_000)).getvalue())
    for signature, offset in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
        struct.pack_into("<L", data, data.index(signature) + offset, 10)
    with open_zip(io.BytesIO(bytes(data))) as folder:
        assert folder.size("a.txt") == 10
        with pytest.raises(ArchiveProblem) as caught:
            folder.read("a.txt")
    assert caught.value.code == "damaged"
    assert str(caught.value) == "a.txt cannot be read from the ZIP: the archive is damaged."


@pytest.mark.parametrize(("extra", "size"), [(b"", None), (struct.pack("<HHQ", 1, 8, 10), 10)])
def test_a_zip64_header_that_lies_about_the_size(extra: bytes, size: int | None) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        info = zipfile.ZipInfo("a.txt")
        info.extra = extra
        info.compress_type = zipfile.ZIP_DEFLATED
        archive.writestr(info, b"0" * 5_000_000)
    data = bytearray(buffer.getvalue())
    # The plain field says "look in the extra field".
    struct.pack_into("<L", data, data.index(b"PK\x01\x02") + 24, 0xFFFFFFFF)
    if size is None:
        problem = refusal(io.BytesIO(bytes(data)))
        assert (problem.code, problem.entry) == ("too_large", "a.txt")
        return
    with open_zip(io.BytesIO(bytes(data))) as folder:
        assert folder.size("a.txt") == size
        with pytest.raises(ArchiveProblem) as caught:
            folder.read("a.txt")
    assert caught.value.code == "damaged"


def test_a_zip64_directory_is_counted_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zipfile, "ZIP_FILECOUNT_LIMIT", 1)
    source = zipped(*((f"{i}.txt", b"x") for i in range(3)))
    assert b"PK\x06\x06" in source.getvalue()
    with open_zip(source) as folder:
        assert folder.names() == ["0.txt", "1.txt", "2.txt"]
    assert refusal(source, Limits(entries=2)).code == "too_many_entries"


def test_entries_that_share_their_bytes() -> None:
    data = zipped(("a.txt", noise(9_000)), ("b.txt", b"")).getvalue()
    second = data.rindex(b"PK\x01\x02")
    lie = bytearray(data)
    struct.pack_into("<LL", lie, second + 20, 9_000, 9_000)
    assert refusal(io.BytesIO(bytes(lie))).code == "overlap"


@pytest.mark.parametrize("data", [b"", b"not a zip", b"PK\x05\x06", b"PK\x03\x04" + b"\0" * 50])
def test_what_is_no_zip(data: bytes) -> None:
    problem = refusal(io.BytesIO(data))
    assert problem.code == "not_a_zip"
    assert str(problem) == "The file is not a ZIP, or it is cut off or damaged."


def test_a_zip_that_was_cut_off() -> None:
    data = zipped(("a.txt", noise(5_000)), ("b.txt", noise(5_000))).getvalue()
    assert refusal(io.BytesIO(data[:6_000])).code == "not_a_zip"
    assert refusal(io.BytesIO(data[4_000:])).code in ("not_a_zip", "overlap", "damaged")


def test_an_empty_zip_has_no_files() -> None:
    with open_zip(zipped()) as folder:
        assert folder.names() == []


ONE_ZIP = zipped(("cases.csv", b"case_id\na\n"), ("documents/a.txt", noise(300))).getvalue()


@given(
    st.lists(
        st.tuples(st.integers(0, len(ONE_ZIP) - 1), st.integers(0, 255)), min_size=1, max_size=4
    ),
    st.integers(0, len(ONE_ZIP)),
)
def test_damage_anywhere_is_a_problem_and_never_a_crash(
    changes: list[tuple[int, int]], cut: int
) -> None:
    data = bytearray(ONE_ZIP)
    for at, value in changes:
        data[at] = value
    for source in (bytes(data), bytes(data[:cut])):
        sizes = []
        # Any other exception fails the test.
        with contextlib.suppress(ArchiveProblem), open_zip(io.BytesIO(source)) as folder:
            sizes = [len(folder.read(name)) for name in folder.names()]
        assert all(size <= 300 for size in sizes)


def test_a_directory_is_read_like_a_zip(tmp_path: Path) -> None:
    (tmp_path / "study" / "documents").mkdir(parents=True)
    (tmp_path / "study" / "cases.csv").write_bytes(b"a")
    (tmp_path / "study" / "documents" / "a.txt").write_bytes(b"bc")
    (tmp_path / ".DS_Store").write_bytes(b"x")
    folder = open_directory(tmp_path)
    assert folder.names() == ["cases.csv", "documents/a.txt"]
    assert folder.size("documents/a.txt") == 2
    assert folder.read("documents/a.txt") == b"bc"
    with pytest.raises(ArchiveProblem) as caught:
        folder.read("documents/a.txt", 1)
    assert caught.value.code == "too_large"


def test_links_in_a_directory(tmp_path: Path) -> None:
    inside, outside = tmp_path / "in", tmp_path / "out"
    inside.mkdir()
    outside.mkdir()
    (outside / "secret.txt").write_bytes(b"secret")
    (inside / "cases.csv").write_bytes(b"a")
    (inside / "again.csv").symlink_to(inside / "cases.csv")
    folder = open_directory(inside)
    assert folder.names() == ["cases.csv"]
    assert folder.notes == ["'again.csv' is a link and was not read."]
    for target in (outside / "secret.txt", outside):
        (inside / "out").symlink_to(target)
        with pytest.raises(ArchiveProblem) as caught:
            open_directory(inside)
        assert (caught.value.code, caught.value.entry) == ("symlink", "out")
        (inside / "out").unlink()


def test_limits_of_a_directory(tmp_path: Path) -> None:
    for name in ("a.txt", "b.txt", "c.txt"):
        (tmp_path / name).write_bytes(b"12345")
    for limits, code in (
        (Limits(entries=2), "too_many_entries"),
        (Limits(file_size=4), "too_large"),
        (Limits(total_size=14), "too_large"),
    ):
        with pytest.raises(ArchiveProblem) as caught:
            open_directory(tmp_path, limits)
        assert caught.value.code == code
    (tmp_path / "x/y").mkdir(parents=True)
    (tmp_path / "x/y/z.txt").write_bytes(b"")
    with pytest.raises(ArchiveProblem) as caught:
        open_directory(tmp_path, Limits(depth=2))
    assert (caught.value.code, caught.value.entry) == ("too_deep", "x/y/z.txt")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ArchiveProblem) as caught:
        open_directory(tmp_path)
    assert caught.value.code == "special_file"


def test_what_is_no_directory(tmp_path: Path) -> None:
    with pytest.raises(ArchiveProblem) as caught:
        open_directory(tmp_path / "missing")
    assert caught.value.code == "no_folder"
