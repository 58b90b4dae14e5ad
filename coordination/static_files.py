"""What production serves to browsers: our styles and scripts without comments and needless space, under names with a digest."""

from collections.abc import Iterator
from typing import Any

import rcssmin
import rjsmin
from django.core.files.base import ContentFile
from whitenoise.storage import CompressedManifestStaticFilesStorage

_SHRINKERS = {"css/": rcssmin.cssmin, "js/": rjsmin.jsmin}  # what others wrote is served as it came


def shrunk(name: str, text: str) -> str:
    """The text of one of our own styles or scripts as it is served; anything else as it is."""
    for folder, shrink in _SHRINKERS.items():
        if name.startswith(folder):
            return str(shrink(text))
    return text


class ShrunkStaticFilesStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # carries no types
    """Shrinks before the digests are taken and before anything is compressed, so both speak of what is served."""

    def post_process(
        self, paths: dict[str, Any], dry_run: bool = False, **options: Any
    ) -> Iterator[tuple[str, str, bool]]:
        if not dry_run:
            paths = paths | {name: (self, name) for name in paths if self._shrink(name)}
        yield from super().post_process(paths, dry_run=dry_run, **options)

    def _shrink(self, name: str) -> bool:
        """Say whether the file is ours, and is now shrunk where it was collected to."""
        if not name.startswith(tuple(_SHRINKERS)):
            return False
        with self.open(name) as file:
            text = file.read().decode("utf-8")
        self.delete(name)  # a file that was linked here, not copied, stays as its author wrote it
        self._save(name, ContentFile(shrunk(name, text).encode("utf-8")))
        return True
