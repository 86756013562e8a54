# SPDX-License-Identifier: MIT
"""Has nbgrader validate notebooks, as its Validate button does, and prints what it finds as one JSON object per line.

Usage: validate.py NOTEBOOK...

Each line has the path, the grade ids of the cells that failed, and the cells that were changed although locked.
"""

import json
import sys
from concurrent.futures import ProcessPoolExecutor

import nbformat
from nbgrader.nbgraderformat import MetadataValidator
from nbgrader.validator import Validator
from traitlets.config import Config

KERNELS = 2
CELL_LIMIT_SECONDS = 120


def validate(path: str) -> str:
    notebook = nbformat.read(path, as_version=nbformat.current_nbformat)
    MetadataValidator().validate_nb(notebook)
    ids = {
        cell.source.strip(): cell.metadata.nbgrader.grade_id
        for cell in notebook.cells
        if "nbgrader" in cell.metadata
    }
    config = Config()
    config.Execute.timeout = CELL_LIMIT_SECONDS
    results = Validator(config=config).validate(path)
    return json.dumps(
        {
            "path": path,
            "graded": sum(1 for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("grade")),
            "failed": [ids[cell["source"]] for cell in results.get("failed", [])],
            "changed": [cell["source"] for cell in results.get("changed", [])],
        }
    )


if __name__ == "__main__":
    with ProcessPoolExecutor(KERNELS) as pool:
        for line in pool.map(validate, sys.argv[1:]):
            print(line, flush=True)
