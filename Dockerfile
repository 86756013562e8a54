# An image in which the course starts: Node, Python for JupyterLab, and Chromium for the tests of the site.
#
#   docker build -t tsm-map .
#   docker run --rm -it --init --network host tsm-map
#
# The server binds to the loopback interface, so on Linux the container shares the host's network; elsewhere open the
# folder as a dev container, whose editor forwards the port.
FROM node:20-bookworm-slim

# No version is pinned: Debian's archive keeps only the newest of each package.
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install -y --no-install-recommends chromium git python3 python3-venv \
 && rm -rf /var/lib/apt/lists/*

WORKDIR /course
COPY --chown=node:node . .
RUN chown node:node /course
USER node
RUN npm ci && npm start -- --prepare-only

CMD ["npm", "start", "--", "--no-browser"]
