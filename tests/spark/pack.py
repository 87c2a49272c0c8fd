"""Packs cases that make.py made into one small archive each, for the tests beside the engine.

    python pack.py CASES FIXTURES NAME...
"""

import os
import sys
import zipfile


def pack(folder, target):
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for root, folders, files in sorted(os.walk(folder)):
            folders.sort()
            for file in sorted(files):
                # Checksums and markers of success say nothing about the model.
                if file.endswith(".crc") or file == "_SUCCESS":
                    continue
                path = os.path.join(root, file)
                entry = zipfile.ZipInfo(os.path.relpath(path, folder), (2026, 1, 1, 0, 0, 0))
                entry.compress_type = zipfile.ZIP_DEFLATED
                with open(path, "rb") as stream:
                    archive.writestr(entry, stream.read())


if __name__ == "__main__":
    cases, fixtures, *names = sys.argv[1:]
    os.makedirs(fixtures, exist_ok=True)
    for name in names:
        pack(os.path.join(cases, name), os.path.join(fixtures, f"{name}.zip"))
