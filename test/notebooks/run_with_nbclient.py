# SPDX-License-Identifier: MIT
"""Runs notebooks with nbclient, JupyterLab's own machinery, and writes what came out.

Usage: run_with_nbclient.py OUTPUT_FOLDER NOTEBOOK...

A notebook that stops half-way leaves NAME.error, with the reason, in place of NAME.
"""

import os
import sys
from concurrent.futures import ProcessPoolExecutor

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

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
    output = os.path.join(output_folder, os.path.basename(path))
    try:
        client.execute()
        nbformat.write(notebook, output)
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
        with open(output + ".error", "w", encoding="utf-8") as file:
            file.write(str(error))


if __name__ == "__main__":
    output_folder, *paths = sys.argv[1:]
    with ProcessPoolExecutor(KERNELS) as pool:
        for future in [pool.submit(run, output_folder, path) for path in paths]:
            future.result()
