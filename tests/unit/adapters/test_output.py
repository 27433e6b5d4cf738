import os
import stat
from pathlib import Path

import pytest

from rebalancer.adapters.output import require_writable_file, whole_file, write_all, write_whole
from rebalancer.errors import UsageError


class WriterStoppedError(Exception):
    """What a writer raises in the middle of its work."""


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*"))


def test_a_file_is_written_whole(tmp_path: Path) -> None:
    write_whole(tmp_path / "plan.json", "größer")
    assert (tmp_path / "plan.json").read_bytes() == "größer".encode()
    assert names(tmp_path) == ["plan.json"]


def test_a_writer_that_fails_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_bytes(b"old")

    def write_half() -> None:
        with whole_file(path) as stream:
            stream.write(b"half")
            raise WriterStoppedError

    with pytest.raises(WriterStoppedError):
        write_half()
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["plan.json"]


def test_a_full_disk_leaves_the_old_file_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    path = tmp_path / "plan.json"
    path.write_bytes(b"old")
    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(UsageError, match=r"plan\.json: No space left on device"):
        write_whole(path, "new")
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["plan.json"]


def test_an_existing_file_keeps_its_permissions(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_bytes(b"old")
    path.chmod(0o640)
    write_whole(path, b"new")
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_new_file_is_as_open_as_any_other(tmp_path: Path) -> None:
    (tmp_path / "plain").touch()
    write_whole(tmp_path / "whole", b"")
    assert (tmp_path / "whole").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_a_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real").write_bytes(b"old")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    write_whole(tmp_path / "link", b"new")
    assert (tmp_path / "real").read_bytes() == b"new"
    assert (tmp_path / "link").is_symlink()


@pytest.mark.parametrize("name", ["folder", "absent/plan.json", "file/plan.json", "x" * 300])
def test_a_place_that_cannot_hold_a_file_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match=f"cannot write .*{name}"):
        write_whole(tmp_path / name, b"new")
    assert names(tmp_path) == ["file", "folder"]


def test_a_device_is_written_to_and_not_replaced() -> None:
    before = Path(os.devnull).stat().st_mode
    write_whole(os.devnull, b"gone")
    assert Path(os.devnull).stat().st_mode == before


def test_several_files_are_written_with_their_folders(tmp_path: Path) -> None:
    write_all({tmp_path / "a" / "b" / "one": b"1", tmp_path / "two": b"2"})
    assert names(tmp_path) == ["a", "b", "one", "two"]


def test_several_files_are_written_all_or_none(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    with pytest.raises(UsageError, match="taken"):
        write_all({tmp_path / "a" / "one": b"1", tmp_path / "taken": b"2"})
    assert names(tmp_path) == ["taken"]


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="cannot make folder"):
        write_all({tmp_path / "file" / "folder" / "one": b"1"})


def test_a_folder_whose_name_is_too_long_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"cannot make folder .*: File name too long"):
        write_all({tmp_path / ("x" * 300) / "one": b"1"})
    assert names(tmp_path) == []


def test_a_link_to_itself_is_refused(tmp_path: Path) -> None:
    (tmp_path / "plan.json").symlink_to(tmp_path / "plan.json")
    with pytest.raises(UsageError, match=r"cannot write .*: Too many levels of symbolic links"):
        write_whole(tmp_path / "plan.json", b"new")


def test_a_place_that_can_be_written_stays_as_it_is(tmp_path: Path) -> None:
    old = tmp_path / "old.txt"
    old.write_text("old")

    require_writable_file(old)
    require_writable_file(tmp_path / "new.txt")
    require_writable_file("/dev/null")

    assert [path.name for path in tmp_path.iterdir()] == ["old.txt"]
    assert old.read_text() == "old"
