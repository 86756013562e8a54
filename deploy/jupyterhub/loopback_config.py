# SPDX-License-Identifier: MIT
"""The hub for a trial and for measuring: no accounts, all servers run as the one who starts the hub.

There is no isolation between users here. Never for a workshop.
"""

import os
from pathlib import Path

c = get_config()  # noqa: F821, which JupyterHub gives to a configuration

load_subconfig("jupyterhub_config.py")  # noqa: F821, likewise

STATE = os.environ.get("TSM_HUB_STATE", str(Path(__file__).resolve().parent / ".cache"))

c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = os.path.join(STATE, "homes", "{username}")
if hasattr(os, "getuid") and os.getuid() == 0:
    c.Spawner.args.append("--allow-root")

# Nobody logs in: the measurement has a token that may do everything.
c.JupyterHub.authenticator_class = "null"
c.JupyterHub.concurrent_spawn_limit = 100
c.JupyterHub.services = [{"name": "scale", "api_token": os.environ["TSM_HUB_TOKEN"]}]
c.JupyterHub.load_roles = [
    {"name": "scale", "services": ["scale"], "scopes": ["admin:users", "admin:servers", "access:servers"]}
]
