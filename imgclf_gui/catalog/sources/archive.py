"""A zip or tar archive of images."""

from __future__ import annotations

import errno
import lzma
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from io import BytesIO
from itertools import chain
from pathlib import Path, PurePosixPath, PureWindowsPath
from tempfile import TemporaryDirectory
from typing import IO, ClassVar, NamedTuple

from imgclf_gui import catalog
from imgclf_gui.core.entry import Source, SourceImage, SourceListing, SourceProblem
from imgclf_gui.core.errors import UserError
from imgclf_gui.core.files import write_error
from imgclf_gui.core.listing import DEEPEST, hidden, readable

MAX_ENTRIES = 5_000_000
MAX_GROWTH = 100
"""An archive may unpack to this many times its size (and 64 MiB); images hardly shrink at all."""

_ALWAYS_BYTES = 64 << 20
_BLOCK_BYTES = 1 << 20
_LINK = "links are not unpacked"
_EXTENSIONS = (
    ".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz",
)  # fmt: skip
_DAMAGED = (zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, EOFError)


class Archive(Source):
    """A zip or tar archive (gzip, bzip2, xz) of anything that can be imported from a folder.

    Nothing in it is trusted: only regular files are written, at places computed here and below a
    temporary folder, until a limit on their number and bytes.
    """

    title: ClassVar[str] = "Archive"
    summary: ClassVar[str] = "A zip or tar of class folders, of a CSV with its images, or of IDX."
    order: ClassVar[int] = 10

    @classmethod
    def recognises(cls, path: Path) -> bool:
        """A file with an archive's extension."""
        return path.is_file() and path.name.lower().endswith(_EXTENSIONS)

    @contextmanager
    def open(self, path: Path, stopped: Callable[[], bool]) -> Iterator[SourceListing]:
        """See `Source.open`.

        Raises:
            UserError: `import.archive` (damaged, locked or a bomb), `file.full`, and those of the
                form inside.
        """
        with TemporaryDirectory(prefix="imgclf-") as temporary:
            root = Path(temporary).resolve() / path.name  # errors then name the archive
            root.mkdir()
            problems = _unpack(path, root, stopped)
            if stopped():
                yield SourceListing(0, iter(()))
                return
            inner = catalog.source_for(root, without=(self.kind,))
            with inner.open(root, stopped) as listing:
                inside = (_kept_inside(item, root) for item in listing.items)
                yield SourceListing(listing.total + len(problems), chain(problems, inside))


class _Member(NamedTuple):
    """A member of an archive that is not a folder; `reason` says why it is not unpacked, if so."""

    name: str
    content: Callable[[], IO[bytes]]
    reason: str = ""


def _unpack(path: Path, root: Path, stopped: Callable[[], bool]) -> list[SourceProblem]:
    """Write the archive's files below `root`; what was left out, and why."""
    problems: list[SourceProblem] = []
    bytes_left = _ALWAYS_BYTES + MAX_GROWTH * path.stat().st_size
    try:
        for count, member in enumerate(_members(path)):
            if stopped():
                break
            if count >= MAX_ENTRIES:
                raise _refused(path, f"it has more than {MAX_ENTRIES:,} files")
            written, reason = _unpack_member(member, root, bytes_left)
            bytes_left -= written
            if bytes_left < 0:
                raise _refused(path, f"it unpacks to more than {MAX_GROWTH} times its size")
            if reason:
                problems.append(SourceProblem(readable(member.name), reason))
    except (*_DAMAGED, UnicodeDecodeError) as error:  # a zip's names may claim to be UTF-8
        if not any(root.iterdir()):
            raise _refused(path, "it is damaged", repr(error)) from error
        problems.append(SourceProblem(path.name, "it is damaged, and the rest of it is missing"))
    except OSError as error:
        raise _refused(path, f"{error.strerror or error}".lower(), repr(error)) from error
    return problems


def _members(path: Path) -> Iterator[_Member]:
    if path.name.lower().endswith(".zip"):
        with zipfile.ZipFile(path) as archive:
            yield from _zip_members(path, archive)
    else:
        with tarfile.open(path) as archive_tar:
            yield from _tar_members(archive_tar)


def _zip_members(path: Path, archive: zipfile.ZipFile) -> Iterator[_Member]:
    for info in archive.infolist():
        if info.flag_bits & 1:
            raise _refused(path, "it is locked with a password")
        link = stat.S_ISLNK(info.external_attr >> 16)
        if not info.is_dir():
            yield _Member(info.filename, partial(archive.open, info), _LINK if link else "")


def _tar_members(archive: tarfile.TarFile) -> Iterator[_Member]:
    for info in archive:
        if info.isreg():
            yield _Member(info.name, partial(_tar_content, archive, info))
        elif info.issym() or info.islnk():
            yield _Member(info.name, BytesIO, _LINK)
        elif not info.isdir():
            yield _Member(info.name, BytesIO, "it is not a regular file")


def _tar_content(archive: tarfile.TarFile, info: tarfile.TarInfo) -> IO[bytes]:
    return archive.extractfile(info) or BytesIO()


def _unpack_member(member: _Member, root: Path, most: int) -> tuple[int, str]:
    """Bytes written, and why it was left out if it was; stops when there are more than `most`."""
    parts = PurePosixPath(member.name.replace("\\", "/")).parts
    if any(hidden(part) for part in parts if part != ".."):
        return 0, ""
    reason = member.reason or _wrong_place(member.name, parts)
    if reason:
        return 0, reason
    target = root.joinpath(*parts)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as file, member.content() as content:
            return _copy(content, file, most), ""
    except (zipfile.BadZipFile, zlib.error, NotImplementedError):
        target.unlink(missing_ok=True)
        return 0, "it is damaged inside the archive"
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise write_error(target, error) from error
        return 0, f"it cannot be unpacked: {error.strerror or error}".lower()


def _wrong_place(name: str, parts: tuple[str, ...]) -> str:
    if ".." in parts or "/" in parts or PureWindowsPath(name).drive:
        return "its path leads out of the archive"
    if "\0" in name:
        return "its name is not valid"
    return "its folders are nested too deep" if len(parts) > DEEPEST else ""


def _copy(content: IO[bytes], file: IO[bytes], most: int) -> int:
    written = 0
    while written <= most and (block := content.read(_BLOCK_BYTES)):
        file.write(block)
        written += len(block)
    return written


def _kept_inside(item: SourceImage | SourceProblem, root: Path) -> SourceImage | SourceProblem:
    """A table in an archive may not name files of this machine."""
    if isinstance(item, SourceImage) and item.file is not None:
        try:
            inside = item.file.resolve().is_relative_to(root)
        except (OSError, ValueError):
            inside = False
        if not inside:
            return SourceProblem(item.name, "its path leads out of the archive")
    return item


def _refused(path: Path, why: str, details: str = "") -> UserError:
    return UserError(
        "import.archive",
        f"{path.name} cannot be imported: {why}.",
        "Unpack it yourself, and import the folder.",
        details or why,
    )
