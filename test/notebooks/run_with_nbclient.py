# SPDX-License-Identifier: MIT
"""Runs notebooks with nbclient, JupyterLab's own machinery, and writes what came out.

Usage: run_with_nbclient.py OUTPUT_FOLDER NOTEBOOK...
"""

import os
import sys
from concurrent.futures import ProcessPoolExecutor

import nbformat
from nbclient import NotebookClient

KERNELS = 2
CELL_LIMIT_SECONDS = 120


def run(output_folder: str, path: str) -> None:
    notebook = nbformat.read(path, as_version=nbformat.NO_CONVERT)
    folder = os.path.dirname(os.path.abspath(path))
    client = NotebookClient(
        notebook,
        kernel_name="tslab",
        timeout=CELL_LIMIT_SECONDS,
        record_timing=False,
        resources={"metadata": {"path": folder}},
    )
    client.execute()
    nbformat.write(notebook, os.path.join(output_folder, os.path.basename(path)))


if __name__ == "__main__":
    output_folder, *paths = sys.argv[1:]
    with ProcessPoolExecutor(KERNELS) as pool:
        for future in [pool.submit(run, output_folder, path) for path in paths]:
            future.result()
